// The header in front of every sealed frame (RFC 9605, section 4.3): which key, and the how manieth frame under it.

/** A header as read: the key id, the counter, and how many bytes it took. */
export interface Header {
  kid: bigint;
  ctr: bigint;
  /** Bytes. */
  length: number;
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;
/** Values below this lie in the config byte itself. */
const INLINE = 8n;

function minimal(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return bytes;
}

/** Writes a header in its one form. Throws a RangeError for what does not fit into 64 bits. RFC 9605, section 4.3. */
export function encodeHeader(kid: bigint, ctr: bigint): Uint8Array<ArrayBuffer> {
  for (const value of [kid, ctr]) if (value < 0n || value > U64_MAX) throw new RangeError('a header field has 64 bits');
  const kidBytes = kid < INLINE ? [] : minimal(kid);
  const ctrBytes = ctr < INLINE ? [] : minimal(ctr);
  const upper = kidBytes.length ? 0x8 | (kidBytes.length - 1) : Number(kid);
  const lower = ctrBytes.length ? 0x8 | (ctrBytes.length - 1) : Number(ctr);
  return Uint8Array.from([(upper << 4) | lower, ...kidBytes, ...ctrBytes]);
}

/** One field: its value and where the next begins, or null when it is cut off or not in its shortest form. */
function field(nibble: number, bytes: Uint8Array, at: number): { value: bigint; next: number } | null {
  if (!(nibble & 0x8)) return { value: BigInt(nibble), next: at };
  const next = at + (nibble & 0x7) + 1;
  if (next > bytes.length) return null;
  let value = 0n;
  for (let i = at; i < next; i += 1) value = (value << 8n) | BigInt(bytes[i]!);
  // A second spelling of one header would be a second frame to whoever compares them.
  const shortest = next - at === 1 ? value >= INLINE : bytes[at] !== 0;
  return shortest ? { value, next } : null;
}

/** Reads a header; null for one that is cut off or not in its shortest form. RFC 9605, section 4.3. */
export function decodeHeader(bytes: Uint8Array): Header | null {
  const config = bytes[0];
  if (config === undefined) return null;
  const kid = field(config >> 4, bytes, 1);
  if (!kid) return null;
  const ctr = field(config & 0xf, bytes, kid.next);
  return ctr ? { kid: kid.value, ctr: ctr.value, length: ctr.next } : null;
}
