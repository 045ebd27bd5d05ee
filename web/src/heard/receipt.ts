// The note by which a terminal tells the others what its own decoder made of their sound and picture: 64 bytes at an
// even pace, whatever is heard. What it says comes from the decoder's counts and is never inferred. Pure.

import type { Bytes } from '../seal/bytes';
import { fromHex } from '../seal/bytes';

/** By their number on the wire. None: no track; nothing: a track of which nothing was decoded lately. */
export const SOUNDS = ['none', 'nothing', 'silent', 'energy'] as const;
export const PICTURES = ['none', 'nothing', 'frames'] as const;
export type Sound = (typeof SOUNDS)[number];
export type Picture = (typeof PICTURES)[number];

export interface Receipt {
  /** The first four bytes of the seat's key of whom it tells, in hexadecimal. */
  seat: string;
  sound: Sound;
  picture: Picture;
}

/** How often it is sent. Milliseconds. */
export const RECEIPT_MS = 500;
export const RECEIPTS_MOST = 10;
const BYTES = 64;
const VERSION = 1;
const ENTRY = 6;

/** The name by which a receipt tells of a seat. */
export const nameOf = (key: string): string => key.slice(0, 8);

/** Beyond ten entries the rest is left out. */
export function writeReceipts(receipts: readonly Receipt[]): Bytes {
  const out = new Uint8Array(BYTES);
  out[0] = VERSION;
  receipts.slice(0, RECEIPTS_MOST).forEach(({ seat, sound, picture }, i) => {
    const at = 1 + i * ENTRY;
    out.set(fromHex(seat)?.subarray(0, 4) ?? [], at);
    out[at + 4] = SOUNDS.indexOf(sound);
    out[at + 5] = PICTURES.indexOf(picture);
  });
  return out;
}

/** Null for a note of another form; the list ends at the first entry that names nobody or says what nobody may say. */
export function readReceipts(bytes: Uint8Array): Receipt[] | null {
  if (bytes.length !== BYTES || bytes[0] !== VERSION) return null;
  const out: Receipt[] = [];
  for (let at = 1; out.length < RECEIPTS_MOST; at += ENTRY) {
    const name = bytes.subarray(at, at + 4);
    const sound = SOUNDS[bytes[at + 4]!];
    const picture = PICTURES[bytes[at + 5]!];
    if (!sound || !picture || name.every((b) => b === 0)) break;
    out.push({ seat: Array.from(name, (b) => b.toString(16).padStart(2, '0')).join(''), sound, picture });
  }
  return out;
}
