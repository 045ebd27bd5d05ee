// Ed25519 (RFC 8032), checked strictly, as docs/record.md, section 1, asks: WebCrypto does the arithmetic by the
// equation without the cofactor, and what implementations differ in is settled here before it is asked.

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** The group order L, the field's prime p = 2^255 - 19, and the y of the points of order 8: little endian, as on the wire. */
const L = wire('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
const P = wire('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
const P_LESS_ONE = wire('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
const EIGHTH = wire('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');

/** The y of every point whose order divides 8. A point and its negative share theirs, so eight points have five. */
const SMALL_ORDER: readonly bigint[] = [0n, 1n, P_LESS_ONE, EIGHTH, P - EIGHTH];

function wire(digits: string): bigint {
  return BigInt(`0x${digits.match(/../g)?.toReversed().join('') ?? ''}`);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Whether 32 bytes can stand for a point that may sign: y below p, and the point not of small order. */
export function soundPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== KEY_BYTES) return false;
  const y = BigInt.asUintN(255, littleEndian(bytes));
  return y < P && !SMALL_ORDER.includes(y);
}

/** Whether a signature's S is below the group order, so that nobody can make a second signature out of a first. */
export function reducedScalar(bytes: Uint8Array): boolean {
  return bytes.length === KEY_BYTES && littleEndian(bytes) < L;
}

// A call has a handful of keys; importing each once halves the work. Keys of strangers cannot make it grow.
const IMPORTED_MAX = 64;
const imported = new Map<string, CryptoKey>();

async function importKey(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const name = key.join();
  const held = imported.get(name);
  if (held) return held;
  const fresh = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  if (imported.size >= IMPORTED_MAX) imported.clear();
  imported.set(name, fresh);
  return fresh;
}

/**
 * Whether `signature` is `key`'s over `message`: neither small-order points nor other forms of a number pass.
 * Throws only where this browser has no Ed25519 at all.
 */
export async function verifies(key: Uint8Array, message: Uint8Array<ArrayBuffer>, signature: Uint8Array): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES || !soundPoint(key)) return false;
  if (!soundPoint(signature.subarray(0, 32)) || !reducedScalar(signature.subarray(32))) return false;
  try {
    return await crypto.subtle.verify('Ed25519', await importKey(key.slice()), signature.slice(), message);
  } catch (error) {
    // A key that is no point is refused at import by some browsers: no signature of it can be right.
    if (error instanceof DOMException && error.name === 'NotSupportedError') throw error;
    return false;
  }
}
