// SFrame as RFC 9605 has it, and what the terminal lays into its headers.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AES_128_GCM_SHA256_128, AES_256_GCM_SHA512_128, frameKey, nonce, openFrame, sealFrame, type Bytes } from '../src/seal/frame';
import { decodeHeader, encodeHeader } from '../src/seal/header';
import { FIRST_CTR, HEADER, LAST_CTR, METADATA, OVERHEAD, readFrame, readKid, rootKey, seatBytes, senderKey, writeKid } from '../src/seal/keys';
import { ReplayWindow, WINDOW } from '../src/seal/replay';

const hex = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString('hex');
const bytes = (text: string): Bytes => Uint8Array.from(Buffer.from(text, 'hex'));

interface Rfc {
  header: [kid: string, ctr: string, encoded: string][];
  sframe: (Record<'base_key' | 'sframe_salt' | 'metadata' | 'nonce' | 'pt' | 'ct', string> & { cipher_suite: number; kid: number; ctr: number })[];
}
const rfc = JSON.parse(readFileSync(new URL('vectors/rfc9605.json', import.meta.url), 'utf8')) as Rfc;
const SUITES = { [AES_128_GCM_SHA256_128.id]: AES_128_GCM_SHA256_128, [AES_256_GCM_SHA512_128.id]: AES_256_GCM_SHA512_128 };

describe('the vectors of RFC 9605, appendix C', () => {
  it('has all headers', () => {
    expect(rfc.header).toHaveLength(289);
    for (const [kid, ctr, encoded] of rfc.header) {
      expect(hex(encodeHeader(BigInt(kid), BigInt(ctr)))).toBe(encoded);
      expect(decodeHeader(bytes(encoded))).toEqual({ kid: BigInt(kid), ctr: BigInt(ctr), length: encoded.length / 2 });
    }
  });

  it('seals and opens to the byte', async () => {
    expect(rfc.sframe.map((v) => v.cipher_suite)).toEqual([4, 5]);
    for (const v of rfc.sframe) {
      const suite = SUITES[v.cipher_suite]!;
      const [seal, open] = await Promise.all((['encrypt', 'decrypt'] as const).map((use) => frameKey(suite, bytes(v.base_key), BigInt(v.kid), use)));
      expect(hex(seal!.salt)).toBe(v.sframe_salt);
      expect(hex(nonce(seal!.salt, BigInt(v.ctr)))).toBe(v.nonce);
      expect(hex(await sealFrame(seal!, BigInt(v.ctr), bytes(v.metadata), bytes(v.pt)))).toBe(v.ct);
      expect(hex((await openFrame(open!, bytes(v.metadata), bytes(v.ct)))!)).toBe(v.pt);
    }
  });
});

describe('a header', () => {
  it('has one form: what is cut off, longer than needed or without end is refused', () => {
    for (const bad of ['', '80', '8007', '08', '0807', '900001', '0900ff', '9000', 'f801', 'ff', '0f00ffffffffffffff', '88ff', 'f0ffffffffffffff']) expect(decodeHeader(bytes(bad))).toBeNull();
    for (let first = 0; first < 256; first += 1) {
      const read = decodeHeader(Uint8Array.from([first, ...Array.from({ length: 16 }, () => 0xfe)]));
      expect(read).not.toBeNull();
      expect(encodeHeader(read!.kid, read!.ctr)[0]).toBe(first);
    }
  });

  it('holds 64 bits and no more', () => {
    for (const [kid, ctr] of [[-1n, 0n], [0n, -1n], [1n << 64n, 0n], [0n, 1n << 64n]] as const) expect(() => encodeHeader(kid, ctr)).toThrow(RangeError);
  });
});

describe('a key id', () => {
  it('comes back as it went in, at every edge, and always takes seven bytes', () => {
    for (const epoch of [0, 1, 2 ** 16 - 1]) {
      for (const start of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
        for (const footage of [false, true]) {
          const kid = writeKid({ epoch, start, footage });
          expect(Number.isSafeInteger(kid)).toBe(true);
          expect(readKid(kid)).toEqual({ epoch, start, footage });
          for (const ctr of [FIRST_CTR, LAST_CTR]) expect(encodeHeader(BigInt(kid), BigInt(ctr))).toHaveLength(HEADER);
        }
      }
    }
    expect(writeKid({ epoch: 2 ** 16 + 5, start: 0, footage: false })).toBe(writeKid({ epoch: 5, start: 0, footage: false }));
    for (const kid of [0, 1, 2 ** 52 - 1, 2 ** 52 + 2 ** 49, 2 ** 53, Number.NaN]) expect(readKid(kid)).toBeNull();
  });

  it('is read from a frame only in the terminal’s own form', () => {
    const kid = writeKid({ epoch: 7, start: 9, footage: true });
    const frame = (kid: number, ctr: number, more: number) => Uint8Array.from([...encodeHeader(BigInt(kid), BigInt(ctr)), ...new Uint8Array(more)]);
    expect(readFrame(frame(kid, FIRST_CTR, 16))).toEqual({ kid, ctr: FIRST_CTR, id: { epoch: 7, start: 9, footage: true } });
    expect(readFrame(frame(kid, FIRST_CTR, 15))).toBeNull();
    expect(readFrame(frame(kid, FIRST_CTR - 1, 17))).toBeNull();
    expect(readFrame(frame(kid, LAST_CTR + 1, 16))).toBeNull();
    expect(readFrame(frame(2 ** 52 - 1, FIRST_CTR, 16))).toBeNull();
    expect(readFrame(new Uint8Array(OVERHEAD))).toBeNull();
  });
});

