// Whether frames can be sealed where this runs: tried, not guessed.

import { openFrame, sealFrame } from './frame';
import { FIRST_CTR, METADATA, rootKey, senderKey, writeKid } from './keys';

/** Derives a key, seals a frame and opens it again, as the worker will. False for whatever goes wrong on the way. */
export async function able(): Promise<boolean> {
  try {
    const seat = '00'.repeat(32);
    const kid = writeKid({ epoch: 0, start: 0, footage: false });
    const root = await rootKey(crypto.getRandomValues(new Uint8Array(32)));
    const sealed = await sealFrame(await senderKey(root, seat, kid, 'encrypt'), BigInt(FIRST_CTR), METADATA.sound, Uint8Array.of(7));
    const opened = await openFrame(await senderKey(root, seat, kid, 'decrypt'), METADATA.sound, sealed);
    return opened !== null && new Uint8Array(opened)[0] === 7;
  } catch {
    return false;
  }
}
