// Statements in the one form that they have: the vectors that every implementation is held against, and bytes changed.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../src/record/verify/bytes';
import { Malformed, Reader } from '../src/record/verify/cbor';
import { reducedScalar, soundPoint, verifies } from '../src/record/verify/ed25519';
import { parseStatement, rekeyProven } from '../src/record/verify/statement';

interface Good {
  name: string;
  bytes: string;
  kind: string;
  body: unknown;
  starts_call: boolean;
  [field: string]: unknown;
}

const vectors = JSON.parse(readFileSync(new URL('../../crates/call/vectors/statements.json', import.meta.url), 'utf8')) as {
  good: Good[];
  refused: { name: string; bytes: string; reason: string }[];
};

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** `taken`, or why not. */
async function verdict(source: Uint8Array): Promise<string> {
  try {
    await parseStatement(source);
    return 'taken';
  } catch (error) {
    if (error instanceof Malformed) return error.code;
    throw error;
  }
}

describe('the vectors', () => {
  it.each(vectors.good)('reads: $name', async (good) => {
    const { bytes: source, body: read, startsCall, ...rest } = await parseStatement(bytes(good.bytes));
    const { kind, ...fields } = read;
    const body = read.kind === 'offer' ? read.terms : fields;
    expect({ ...rest, name: good.name, bytes: hex(source), starts_call: startsCall, kind, body }).toEqual(good);
  });

  it.each(vectors.refused)('refuses: $name', async ({ bytes: source, reason }) => {
    expect(await verdict(bytes(source))).toBe(reason);
  });

  it('has a rekey whose new key signed its introduction, and knows when it did not', async () => {
    const rekey = await parseStatement(bytes(vectors.good.find((one) => one.kind === 'rekey')?.bytes ?? ''));
    if (rekey.body.kind !== 'rekey') throw new Error('no rekey among the vectors');
    expect(await rekeyProven(rekey)).toBe(true);
    expect(await rekeyProven({ ...rekey, side: rekey.body.key })).toBe(false);
    expect(await rekeyProven({ ...rekey, subject: { line: rekey.side } })).toBe(false);
    expect(await rekeyProven({ ...rekey, body: { ...rekey.body, key: rekey.key } })).toBe(false);
  });
});

describe('changed bytes', () => {
  const agree = bytes(vectors.good.find((one) => one.kind === 'agree')?.bytes ?? '');

  it('are refused, wherever one bit of a byte was flipped', async () => {
    for (let at = 0; at < agree.length; at += 1) {
      const changed = agree.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(await verdict(changed), `byte ${at}`).not.toBe('taken');
    }
  });

  it('are refused when cut short anywhere', async () => {
    for (let length = 0; length < agree.length; length += 1) expect(await verdict(agree.subarray(0, length))).not.toBe('taken');
  });

  it('do not reach a statement that was read: it keeps its own copy', async () => {
    const source = agree.slice();
    const reading = parseStatement(source);
    source.fill(0);
    expect(hex((await reading).bytes)).toBe(hex(agree));
  });
});

describe('the reader', () => {
  const uint = (...source: number[]) => new Reader(Uint8Array.from(source)).uint();

  it('takes integers in their shortest form only, up to 2^53 - 1', () => {
    expect([uint(0), uint(23), uint(24, 24), uint(25, 1, 0), uint(26, 0, 1, 0, 0)]).toEqual([0, 23, 24, 256, 65_536]);
    expect(uint(27, 0, 0x1f, 255, 255, 255, 255, 255, 255)).toBe(Number.MAX_SAFE_INTEGER);
    for (const sloppy of [[24, 23], [25, 0, 255], [26, 0, 0, 255, 255], [27, 0, 0, 0, 0, 255, 255, 255, 255], [28], [31]]) {
      expect(() => uint(...sloppy)).toThrow('sloppy');
    }
    for (const wide of [[27, 0, 0x20, 0, 0, 0, 0, 0, 0], [27, 255, 255, 255, 255, 255, 255, 255, 255]]) expect(() => uint(...wide)).toThrow('bound');
  });

  it('checks a length before anything is taken', () => {
    const list = new Reader(Uint8Array.of(0x9b, 0, 0, 0, 255, 255, 255, 255, 255));
    expect(() => list.list(9, () => 0)).toThrow('bound');
    expect(() => new Reader(Uint8Array.of(0x5b, 0, 0, 1, 0, 0, 0, 0, 0)).bytes(9)).toThrow('bound');
    expect(() => new Reader(Uint8Array.of(0x43, 1, 2)).bytes(9)).toThrow('short');
  });

  it('keeps a byte order mark, so that no two forms read as one text', () => {
    expect(new Reader(Uint8Array.of(0x64, 0xef, 0xbb, 0xbf, 0x61)).text(9)).toBe('\uFEFFa');
  });
});

describe('strict Ed25519', () => {
  const P = 2n ** 255n - 19n;
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const encode = (number: bigint) => Uint8Array.from({ length: 32 }, (_, at) => Number((number >> BigInt(8 * at)) & 255n));
  const power = (base: bigint, exponent: bigint): bigint => {
    let [out, square] = [1n, base % P];
    for (let left = exponent; left > 0n; left >>= 1n) {
      if (left & 1n) out = (out * square) % P;
      square = (square * square) % P;
    }
    return out;
  };
  const inverse = (number: bigint) => power(((number % P) + P) % P, P - 2n);
  const D = (((-121665n * inverse(121666n)) % P) + P) % P;

  /** y of twice a point, from its y alone: (x^2 + y^2) / (2 + x^2 - y^2), as a = -1 and x^2 = (y^2 - 1) / (d y^2 + 1). */
  const doubled = (y: bigint) => {
    const square = (y * y) % P;
    const xx = ((square - 1n) * inverse(D * square + 1n)) % P;
    return ((((xx + square) * inverse(2n + xx - square)) % P) + P) % P;
  };

  it('knows every point of small order, in every form', () => {
    const eighth = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
    const orders = [1n, P - 1n, 0n, eighth, P - eighth];
    for (const y of orders) {
      expect(doubled(doubled(doubled(y)))).toBe(1n);
      expect(soundPoint(encode(y))).toBe(false);
      expect(soundPoint(encode(y | (1n << 255n)))).toBe(false);
    }
    expect(soundPoint(encode(doubled(4n * inverse(5n))))).toBe(true);
  });

  it('refuses a y that is not below the field\'s prime, and an S that is not below the group order', () => {
    for (let y = P; y < 2n ** 255n; y += 1n) expect(soundPoint(encode(y))).toBe(false);
    expect(soundPoint(encode(P - 2n))).toBe(true);
    expect([reducedScalar(encode(L - 1n)), reducedScalar(encode(L)), reducedScalar(encode(2n ** 256n - 1n))]).toEqual([true, false, false]);
  });

  it('takes a signature that is right, and none of another length', async () => {
    const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
    const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    const message = Uint8Array.of(1, 2, 3);
    const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message));
    expect(await verifies(key, message, signature)).toBe(true);
    expect(await verifies(key, message, signature.subarray(0, 63))).toBe(false);
    expect(await verifies(key.subarray(0, 31), message, signature)).toBe(false);
    expect(await verifies(key, Uint8Array.of(1, 2, 4), signature)).toBe(false);
  });
});