describe('a sender’s key', () => {
  const seat = 'a1'.repeat(32);
  const kid = writeKid({ epoch: 1, start: 2, footage: false });
  const root = (fill: number) => rootKey(new Uint8Array(32).fill(fill));

  it('opens for this root, this seat, this key id and this kind of track only', async () => {
    const plain = new TextEncoder().encode('picture');
    const sealed = await sealFrame(await senderKey(await root(1), seat, kid, 'encrypt'), 20_000_000n, METADATA.picture, plain);
    expect(sealed).toHaveLength(plain.length + OVERHEAD);
    const open = async (fill: number, whose: string, id: number, kind: 'sound' | 'picture', frame = sealed) => openFrame(await senderKey(await root(fill), whose, id, 'decrypt'), METADATA[kind], frame);
    expect(hex((await open(1, seat, kid, 'picture'))!)).toBe(hex(plain));
    expect(await open(2, seat, kid, 'picture')).toBeNull();
    expect(await open(1, 'a2'.repeat(32), kid, 'picture')).toBeNull();
    expect(await open(1, seat, kid + 1, 'picture')).toBeNull();
    expect(await open(1, seat, kid, 'sound')).toBeNull();
    for (let at = 0; at < sealed.length; at += 1) {
      const flipped = sealed.slice();
      flipped[at]! ^= 1;
      expect(await open(1, seat, kid, 'picture', flipped)).toBeNull();
    }
    for (const length of [0, 1, HEADER, OVERHEAD - 1, sealed.length - 1]) expect(await open(1, seat, kid, 'picture', sealed.slice(0, length))).toBeNull();
  });

  it('cannot be read out, does one thing only, and leaves no root behind', async () => {
    const raw = new Uint8Array(32).fill(3);
    const handle = await rootKey(raw);
    expect([...raw]).toEqual(Array.from({ length: 32 }, () => 0));
    const { key } = await senderKey(handle, seat, kid, 'encrypt');
    for (const held of [handle, key]) {
      expect(held.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('raw', held)).rejects.toThrow();
    }
    expect(key.usages).toEqual(['encrypt']);
  });

  it('belongs to a seat', async () => {
    for (const bad of ['', 'A1'.repeat(32), 'a1'.repeat(31), 'xy'.repeat(32)]) {
      expect(seatBytes(bad)).toBeNull();
      await expect(senderKey(await root(1), bad, kid, 'encrypt')).rejects.toThrow(TypeError);
    }
  });
});

describe('the replay window', () => {
  it('takes each counter once, late ones as well, and nothing too old', () => {
    const window = new ReplayWindow();
    const base = FIRST_CTR;
    for (const ctr of [base + 5, base, base + 3, base + 4_000]) expect([window.fresh(ctr), window.take(ctr), window.take(ctr), window.fresh(ctr)]).toEqual([true, true, false, false]);
    expect(window.take(base + 4_000 - WINDOW)).toBe(false);
    expect(window.take(base + 4_001 - WINDOW + 1)).toBe(true);
    expect(window.take(base + 1)).toBe(true);
    expect(window.take(LAST_CTR)).toBe(true);
    expect(window.take(LAST_CTR - WINDOW)).toBe(false);
    expect(window.take(LAST_CTR - WINDOW + 1)).toBe(true);
    expect(window.take(LAST_CTR - WINDOW + 1)).toBe(false);
  });

  it('agrees with a plain set over random orders', () => {
    let seed = 42;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed % below;
    };
    const window = new ReplayWindow();
    const taken = new Set<number>();
    const wrong: number[] = [];
    let newest = -1;
    for (let round = 0; round < 50_000; round += 1) {
      const jump = random(500) === 0 ? 20_000 : 6_000;
      const ctr = Math.max(FIRST_CTR, newest - 5_000 + random(jump));
      const expected = ctr > newest - WINDOW && !taken.has(ctr);
      if (window.fresh(ctr) !== expected || window.take(ctr) !== expected) wrong.push(ctr);
      taken.add(ctr);
      newest = Math.max(newest, ctr);
    }
    expect(wrong).toEqual([]);
    expect(taken.size).toBeGreaterThan(10_000);
  });
});
