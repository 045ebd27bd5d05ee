// The seats of the call as this terminal's own check of the record has them. Pure.

import type { SealSeat } from './messages';

export class Seats {
  private list = new Map<string, SealSeat>();
  /** Seats that were good once: a commit that adds one which is so no longer is late, not forbidden. */
  private ever = new Set<string>();

  set(list: readonly SealSeat[]): void {
    this.list = new Map(list.map((seat) => [seat.key, seat]));
    for (const { key, good } of list) if (good) this.ever.add(key);
  }

  good = (key: string): boolean => this.list.get(key)?.good ?? false;

  everGood = (key: string): boolean => this.ever.has(key);

  side(key: string): string | null {
    return this.list.get(key)?.side ?? null;
  }

  /** Both are known, and not of one side. */
  apart(a: string, b: string): boolean {
    const [x, y] = [this.side(a), this.side(b)];
    return x !== null && y !== null && x !== y;
  }
}
