// What the limiter says of itself, from the sound thread to the page. Nothing here runs.

export interface Gauge {
  /** The running level, decibels of full scale. */
  level_db: number;
  /** By how much it turned down at most in the last second. */
  turned_db: number;
}
