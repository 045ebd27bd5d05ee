// Which keys speak for which side: its first one, whose hash is the side's id, and those that its Rekeys introduced
// (docs/record.md, sections 3 and 6).

import type { Hex } from './bytes';
import type { Statement } from './statement';

/** Most keys of one side: the first and its Rekeys. */
export const KEYS_MAX = 256;

/** Why a Rekey was not taken. */
export type RekeyFault = 'foreign' | 'unknown_side' | 'unknown_key' | 'old_key' | 'bad_rekey';

/** The keys of the sides that are known, oldest first. */
export class Keyring {
  private readonly sides = new Map<Hex, Hex[]>();

  /** All keys of a side, oldest first; none if it is unknown. */
  keys(side: Hex): readonly Hex[] {
    return this.sides.get(side) ?? [];
  }

  /** How many Rekeys led to `key`; -1 if it was never the side's. */
  position(side: Hex, key: Hex): number {
    return this.keys(side).indexOf(key);
  }

  /**
   * Takes a side by its first key and its Rekeys, all of them or none. `side` must be the SHA-256 of `first`, and the
   * proof of each Rekey must have been checked.
   */
  learn(side: Hex, first: Hex, rekeys: readonly Statement[]): 'taken' | 'known' | { refused: RekeyFault } {
    const before = this.keys(side);
    const keys = before.length ? [...before] : [first];
    for (const rekey of rekeys) {
      const fault = introduce(side, keys, rekey);
      if (fault) return { refused: fault };
    }
    this.sides.set(side, keys);
    return keys.length > before.length ? 'taken' : 'known';
  }
}

/** Adds the key that a Rekey introduces. Learning one again changes nothing. */
function introduce(side: Hex, keys: Hex[], { subject, side: of, key: by, body }: Statement): RekeyFault | null {
  if (body.kind !== 'rekey' || !('line' in subject)) return 'foreign';
  if (of !== side) return 'unknown_side';
  const signer = keys.indexOf(by);
  if (signer < 0) return 'unknown_key';
  if (keys[signer + 1] === body.key) return null;
  // Only the newest key may name the next: whoever got hold of an older one cannot take the side over.
  if (signer + 1 !== keys.length) return 'old_key';
  if (keys.includes(body.key) || keys.length >= KEYS_MAX) return 'bad_rekey';
  keys.push(body.key);
  return null;
}
