// The frames of others: opened only with the key of the seat that the track belongs to, each once.

import { openFrame, type Bytes, type FrameKey } from './frame';
import { METADATA, readFrame, readKid, senderKey, type TrackKind } from './keys';
import { ReplayWindow } from './replay';
import type { Roots, Time } from './roots';

/** Key ids of one seat that ever opened a frame and are still held; the one longest unused goes first. */
export const KIDS_MOST = 8;
/** Key ids that went, and whose frames are refused so that nothing of theirs opens twice. */
const SPENT_MOST = 256;
/** Unknown key ids tried a second, for each track. */
export const TRIES_PER_SECOND = 16;

/** What became of a frame. `waiting`: no key for it, or none yet. */
export type Opened = { data: ArrayBuffer } | { why: 'failed' | 'replayed' | 'waiting' };

interface Known {
  /** Gone when the epoch's root changes; the window stays, so that nothing opens twice. */
  key: FrameKey | null;
  window: ReplayWindow;
}

class Seat {
  known = new Map<number, Known>();
  spent = new Set<number>();
}

/** How many unknown keys a track may still try: filled again over time, and never above one second's worth. */
export class Tries {
  private left = TRIES_PER_SECOND;
  private at: number;

  constructor(private time: Time) {
    this.at = time.now();
  }

  take(): boolean {
    const now = this.time.now();
    this.left = Math.min(TRIES_PER_SECOND, this.left + ((now - this.at) * TRIES_PER_SECOND) / 1_000);
    this.at = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}

/** Opens what arrives, for all tracks of the worker: the same sender's tracks share its keys and its windows. */
export class Opener {
  private seats = new Map<string, Seat>();

  constructor(private roots: Roots) {}

  /** Opens one frame of a track bound to `seat` (hexadecimal). Anything that is not whole, of that seat and new, is not. */
  async open(seat: string, kind: TrackKind, frame: Bytes, tries: Tries): Promise<Opened> {
    const read = readFrame(frame);
    if (!read) return { why: 'failed' };
    const { kid, ctr, id } = read;
    const holder = this.seat(seat);
    const known = holder.known.get(kid);
    if (known && !known.window.fresh(ctr)) return { why: 'replayed' };
    if (known?.key) {
      const data = await openFrame(known.key, METADATA[kind], frame);
      if (!data) return { why: 'failed' };
      return known.window.take(ctr) ? { data } : { why: 'replayed' };
    }
    if (holder.spent.has(kid) || (!known && holder.spent.size >= SPENT_MOST)) return { why: 'failed' };

    const root = await this.roots.soon(id.epoch, id.footage);
    if (!root || !tries.take()) return { why: 'waiting' };
    const key = await senderKey(root, seat, kid, 'decrypt');
    const data = await openFrame(key, METADATA[kind], frame);
    if (!data) return { why: 'failed' };
    // The epoch may have gone in the meantime, and with it the right to its frames.
    if (this.roots.find(id.epoch, id.footage) !== root) return { why: 'waiting' };
    return this.learn(this.seat(seat), kid, key).window.take(ctr) ? { data } : { why: 'replayed' };
  }

  /** An epoch is known no longer: its keys go, and the windows that go with them. */
  forget(short: number): void {
    for (const [seat, holder] of this.seats) {
      for (const kid of holder.known.keys()) if (of(kid, short)) holder.known.delete(kid);
      for (const kid of holder.spent) if (of(kid, short)) holder.spent.delete(kid);
      if (!holder.known.size && !holder.spent.size) this.seats.delete(seat);
    }
  }

  /** An epoch's root is another: its keys go, the windows stay. */
  renew(short: number): void {
    for (const holder of this.seats.values()) {
      for (const [kid, known] of holder.known) if (of(kid, short)) known.key = null;
    }
  }

  /** Keys held, over all seats: for tests of the bounds. */
  held(): number {
    return [...this.seats.values()].reduce((sum, holder) => sum + holder.known.size, 0);
  }

  private seat(seat: string): Seat {
    const found = this.seats.get(seat) ?? new Seat();
    this.seats.set(seat, found);
    return found;
  }

  private learn(holder: Seat, kid: number, key: FrameKey): Known {
    // Two tracks may have tried the same key id at once: the window of the first is the one that counts.
    const known = holder.known.get(kid) ?? { key: null, window: new ReplayWindow() };
    known.key = key;
    holder.known.delete(kid);
    holder.known.set(kid, known);
    for (const old of holder.known.keys()) {
      if (holder.known.size <= KIDS_MOST) break;
      holder.known.delete(old);
      holder.spent.add(old);
    }
    return known;
  }
}

const of = (kid: number, short: number) => readKid(kid)?.epoch === short;
