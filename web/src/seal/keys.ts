// Key ids, counters and base keys: what a frame's header says beyond RFC 9605, and what a sender's key is made of.

import { AES_256_GCM_SHA512_128, frameKey, type Bytes, type FrameKey } from './frame';
import { decodeHeader } from './header';

export type TrackKind = 'sound' | 'picture';

/** What a key id says: the epoch's last 16 bits, which start of the sender's worker, sealed or footage. */
export interface KeyId {
  epoch: number;
  /** 32 random bits of one start of a worker: two starts share no key. */
  start: number;
  footage: boolean;
}

/** Above every key id: each takes seven bytes, and fits into what a JavaScript number holds exactly. */
const BASE = 2 ** 52;
const EPOCH_UNIT = 2 ** 33;
export const EPOCHS = 2 ** 16;
export const STARTS = 2 ** 32;

/** The first counter. From here to the last every counter takes four bytes: one size in, one size out. */
export const FIRST_CTR = 2 ** 24;
export const LAST_CTR = 2 ** 32 - 1;
/** Bytes of every header, and what sealing adds to every frame. */
export const HEADER = 12;
export const OVERHEAD = HEADER + 16;
/** The first byte of every frame: a key id of seven bytes, a counter of four. */
const CONFIG = 0xeb;

/** What is bound to a frame beside its header, so that sound is never taken for a picture. */
export const METADATA: Record<TrackKind, Bytes> = { sound: Uint8Array.of(1), picture: Uint8Array.of(2) };

/** The key id as it stands in headers. */
export const writeKid = (id: KeyId): number => BASE + (id.epoch % EPOCHS) * EPOCH_UNIT + id.start * 2 + Number(id.footage);

/** A key id as read; null for a number that no terminal makes. */
export function readKid(kid: number): KeyId | null {
  const rest = kid - BASE;
  if (!Number.isSafeInteger(rest) || rest < 0 || rest >= EPOCHS * EPOCH_UNIT) return null;
  return { epoch: Math.floor(rest / EPOCH_UNIT), start: Math.floor(rest / 2) % STARTS, footage: rest % 2 === 1 };
}

/** A frame's key id and counter; null for anything that no terminal sends. */
export function readFrame(frame: Uint8Array): { kid: number; ctr: number; id: KeyId } | null {
  if (frame.length < OVERHEAD || frame[0] !== CONFIG) return null;
  const header = decodeHeader(frame);
  if (!header) return null;
  const [kid, ctr] = [Number(header.kid), Number(header.ctr)];
  const id = readKid(kid);
  return id ? { kid, ctr, id } : null;
}

/** Whether the key id of a whole frame is one for footage. */
export const isFootage = (frame: Uint8Array): boolean => ((frame[7] ?? 0) & 1) === 1;

/** A seat's key as bytes; null for what is not 32 bytes in lower-case hexadecimal. */
export function seatBytes(seat: string): Bytes | null {
  if (!/^[0-9a-f]{64}$/.test(seat)) return null;
  return Uint8Array.from(seat.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/**
 * The frame key of one sender for one key id: its base key is HKDF-SHA-512 of the epoch's root, with an empty salt and
 * "visavis sender", the seat's key and the key id as info. `root` is an HKDF key; the seat is hexadecimal. Throws where
 * either is something else.
 */
export async function senderKey(root: CryptoKey, seat: string, kid: number, use: 'encrypt' | 'decrypt'): Promise<FrameKey> {
  const key = seatBytes(seat);
  if (!key) throw new TypeError('a seat is 32 bytes in hexadecimal');
  const prefix = new TextEncoder().encode('visavis sender');
  const info = new Uint8Array(prefix.length + key.length + 8);
  info.set(prefix);
  info.set(key, prefix.length);
  new DataView(info.buffer).setBigUint64(prefix.length + key.length, BigInt(kid));
  const base = new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(), info }, root, 256));
  try {
    return await frameKey(AES_256_GCM_SHA512_128, base, BigInt(kid), use);
  } finally {
    // WebCrypto has no way from one HKDF key to another that stays inside: the bytes live for this moment only.
    base.fill(0);
  }
}

/** An HKDF handle of a root's bytes, which cannot be read out again. The bytes are wiped. */
export async function rootKey(bytes: Bytes): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits']);
  } finally {
    bytes.fill(0);
  }
}
