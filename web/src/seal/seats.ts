// The seats of the call as this terminal's own check of the record has them. Pure.

import type { State } from '../record/verify';
import type { SealSeat } from './messages';

/** Of the record's state, what says who may be in the group. */
type Judged = Pick<State, 'seats'> & { roster: readonly Pick<State['roster'][number], 'id' | 'side' | 'role'>[] };

/**
 * The seats of a record's state as the group takes them: good are those that the record holds good, once the own side
 * has said who the parties are, and never a recorder's. A recorder is vouched for and on the roster like a person, and
 * gets footage alone, by another way; also where another side's offer gives its person another role beside.
 */
export function sealSeats(state: Judged | null, introduced: boolean): SealSeat[] {
  if (!state) return [];
  const records = (side: string, person: number) => state.roster.some((one) => one.side === side && one.id === person && one.role === 'recorder');
  return state.seats.map(({ key, side, person, good }) => ({ key, side, good: good && introduced && !records(side, person) }));
}

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
