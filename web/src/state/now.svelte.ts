// The moment, once a second on the second, by the node's clock where the browser's own is off.

let at = $state(new Date());
let offset = 0;
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
  startClock();
}

export const now = (): Date => at;
