// Frames that terminals and the crate `sframe` must open for each other: `sframe-terminal.json` is written here and
// opened by crates/node/tests/sframe.rs, `sframe-crate.json` the other way round. Both follow from fixed demo keys.
// `VISAVIS_WRITE_VECTORS=1 npx vitest run test/seal-frames-vectors.test.ts` writes the first afresh.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openFrame, sealFrame, type Bytes } from '../src/seal/frame';
import { FIRST_CTR, LAST_CTR, METADATA, readFrame, rootKey, senderKey, writeKid, type TrackKind } from '../src/seal/keys';

interface Sealed {
  seat: string;
  epoch: number;
  start: number;
  footage: boolean;
  kind: TrackKind;
  kid: string;
  ctr: number;
  plain: string;
  frame: string;
}
interface Vectors {
  root: string;
  frames: Sealed[];
}

const ROOT = '56'.repeat(32);
const hex = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString('hex');
const bytes = (text: string): Bytes => Uint8Array.from(Buffer.from(text, 'hex'));
const place = (name: string) => new URL(`vectors/${name}`, import.meta.url);
const held = (name: string) => JSON.parse(readFileSync(place(name), 'utf8')) as Vectors;

async function seal(seat: string, id: { epoch: number; start: number; footage: boolean }, kind: TrackKind, ctr: number, plain: Bytes): Promise<Sealed> {
  const kid = writeKid(id);
  const frame = await sealFrame(await senderKey(await rootKey(bytes(ROOT)), seat, kid, 'encrypt'), BigInt(ctr), METADATA[kind], plain);
  return { seat, ...id, kind, kid: String(kid), ctr, plain: hex(plain), frame: hex(frame) };
}

async function made(): Promise<Vectors> {
  const frames: Sealed[] = [];
  const ids = [
    { epoch: 1, start: 0, footage: false },
    { epoch: 1, start: 0, footage: true },
    { epoch: 77, start: 0xdead_beef, footage: false },
    { epoch: 2 ** 16 - 1, start: 2 ** 32 - 1, footage: true },
  ];
  for (const [at, id] of ids.entries()) {
    for (const [kind, size] of [['sound', 80], ['picture', 301], ['sound', 0], ['picture', 1]] as const) {
      const ctr = [FIRST_CTR, FIRST_CTR + 1, 0x0abc_def1 * 16, LAST_CTR][at]!;
      frames.push(await seal(String(at + 1).repeat(64), id, kind, ctr, Uint8Array.from({ length: size }, (_, i) => (i * 7 + at) % 256)));
    }
  }
  return { root: ROOT, frames };
}

it('are what the code makes', async () => {
  const text = `${JSON.stringify(await made(), null, 2)}\n`;
  if (process.env.VISAVIS_WRITE_VECTORS) writeFileSync(place('sframe-terminal.json'), text);
  expect(readFileSync(place('sframe-terminal.json'), 'utf8')).toBe(text);
});

it('of the crate open here, and are sealed here to the same bytes', async () => {
  const { root, frames } = held('sframe-crate.json');
  expect(frames.length).toBeGreaterThan(8);
  for (const v of frames) {
    const read = readFrame(bytes(v.frame));
    expect(read).toEqual({ kid: Number(v.kid), ctr: v.ctr, id: { epoch: v.epoch, start: v.start, footage: v.footage } });
    const key = await senderKey(await rootKey(bytes(root)), v.seat, read!.kid, 'decrypt');
    const opened = await openFrame(key, METADATA[v.kind], bytes(v.frame));
    expect(hex(opened!)).toBe(v.plain);
    const own = await senderKey(await rootKey(bytes(root)), v.seat, read!.kid, 'encrypt');
    expect(hex(await sealFrame(own, BigInt(v.ctr), METADATA[v.kind], bytes(v.plain)))).toBe(v.frame);
  }
});
