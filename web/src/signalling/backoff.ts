// How long to wait before the next try. Pure: chance is an argument.

/** A node that is back must be found within five seconds, media included, so the wait never grows past this. */
export const LONGEST_MS = 1_000;
const SHORTEST_MS = 150;

/** Wait before try number `attempt` (0 is the first after a loss); `chance` in 0..1 spreads seats apart. */
export function wait(attempt: number, chance: number): number {
  const full = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (0.6 + 0.4 * chance));
}
