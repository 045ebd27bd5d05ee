// Whom the frames of a sealed session do not open for, with real keys: somebody removed, a seat without a vouch, a
// recorder without footage, and the node with every message that it delivered. And that they open for the members.

import { beforeEach, describe, expect, it } from 'vitest';
import { fromBase64 } from '../src/seal/bytes';
import { openFrame, type Bytes } from '../src/seal/frame';
import { METADATA, readFrame, rootKey, senderKey, type TrackKind } from '../src/seal/keys';
import type { SealToNode } from '../src/seal/messages';
import { type Member, Mls, type OwnPackage } from '../src/seal/mls';
import { sealSeats } from '../src/seal/seats';
import { Media } from './seal/media';
import { type Terminal, World, seeded, signer } from './seal/order';

const KINDS: TrackKind[] = ['sound', 'picture'];
const TALKERS = 2;
const read = (text: string) => fromBase64(text, 1 << 20)!;

interface Sealed {
  from: string;
  kind: TrackKind;
  plain: Bytes;
  frame: Bytes;
}

/** What two terminals of both sides seal at this moment. */
async function talk(t: Terminal[], media: Media[]): Promise<Sealed[]> {
  const all: Sealed[] = [];
  for (let n = 0; n < 4 * TALKERS; n += 1) {
    const at = n % TALKERS;
    const kind = KINDS[Math.floor(n / TALKERS) % 2]!;
    const plain = crypto.getRandomValues(new Uint8Array(80 + 100 * n));
    const frame = await media[at]!.seal(kind, plain);
    expect(frame).not.toBeNull();
    all.push({ from: t[at]!.key, kind, plain, frame: frame! });
  }
  return all;
}

/** How many frames one of these roots opens, under anybody's name. */
async function opens(roots: readonly CryptoKey[], names: readonly string[], frames: readonly Sealed[]): Promise<number> {
  let count = 0;
  for (const { kind, frame } of frames) {
    const { kid } = readFrame(frame)!;
    for (const root of roots) for (const name of names) if (await openFrame(await senderKey(root, name, kid, 'decrypt'), METADATA[kind], frame)) count += 1;
  }
  return count;
}

/** Every root that a state of the group gives: that of frames, that of the words, and one without a name. */
async function derived(members: readonly Member[]): Promise<CryptoKey[]> {
  const labels = ['visavis sealed', 'visavis footage', 'visavis words', ''];
  return Promise.all(members.flatMap((m) => labels.map(async (label) => rootKey(await m.export(label, new Uint8Array(), 32)))));
}

/** Tries every Welcome on every package, and every commit on every state that it gets into. */
async function climb(w: World, mls: Mls, packages: readonly OwnPackage[], held: Member[]): Promise<Member[]> {
  const commits = w.seen.filter((m): m is SealToNode & { t: 'seal.commit' } => m.t === 'seal.commit');
  const hold = (next: Member | null) => {
    if (next && !held.some((m) => m.group === next.group && m.epoch === next.epoch)) held.push(next);
  };
  for (const { welcome } of commits) {
    for (const own of welcome ? packages : []) hold(await mls.join(read(welcome!), own).catch(() => null));
  }
  for (const member of held) {
    for (const { commit } of commits) hold(await member.apply(read(commit)).then(({ next }) => (next === 'removed' ? null : next), () => null));
  }
  return held;
}

