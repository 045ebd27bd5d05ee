// When footage is open, as one terminal holds it: from the Open statements that its own check of the record says stand,
// a clock that only goes forward, and when the far side was last heard. Pure. It needs both sides to open, and closes by
// itself; what was closed stays closed until other Opens stand.

import { LEASE_MS } from './heard';

/** The light stands for so long before anything goes out under the footage key. Milliseconds. */
export const LIGHT_MS = 300;
/** Who has just joined waits so long to hear the far side before it takes the lease for lost. Milliseconds. */
export const JOIN_MS = 5_000;
/** The longest that terms can say: a day. Milliseconds. */
const LONGEST_MS = 86_400_000;
/** Windows of one call that were closed. One more, and none opens any more. */
const OVER_MOST = 256;

/** `close`: the Opens stand no more, or somebody here pressed. `clock`: the minutes are over. `lease`: the far side is not heard. */
export type WhyClosed = 'close' | 'clock' | 'lease';

/** Both sides' Opens stand. */
export interface Opening {
  /** SHA-256 of their hashes, hexadecimal. */
  context: string;
  /** What is left of the minutes of the terms when this is told. */
  leftMs: number;
  /** The person at this terminal is named in the terms of footage. */
  named: boolean;
}

export type WindowState =
  | { is: 'closed'; context: string | null; why: WhyClosed | null }
  /** Both Opens stand; this terminal cannot say yet that the far side is there. */
  | { is: 'waiting'; context: string; endsAt: number }
  | { is: 'light' | 'open'; context: string; endsAt: number };

/** What the window is judged by. */
export interface WindowSight {
  now: number;
  /** Since when this terminal is a member of the group; null while it is none. */
  joinedAt: number | null;
  /** When a note of the far side last opened. */
  heardAt: number;
}

interface Current extends Opening {
  endsAt: number;
  litAt: number | null;
}

export class Window {
  private current: Current | null = null;
  private last: { context: string; why: WhyClosed } | null = null;
  private readonly over = new Map<string, WhyClosed>();

  /** What the record says now; null: no Opens stand. */
  tell(opening: Opening | null, now: number): void {
    if (this.current && this.current.context !== opening?.context) this.close('close');
    if (!opening) return;
    const why = this.over.get(opening.context);
    if (why) this.last = { context: opening.context, why };
    if (why || this.over.size >= OVER_MOST) return;
    const endsAt = now + Math.min(Math.max(opening.leftMs, 0) || 0, LONGEST_MS);
    const { current } = this;
    // It may turn out that less is left, never more.
    this.current = { ...opening, endsAt: Math.min(endsAt, current?.endsAt ?? Infinity), litAt: current?.litAt ?? null };
  }

  /** Closed for good: these Opens open nothing here any more. */
  close(why: WhyClosed): void {
    if (!this.current) return;
    const { context } = this.current;
    this.current = null;
    this.last = { context, why };
    this.over.set(context, why);
  }

  /** How it stands at this moment; what is due to close closes. */
  look(sight: WindowSight): WindowState {
    const { now } = sight;
    if (this.current && now >= this.current.endsAt) this.close('clock');
    const { current } = this;
    if (current && !held(sight)) {
      const waited = sight.joinedAt !== null && now - sight.joinedAt > JOIN_MS;
      // Who sends nothing under footage closes nothing for the others: it waits to hear them again.
      if (current.named && sight.joinedAt !== null && (current.litAt !== null || waited)) this.close('lease');
      else current.litAt = null;
    } else if (current) current.litAt ??= now;
    if (!this.current) return { is: 'closed', context: this.last?.context ?? null, why: this.last?.why ?? null };
    const { context, endsAt, litAt } = this.current;
    if (litAt === null) return { is: 'waiting', context, endsAt };
    return { is: now - litAt < LIGHT_MS ? 'light' : 'open', context, endsAt };
  }

  /** Until when frames may go under footage without another look: nothing when they may not. */
  sendsUntil(sight: WindowSight): number | null {
    const state = this.look(sight);
    if (state.is !== 'open' || !this.current?.named) return null;
    return Math.min(state.endsAt, sight.heardAt + LEASE_MS);
  }

  /** When it must be looked at again at the latest. */
  next({ now, heardAt }: Omit<WindowSight, 'joinedAt'>): number {
    if (!this.current) return Infinity;
    const { endsAt, litAt } = this.current;
    const due = [endsAt, heardAt + LEASE_MS + 1, litAt === null ? Infinity : litAt + LIGHT_MS];
    return Math.min(...due.filter((at) => at > now));
  }
}

/** A member, and the far side is heard: the lease. */
const held = ({ now, joinedAt, heardAt }: WindowSight): boolean => joinedAt !== null && now - heardAt <= LEASE_MS;
