// One frame, sealed or opened (SFrame, RFC 9605) with WebCrypto. Holds no state: whoever calls says which counter,
// and answers for it never being said twice under one key.

import { decodeHeader, encodeHeader } from './header';

export type Bytes = Uint8Array<ArrayBuffer>;

/** A cipher suite of RFC 9605, section 8.1. */
export interface Suite {
  id: number;
  hash: 'SHA-256' | 'SHA-512';
  /** Bits of the AES key. */
  keyBits: 128 | 256;
}

/** What every terminal seals with. */
export const AES_256_GCM_SHA512_128: Suite = { id: 0x0005, hash: 'SHA-512', keyBits: 256 };
/** For the vectors of the RFC alone. */
export const AES_128_GCM_SHA256_128: Suite = { id: 0x0004, hash: 'SHA-256', keyBits: 128 };

/** Bytes of the tag behind every frame, in both suites. */
export const TAG = 16;
const NONCE = 12;

/** A frame key: usable with one key id only. The salt never leaves memory and is worth nothing without the key. */
export interface FrameKey {
  kid: bigint;
  key: CryptoKey;
  salt: Bytes;
}

const ascii = (text: string) => new TextEncoder().encode(text);

function joined(...parts: Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** "SFrame 1.0 Secret …", the key id as eight bytes, the suite as two. RFC 9605, section 4.4.2. */
function label(what: 'key' | 'salt', kid: bigint, suite: Suite): Bytes {
  const tail = new Uint8Array(10);
  const view = new DataView(tail.buffer);
  view.setBigUint64(0, kid);
  view.setUint16(8, suite.id);
  return joined(ascii(`SFrame 1.0 Secret ${what} `), tail);
}

/**
 * The key and salt that a base key gives for one key id (RFC 9605, section 4.4.2). A base key serves to seal or to
 * open, never both, so `use` is one of them. The key cannot be read out again.
 */
export async function frameKey(suite: Suite, base: Bytes, kid: bigint, use: 'encrypt' | 'decrypt'): Promise<FrameKey> {
  const secret = await crypto.subtle.importKey('raw', base, 'HKDF', false, ['deriveKey', 'deriveBits']);
  const hkdf = (info: Bytes) => ({ name: 'HKDF', hash: suite.hash, salt: new Uint8Array(), info });
  const [key, salt] = await Promise.all([
    crypto.subtle.deriveKey(hkdf(label('key', kid, suite)), secret, { name: 'AES-GCM', length: suite.keyBits }, false, [use]),
    crypto.subtle.deriveBits(hkdf(label('salt', kid, suite)), secret, NONCE * 8),
  ]);
  return { kid, key, salt: new Uint8Array(salt) };
}

/** The salt with the counter laid over its last eight bytes. RFC 9605, section 4.4.3. */
export function nonce(salt: Bytes, ctr: bigint): Bytes {
  const out = salt.slice();
  const view = new DataView(out.buffer);
  view.setBigUint64(NONCE - 8, view.getBigUint64(NONCE - 8) ^ ctr);
  return out;
}

const gcm = (key: FrameKey, ctr: bigint, header: Uint8Array, metadata: Uint8Array) => ({
  name: 'AES-GCM',
  iv: nonce(key.salt, ctr),
  additionalData: joined(header, metadata),
  tagLength: TAG * 8,
});

/**
 * Seals one frame: header, ciphertext, tag. `metadata` is bound to it and not carried in it. The same counter under
 * the same key must never come twice. RFC 9605, section 4.4.3.
 */
export async function sealFrame(key: FrameKey, ctr: bigint, metadata: Uint8Array, plain: BufferSource): Promise<Bytes> {
  const header = encodeHeader(key.kid, ctr);
  const sealed = await crypto.subtle.encrypt(gcm(key, ctr, header, metadata), key.key, plain);
  return joined(header, new Uint8Array(sealed));
}

/** Opens one frame, or null: cut off, another key id, or not whole. RFC 9605, section 4.4.4. */
export async function openFrame(key: FrameKey, metadata: Uint8Array, frame: Bytes): Promise<ArrayBuffer | null> {
  const header = decodeHeader(frame);
  if (!header || header.kid !== key.kid || frame.length < header.length + TAG) return null;
  const aad = frame.subarray(0, header.length);
  try {
    return await crypto.subtle.decrypt(gcm(key, header.ctr, aad, metadata), key.key, frame.subarray(header.length));
  } catch {
    return null;
  }
}