describe('frames of a sealed session', { timeout: 30_000 }, () => {
  let w: World;
  let t: Terminal[];
  let media: Media[];

  beforeEach(async () => {
    w = new World(seeded(3));
    t = [];
    for (let n = 0; n < 4; n += 1) t.push(await w.terminal(`t${n}`, n % 2 === 0 ? 'a' : 'b'));
    media = t.map((x) => new Media(x));
  });

  const vouch = (bad: Terminal[], only: Terminal[]) => w.vouch(t.map((terminal) => ({ terminal, good: !bad.includes(terminal) })), only);
  const keys = () => t.map((x) => x.key);

  /** Sealed frames open for every member but their sender; so that a test here can fail. */
  async function openFor(members: number[], frames: Sealed[]): Promise<void> {
    for (const at of members) {
      for (const { from, kind, plain, frame } of frames) if (from !== t[at]!.key) expect(await media[at]!.open(from, kind, frame)).toEqual(plain);
    }
    expect(await opens([t[0]!.roots.get(t[0]!.sending!)!], keys(), frames)).toBe(frames.length);
  }

  async function shutFor(at: number, frames: Sealed[]): Promise<void> {
    for (const { from, kind, frame } of frames) expect(await media[at]!.open(from, kind, frame)).toBe('waiting');
    expect(await opens(t[at]!.everRoots, keys(), frames)).toBe(0);
  }

  it('open for no member that was removed, whatever it kept', async () => {
    await vouch([], t);
    const out = t[3]!;
    await w.start(t.slice(0, 3));
    await w.after(3_000);
    // Its terminal is the test's own hand, which keeps every state that it was ever in.
    const mls = await Mls.of(out.signer);
    const own = await mls.package();
    out.connected = true;
    out.said = Buffer.from(own.bytes).toString('base64');
    w.link(true);
    await w.after(5_000);
    const before = await climb(w, mls, [own], []);
    expect(before.length).toBeGreaterThan(0);
    const early = await talk(t, media);
    expect(await opens(await derived(before), keys(), early)).toBe(early.length);
    out.said = null;
    w.link(true);
    await vouch([out], t.slice(0, 3));
    await w.after(4_000);
    expect(t[0]!.status!.members.map((m) => m.key)).not.toContain(out.key);
    const frames = await talk(t, media);
    await openFor([0, 1, 2], frames);
    expect(await opens(await derived(await climb(w, mls, [own], before)), keys(), frames)).toBe(0);
    expect(await opens(await derived(before), keys(), early)).toBe(early.length);
  });

  it('open for no terminal that was removed and goes on', async () => {
    await vouch([], t);
    await w.start(t);
    await w.after(4_000);
    await openFor([0, 1, 2, 3], await talk(t, media));
    await vouch([t[3]!], t.slice(0, 3));
    await w.after(4_000);
    const frames = await talk(t, media);
    await openFor([0, 1, 2], frames);
    expect(t[3]!.everRoots.length).toBeGreaterThan(0);
    await shutFor(3, frames);
  });

  it('open for no seat that nobody vouches for, however long it waits', async () => {
    await vouch([t[3]!], t.slice(0, 3));
    // It holds itself good, and asks as everybody does.
    await vouch([], [t[3]!]);
    await w.start(t);
    await w.after(15_000);
    expect(w.seen.some((m) => m.t === 'seal.package' && (m.bytes?.length ?? 0) > 8)).toBe(true);
    const frames = await talk(t, media);
    await openFor([0, 1, 2], frames);
    await shutFor(3, frames);
  });

  it('open for no recorder: its seat is vouched for and on the roster, and never in the group', async () => {
    const person = (x: Terminal) => t.indexOf(x) + 1;
    const seats = t.map((x) => ({ key: x.key, side: x.side, person: person(x), good: true, vouch: '' }));
    const roster = t.map((x) => ({ id: person(x), side: x.side, role: x === t[3] ? ('recorder' as const) : ('principal' as const) }));
    for (const x of t) x.seats = sealSeats({ seats, roster }, true);
    expect(t[0]!.seats.map((seat) => seat.good)).toEqual([true, true, true, false]);
    expect(sealSeats({ seats, roster }, false).some((seat) => seat.good)).toBe(false);
    expect(sealSeats({ seats, roster: [...roster, { ...roster[3]!, role: 'aide' as const }] }, true)[3]!.good).toBe(false);
    // It believes of itself what it likes.
    await vouch([], [t[3]!]);
    await w.start(t);
    await w.after(15_000);
    expect(t[0]!.status!.members.map((m) => m.key)).not.toContain(t[3]!.key);
    const frames = await talk(t, media);
    await openFor([0, 1, 2], frames);
    await shutFor(3, frames);
  });

  it('open for no node, with every message that it delivered', async () => {
    await vouch([], t);
    const notes: Bytes[] = [];
    w.hostile.deliver = (_, message) => {
      if (message.t === 'seal.note') notes.push(read(message.bytes));
      return message;
    };
    await w.start(t.slice(0, 3));
    await w.after(3_000);
    await w.start([t[3]!]);
    await w.after(5_000);
    const frames = await talk(t, media);
    await openFor([0, 1, 2, 3], frames);
    const mls = await Mls.of(await signer());
    const own = await mls.package();
    const packages = w.seen.flatMap((m) => (m.t === 'seal.package' && (m.bytes?.length ?? 0) > 8 ? [read(m.bytes!)] : []));
    expect(packages.length).toBeGreaterThan(3);
    // Every package of others, as if it were its own: the private half is another.
    const claimed = await Promise.all(packages.map(async (bytes) => ({ ...own, bytes, publicPackage: (await mls.read(bytes)).keyPackage, ref: await refOf(bytes) })));
    const alone = await mls.create(crypto.getRandomValues(new Uint8Array(16)), own);
    const held = await climb(w, mls, [own, ...claimed], [alone]);
    expect(held).toEqual([alone]);
    expect(await opens(await derived(held), keys(), frames)).toBe(0);
    const roots: CryptoKey[] = [];
    // And whatever bytes it has seen, taken for a root: as they begin, as they end, and hashed.
    const delivered = w.accepted.flatMap(({ commit, welcome }) => (welcome ? [read(commit), read(welcome)] : [read(commit)]));
    for (const seen of [...packages, ...notes.slice(-8), ...delivered]) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', seen));
      for (const guess of [seen.slice(0, 32), seen.slice(-32), hash]) roots.push(await rootKey(guess));
    }
    expect(await opens(roots, keys().slice(0, TALKERS), frames.slice(0, TALKERS))).toBe(0);
  });
});

/** RFC 9420, 5.2. */
async function refOf(bytes: Uint8Array): Promise<Bytes> {
  const label = new TextEncoder().encode('MLS 1.0 KeyPackage Reference');
  const value = bytes.subarray(4);
  return new Uint8Array(await crypto.subtle.digest('SHA-512', Uint8Array.of(label.length, ...label, 0x40 | (value.length >> 8), value.length & 255, ...value)));
}
