// The epochs whose frames may be sealed or opened: their roots, and a short wait for one that is being set up.

import { EPOCHS } from './keys';

/** Epochs known at once; the oldest goes first. Those before the present one live for ten seconds. */
const EPOCHS_MOST = 8;
/** How long a frame of an epoch that is not known yet may wait for it, from the first such frame on. */
export const WAIT_MS = 250;
/** Epochs waited for within `WAIT_AGAIN_MS`, so that made-up ones cannot hold frames up again and again. */
const WAITS_MOST = 4;
const WAIT_AGAIN_MS = 10_000;

export interface Time {
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** An epoch's root for footage, and for which Open statements it is (hexadecimal). */
export interface FootageRoot {
  root: CryptoKey;
  context: string;
}

interface Epoch {
  epoch: number;
  sealed: CryptoKey;
  footage: FootageRoot | null;
}

interface Wait {
  since: number;
  until: Promise<void>;
  come: () => void;
}

export class Roots {
  /** By the epoch's last 16 bits, oldest first. */
  private epochs = new Map<number, Epoch>();
  private waits = new Map<string, Wait>();
  /** The epoch in use for sending. It is never forgotten. */
  sending: number | null = null;

  constructor(private time: Time) {}

  /** Takes an epoch's root. `gone`: the last 16 bits of epochs that had to go; `renewed`: this one had another root. */
  set(epoch: number, root: CryptoKey): { gone: number[]; renewed: boolean } {
    const short = epoch % EPOCHS;
    const gone: number[] = [];
    const renewed = this.epochs.delete(short);
    this.epochs.set(short, { epoch, sealed: root, footage: null });
    for (const [old, { epoch: number }] of this.epochs) {
      if (this.epochs.size <= EPOCHS_MOST) break;
      if (number === this.sending || old === short) continue;
      this.epochs.delete(old);
      gone.push(old);
    }
    this.arrived(short, false);
    return { gone, renewed };
  }

  /** Takes or takes away an epoch's root for footage. False when the epoch is not known. */
  setFootage(epoch: number, root: FootageRoot | null): boolean {
    const known = this.epochs.get(epoch % EPOCHS);
    if (known?.epoch !== epoch) return false;
    known.footage = root;
    if (root) this.arrived(epoch % EPOCHS, true);
    return true;
  }

  /** Forgets an epoch, unless it is the one in use: a group made anew counts from the beginning again. */
  forget(epoch: number): boolean {
    const short = epoch % EPOCHS;
    if (epoch === this.sending || this.epochs.get(short)?.epoch !== epoch) return false;
    return this.epochs.delete(short);
  }

  /** The root that an epoch's keys come from, by its last 16 bits or the whole of it. */
  find(epoch: number, footage: boolean): CryptoKey | null {
    const known = this.epochs.get(epoch % EPOCHS);
    return (footage ? known?.footage?.root : known?.sealed) ?? null;
  }

  /** An epoch's root for footage; null while there is none. */
  footage(epoch: number): FootageRoot | null {
    const known = this.epochs.get(epoch % EPOCHS);
    return known?.epoch === epoch ? known.footage : null;
  }

  /** The same, after at most `WAIT_MS` since a frame of this epoch was first seen. */
  async soon(short: number, footage: boolean): Promise<CryptoKey | null> {
    const found = this.find(short, footage);
    if (found) return found;
    const now = this.time.now();
    for (const [key, { since }] of this.waits) if (now - since >= WAIT_AGAIN_MS) this.waits.delete(key);
    const key = `${short} ${footage}`;
    let wait = this.waits.get(key);
    if (!wait) {
      if (this.waits.size >= WAITS_MOST) return null;
      let come = () => {};
      const arrival = new Promise<void>((resolve) => (come = resolve));
      wait = { since: now, until: Promise.race([arrival, this.time.sleep(WAIT_MS)]), come };
      this.waits.set(key, wait);
    }
    // Long over for every frame but the first ones: those after them go at once.
    await wait.until;
    return this.find(short, footage);
  }

  private arrived(short: number, footage: boolean): void {
    const key = `${short} ${footage}`;
    this.waits.get(key)?.come();
    this.waits.delete(key);
  }
}
