// Which counters of one key have been opened. Late ones are welcome within the window, none twice.

/** Counters behind the newest that may still arrive. */
export const WINDOW = 4_096;

export class ReplayWindow {
  /** The newest counter taken. */
  private newest = -1;
  /** One bit a counter, by its remainder. */
  private seen = new Uint32Array(WINDOW / 32);

  /** Whether this counter may still be taken. Asked before a frame is opened, which changes nothing. */
  fresh(ctr: number): boolean {
    if (ctr > this.newest) return true;
    return ctr > this.newest - WINDOW && !this.marked(ctr);
  }

  /** Takes a counter whose frame has opened; false when another copy was quicker, or it has become too old. */
  take(ctr: number): boolean {
    if (!this.fresh(ctr)) return false;
    if (ctr > this.newest) {
      if (ctr - this.newest >= WINDOW) this.seen.fill(0);
      else for (let skipped = this.newest + 1; skipped < ctr; skipped += 1) this.mark(skipped, false);
      this.newest = ctr;
    }
    this.mark(ctr, true);
    return true;
  }

  private marked(ctr: number): boolean {
    const at = ctr % WINDOW;
    return (this.seen[at >>> 5]! & (1 << (at & 31))) !== 0;
  }

  private mark(ctr: number, on: boolean): void {
    const at = ctr % WINDOW;
    const bit = 1 << (at & 31);
    this.seen[at >>> 5] = on ? this.seen[at >>> 5]! | bit : this.seen[at >>> 5]! & ~bit;
  }
}
