// Which epoch the words of a group come from, and their seed. Every terminal comes to the same ones: the words belong
// to the first epoch that has members of both sides, those who were there derive them, those who come later are told.
// Pure.

import { type Bytes, same } from './bytes';
import type { Heartbeat } from './notes';

/** Epochs of one's own kept while the words' one is not known. */
const EPOCHS_MOST = 32;
/** Nobody alive may know which epoch it was: after so long with both sides heard, the earliest known one is taken. */
export const GUESS_MS = 5_000;

interface Seed {
  epoch: number;
  seed: Bytes;
}

export class Spoken {
  /** The words' epoch and seed, once known. */
  found: Seed | null = null;
  /** Whether this terminal was a member in that epoch, and derived the seed. */
  own = false;
  /** Known to have had no epoch with both sides up to this one; null: not known. */
  private noneUntil: number | null = null;
  private seeds: (Seed & { both: boolean })[] = [];
  /** Since when both sides have been heard without an answer. */
  private since: number | null = null;

  /** An epoch of the group, whose member this terminal is. `first`: the group began with it. */
  epoch(epoch: number, seed: Bytes, both: boolean, first: boolean): void {
    if (this.seeds.length < EPOCHS_MOST) this.seeds.push({ epoch, seed, both });
    if (first) this.noneUntil = epoch - 1;
    this.derive();
  }

  private derive(): void {
    if (this.found || this.noneUntil === null) return;
    for (const seen of this.seeds.filter((s) => s.epoch > this.noneUntil!)) {
      if (seen.both) {
        this.found = { epoch: seen.epoch, seed: seen.seed };
        this.own = true;
        return;
      }
      this.noneUntil = seen.epoch;
    }
  }

  /** What another member says in this epoch; false when it contradicts what this terminal knows. */
  told(epoch: number, { words, none }: Heartbeat): boolean {
    if (none) {
      if (this.noneUntil === null && !this.found) this.noneUntil = epoch;
      this.derive();
      return true;
    }
    if (!words || words.epoch > epoch) return true;
    const mine = this.seeds.find((s) => s.epoch === words.epoch);
    if (mine && !(mine.both && same(mine.seed, words.seed))) return false;
    if (this.found?.epoch === words.epoch) return same(this.found.seed, words.seed);
    // Who was there from the first epoch on knows that there is no earlier one; a later one is another's guess.
    if (this.found && this.own && this.noneUntil !== null) return words.epoch > this.found.epoch;
    if (this.noneUntil !== null && words.epoch <= this.noneUntil) return false;
    if (!this.found || words.epoch < this.found.epoch) {
      this.found = words;
      this.own = mine !== undefined;
    }
    return true;
  }

  /** What this terminal tells. */
  tell(): Heartbeat {
    return { words: this.found, none: !this.found && this.noneUntil !== null };
  }

  tick(bothHeard: boolean, now: number): void {
    if (this.found || !bothHeard) this.since = null;
    else this.since ??= now;
    if (this.since === null || now - this.since < GUESS_MS) return;
    const seen = this.seeds.find((s) => s.both);
    if (seen) this.found = { epoch: seen.epoch, seed: seen.seed };
    this.own = seen !== undefined;
  }
}
