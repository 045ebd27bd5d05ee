// The moment, once a second on the second, by the node's clock where the browser's own is off.

let at = $state(new Date());
let offset = 0;
/** By how much the node's clock is before this machine's, as its last word had it: no shorter than its way here took. */
let before = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  at = new Date(Date.now() + offset);
  timer = setTimeout(tick, 1000 - (at.getTime() % 1000) + 5);
}

export function startClock(): void {
  clearTimeout(timer);
  tick();
}

/** Both capitals' clocks must be right even where the machine in front of a person is not; small differences are the network's. */
export function trust(nodeNow: string): void {
  const difference = Date.parse(nodeNow) - Date.now();
  if (Number.isNaN(difference)) return;
  offset = Math.abs(difference) > 2_000 ? difference : 0;
  before = difference;
  startClock();
}

export const now = (): Date => at;

/** A time by the node's clock as this machine's clock has it, milliseconds; null for none. */
export function ofNode(at: string | null): number | null {
  const time = Date.parse(at ?? '') - before;
  return Number.isNaN(time) ? null : time;
}

/** The node's time at a moment that `performance.now()` gave. */
export const nodeTime = (moment: number): Date => new Date(Date.now() + before - Math.max(0, performance.now() - moment));
