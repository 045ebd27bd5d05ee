// What a terminal remembers of its windows of footage when its page is loaded anew: since when each has been open, and
// which it has closed. So a reload neither lengthens a window nor opens one again. Nothing secret is in it.

/** The part of a browser's storage that is used. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Windows remembered; the oldest goes first. */
const MOST = 32;
/** A clock that went back by more than this says nothing any more. Milliseconds. */
const BACK_MS = 2_000;

interface Kept {
  context: string;
  /** By this machine's clock. */
  since: number;
  closed: boolean;
}

export class Remembered {
  private readonly name: string;

  /** `clock`: this machine's time of day, milliseconds. */
  constructor(
    seat: string,
    private readonly shelf: Shelf,
    private readonly clock: () => number,
  ) {
    this.name = `visavis-footage-${seat.slice(0, 16)}`;
  }

  /** How much of this window's time is gone; all of it once it was closed, or where the clock went back. */
  spent(context: string): number {
    const all = this.read();
    const known = all.find((one) => one.context === context);
    if (!known) {
      this.write([...all, { context, since: this.clock(), closed: false }]);
      return 0;
    }
    const spent = this.clock() - known.since;
    return known.closed || spent < -BACK_MS ? Infinity : Math.max(0, spent);
  }

  closed(context: string): void {
    const all = this.read();
    const since = all.find((one) => one.context === context)?.since ?? this.clock();
    this.write([...all.filter((one) => one.context !== context), { context, since, closed: true }]);
  }

  private read(): Kept[] {
    try {
      const all: unknown = JSON.parse(this.shelf.getItem(this.name) ?? '[]');
      return Array.isArray(all) ? all.filter(isKept).slice(-MOST) : [];
    } catch {
      return [];
    }
  }

  private write(all: Kept[]): void {
    try {
      this.shelf.setItem(this.name, JSON.stringify(all.slice(-MOST)));
    } catch {
      // A browser that keeps nothing: the nodes' own clocks close what this page no longer knows of.
    }
  }
}

function isKept(one: unknown): one is Kept {
  if (typeof one !== 'object' || one === null) return false;
  const { context, since, closed } = one as Record<string, unknown>;
  return typeof context === 'string' && Number.isFinite(since) && typeof closed === 'boolean';
}
