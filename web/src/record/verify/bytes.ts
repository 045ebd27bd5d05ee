// Bytes as hex, and their SHA-256. Ids, keys and hashes are lower-case hex everywhere in this folder: such strings
// compare as the bytes do.

/** Lower-case hex digits, two a byte. */
export type Hex = string;

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The hex of `bytes`. */
export function hex(bytes: Uint8Array): Hex {
  let out = '';
  for (const byte of bytes) out += PAIRS[byte];
  return out;
}

/** The bytes of an id, a key or a hash: exactly `length` of them in lower-case hex, else null. */
export function unhex(text: Hex, length: number): Uint8Array<ArrayBuffer> | null {
  if (text.length !== length * 2 || !/^[0-9a-f]*$/.test(text)) return null;
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16));
}

/** All of `parts`, one behind the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The SHA-256 of `bytes`. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Hex> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}
