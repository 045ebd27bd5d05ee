// Footage among the terminals of a group, with real keys and in virtual time: members of both sides, one of them not
// named, and recorders that keep everything they ever got and try all of it on every frame.

import { beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, fromHex, type Bytes } from '../src/seal/bytes';
import { footageContext, openFootage } from '../src/seal/footage';
import { openFrame } from '../src/seal/frame';
import { METADATA, readFrame, rootKey, senderKey } from '../src/seal/keys';
import type { FootageTold, SealToNode } from '../src/seal/messages';
import { LINGER_MS } from '../src/seal/openings';
import { LIGHT_MS } from '../src/seal/window';
import { hex } from '../src/signalling/proofs';
import { Media } from './seal/media';
import { type Terminal, World, seeded } from './seal/order';

const OPENS = ['01'.repeat(32), '02'.repeat(32)];
const OTHERS = ['01'.repeat(32), '03'.repeat(32)];
const MINUTES_3 = 180_000;

interface Frame {
  at: number;
  from: Terminal;
  plain: string;
  frame: Bytes;
  footage: boolean;
}

/** A press recorder: a key pair, and every envelope that its node was handed for it. */
class Recorder {
  private roots: CryptoKey[] = [];
  constructor(
    private readonly pair: CryptoKeyPair,
    readonly key: string,
  ) {}

  static async make(): Promise<Recorder> {
    const pair = (await crypto.subtle.generateKey('X25519', true, ['deriveBits'])) as CryptoKeyPair;
    return new Recorder(pair, hex(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))));
  }

  async collect(seen: readonly SealToNode[]): Promise<number> {
    this.roots = [];
    for (const message of envelopes(seen, this.key)) {
      const place = { recorder: fromHex(this.key)!, group: fromHex(message.group)!, epoch: message.epoch, context: fromHex(message.context)! };
      const root = await openFootage(fromBase64(message.envelope, 80)!, this.pair, place);
      if (root) this.roots.push(await rootKey(root));
    }
    return this.roots.length;
  }

  /** Whether anything that it holds opens the frame, under anybody's name. */
  async opens({ frame }: Frame, names: readonly string[]): Promise<boolean> {
    const { kid } = readFrame(frame)!;
    for (const root of this.roots) {
      for (const name of names) if (await openFrame(await senderKey(root, name, kid, 'decrypt'), METADATA.picture, frame)) return true;
    }
    return false;
  }
}

const envelopes = (seen: readonly SealToNode[], recorder?: string) =>
  seen.filter((m): m is SealToNode & { t: 'footage.root' } => m.t === 'footage.root' && (recorder === undefined || m.recorder === recorder));
const closings = (seen: readonly SealToNode[]) => seen.flatMap((m) => (m.t === 'footage.closed' ? [m.why] : []));

describe('footage in a group', { timeout: 120_000 }, () => {
  let w: World;
  /** t0 and t2 of one side, t1 of the other. t2 is named by no terms. */
  let t: Terminal[];
  let media: Map<Terminal, Media>;
  let press: Recorder;
  let context: string;
  let number = 0;

  beforeEach(async () => {
    w = new World(seeded(7));
    t = [];
    for (let n = 0; n < 3; n += 1) t.push(await w.terminal(`t${n}`, n % 2 === 0 ? 'a' : 'b'));
    media = new Map(t.map((x) => [x, new Media(x)]));
    press = await Recorder.make();
    context = hex((await footageContext(OPENS))!);
    await w.vouch(t.map((terminal) => ({ terminal, good: true })));
    await w.start(t);
    await w.after(4_000);
  });

  const keys = () => t.map((x) => x.key);
  const told = (x: Terminal, more: Partial<FootageTold> = {}): FootageTold => ({ context, leftMs: MINUTES_3, named: x !== t[2], recorders: [press.key], ...more });
  async function open(more: Partial<FootageTold> = {}, who = t): Promise<void> {
    for (const x of who) await x.group.footage(told(x, more));
  }

  /** A frame of each at this moment; null for who may send nothing. */
  async function say(who = t): Promise<Frame[]> {
    const all: Frame[] = [];
    for (const from of who) {
      number += 1;
      const plain = `frame ${number} of ${from.name}`;
      const frame = await media.get(from)!.seal('picture', new TextEncoder().encode(plain));
      expect(frame).not.toBeNull();
      all.push({ at: w.now, from, plain, frame: frame!, footage: readFrame(frame!)!.id.footage });
    }
    return all;
  }

  /** A frame of each every `step` milliseconds, for `ms`. */
  async function flow(ms: number, step = 50, who = t): Promise<Frame[]> {
    const all: Frame[] = [];
    for (const end = w.now + ms; w.now < end; ) {
      all.push(...(await say(who)));
      await w.after(step);
    }
    return all;
  }

  /** Every frame opens at every other member. */
  async function arrives(frames: readonly Frame[], at = t): Promise<void> {
    for (const x of at) {
      for (const { from, plain, frame } of frames) {
        if (from === x) continue;
        const opened = await media.get(x)!.open(from.key, 'picture', frame);
        expect(opened instanceof Uint8Array && new TextDecoder().decode(opened)).toBe(plain);
      }
    }
  }

  const names = (frames: readonly Frame[]) => [...new Set(frames.filter(({ footage }) => footage).map(({ from }) => from.name))];
  async function recorded(frames: readonly Frame[], by = press): Promise<boolean[]> {
    await by.collect(w.seen);
    const all: boolean[] = [];
    for (const frame of frames) all.push(await by.opens(frame, keys()));
    return all;
  }

  it('goes out under the footage key of the persons named, 300 ms after the light, and of nobody else', async () => {
    const before = await flow(200);
    await open();
    const at = w.now;
    const after = await flow(1_000, 20);
    expect(t.map((x) => x.footage.map(({ is }) => is))).toEqual([['light', 'open'], ['light', 'open'], ['light', 'open']]);
    expect(names([...before, ...after])).toEqual(['t0', 't1']);
    expect(after.filter(({ footage, at: when }) => footage && when - at < LIGHT_MS)).toEqual([]);
    // Nobody is later than a look at the window may be.
    expect(after.filter(({ footage, from, at: when }) => !footage && from !== t[2] && when - at > LIGHT_MS + 100)).toEqual([]);
    await arrives([...before, ...after]);
    // The recorder opens these, and nothing else, whatever it was given.
    expect(await recorded([...before, ...after])).toEqual([...before, ...after].map(({ footage }) => footage));
    // Whoever is not named gives nobody anything.
    expect(envelopes(w.seen)).toHaveLength(2);
    expect(new Set(envelopes(w.seen).map(({ recorder }) => recorder))).toEqual(new Set([press.key]));
  });

  it('ends at once where the record says Close: not one frame more is sealed under footage, and none is lost', async () => {
    const early = await flow(300);
    await open();
    const during = await flow(1_000);
    // The record's Close reaches t1 a while after t0; each stops by itself.
    await t[0]!.group.footage(null);
    const first = await flow(200);
    expect(names(first)).toEqual(['t1']);
    await t[1]!.group.footage(null);
    await t[2]!.group.footage(null);
    const later = await flow(1_500);
    expect(names(later)).toEqual([]);
    const all = [...early, ...during, ...first, ...later];
    await arrives(all);
    expect(await recorded(all)).toEqual(all.map(({ footage }) => footage));
    expect(t[0]!.footage.at(-1)).toEqual({ is: 'closed', context, why: 'close' });
    expect(closings(w.seen)).toEqual([]);
    // The root goes once what was under way has arrived; and the same Opens open nothing again.
    const late = during.findLast(({ footage, from }) => footage && from === t[1])!;
    await w.after(LINGER_MS);
    expect(await media.get(t[0]!)!.open(late.from.key, 'picture', late.frame)).not.toBeInstanceOf(Uint8Array);
    await open();
    expect(names(await flow(1_000))).toEqual([]);
    expect(envelopes(w.seen)).toHaveLength(2);
  });

  it('is shut at once by the page, whatever the group still believes', async () => {
    await open();
    await w.after(1_000);
    expect(names(await say())).toEqual(['t0', 't1']);
    t[0]!.also({ do: 'shut', context });
    expect(names(await flow(1_500))).toEqual(['t1']);
  });

  it('ends with the minutes of the terms, to the millisecond, and says so to its node', async () => {
    await open({ leftMs: 5_000 });
    const end = w.now + 5_000;
    const frames = await flow(4_990, 499);
    await w.until(end - 1);
    const last = await say();
    expect(names(last)).toEqual(['t0', 't1']);
    await w.until(end);
    const after = await flow(1_000);
    expect(names(after)).toEqual([]);
    await w.after(300);
    expect(closings(w.seen)).toEqual(['clock', 'clock', 'clock']);
    expect(t.map((x) => x.footage.at(-1))).toEqual(t.map(() => ({ is: 'closed', context, why: 'clock' })));
    const all = [...frames, ...last, ...after];
    expect(await recorded(all)).toEqual(all.map(({ footage }) => footage));
  });

  it('ends in a cut two seconds after the far side was last heard, and stays closed when the line is back', async () => {
    await open();
    await w.after(3_000);
    w.link(false);
    const cut = w.now;
    const frames = await flow(5_000, 100);
    // What was under way when the line was cut still counts as heard.
    expect(frames.filter(({ footage, at }) => footage && at > cut + 2_000 + 250)).toEqual([]);
    expect(frames.some(({ footage, at }) => footage && at > cut + 1_000)).toBe(true);
    expect(closings(w.seen)).toEqual(['lease', 'lease']);
    expect(t[2]!.footage.at(-1)).toMatchObject({ is: 'waiting' });
    w.link(true);
    await w.after(3_000);
    await open();
    expect(names(await flow(1_000))).toEqual([]);
    // Both sides open again: other Opens.
    context = hex((await footageContext(OTHERS))!);
    await open();
    const again = await flow(1_500);
    expect(names(again)).toEqual(['t0', 't1']);
    await arrives(again);
    const all = [...frames, ...again];
    expect(await recorded(all)).toEqual(all.map(({ footage }) => footage));
  });

  it('goes on through a new epoch without losing a frame: a fresh root for each, and an envelope of it', async () => {
    await open();
    const frames = await flow(600);
    // Somebody's page is loaded anew: two new epochs, under which everybody goes on.
    await t[2]!.stop();
    frames.push(...(await flow(300, 50, t.slice(0, 2))));
    await arrives(frames, t.slice(0, 2));
    media.set(t[2]!, new Media(t[2]!));
    await t[2]!.start();
    await t[2]!.group.footage(told(t[2]!, { leftMs: 100_000 }));
    const more = await flow(4_000, 50, t.slice(0, 2));
    await arrives(more, t.slice(0, 2));
    const all = [...frames, ...more];
    const epochs = new Set(all.map(({ frame }) => readFrame(frame)!.id.epoch));
    expect(epochs.size).toBe(2);
    const lit = all.filter(({ at, footage }) => at > all[0]!.at + LIGHT_MS + 100 && !footage);
    expect(lit.filter(({ from }) => from !== t[2])).toEqual([]);
    expect(await recorded(all)).toEqual(all.map(({ footage }) => footage));
    expect(new Set(envelopes(w.seen).map(({ epoch }) => epoch)).size).toBe(2);
    expect(envelopes(w.seen)).toHaveLength(4);
    expect(t[2]!.footage.at(-1)).toMatchObject({ is: 'open' });
  });

  it('takes a terminal back that was loaded anew while it was open, for what is left and no longer', async () => {
    await open({ leftMs: 12_000 });
    const end = w.now + 12_000;
    await w.after(2_000);
    await t[0]!.stop();
    media.set(t[0]!, new Media(t[0]!));
    await w.after(500);
    await t[0]!.start();
    // Its page knows from before the reload how much is gone.
    await t[0]!.group.footage(told(t[0]!, { leftMs: end - w.now }));
    const back = await w.after(4_000).then(() => flow(1_000));
    expect(names(back)).toEqual(['t0', 't1']);
    await arrives(back);
    expect(await recorded(back)).toEqual(back.map(({ footage }) => footage));
    await w.until(end);
    expect(names(await flow(1_000))).toEqual([]);
    // Loaded anew after it was closed: nothing is left.
    await t[0]!.stop();
    media.set(t[0]!, new Media(t[0]!));
    await t[0]!.start();
    await t[0]!.group.footage(told(t[0]!, { leftMs: 0 }));
    await w.after(4_000);
    expect(names(await flow(500))).toEqual([]);
  });

  it('gives a recorder that was struck nothing more, and the others a fresh root', async () => {
    const struck = await Recorder.make();
    await open({ recorders: [press.key, struck.key] });
    const before = await flow(1_000);
    expect(await recorded(before, struck)).toEqual(before.map(({ footage }) => footage));
    await open();
    const after = await flow(5_000);
    expect(await recorded(after, struck)).toEqual(after.map(() => false));
    expect(names(after.filter(({ at }) => at > w.now - 1_000))).toEqual(['t0', 't1']);
    await arrives(after);
    expect(await recorded(after)).toEqual(after.map(({ footage }) => footage));
    // Somebody who comes onto the roster gets the present root at once.
    const late = await Recorder.make();
    await open({ recorders: [press.key, late.key] });
    const then = await flow(500);
    expect(await recorded(then, late)).toEqual(then.map(({ footage }) => footage));
    expect(await recorded(before, late)).toEqual(before.map(() => false));
  });

  it('makes envelopes for good keys only, few at once, and anew after the socket was gone', async () => {
    const odd = ['00'.repeat(32), 'zz'.repeat(32), 'ff', ''];
    await open({ recorders: [...odd, press.key] }, [t[0]!]);
    await w.after(1_000);
    expect(envelopes(w.seen).map(({ recorder }) => recorder)).toEqual([press.key]);
    w.disconnect(t[0]!);
    await w.after(200);
    await w.connect(t[0]!);
    await w.after(800);
    expect(envelopes(w.seen).map(({ recorder }) => recorder)).toEqual([press.key, press.key]);
    expect(await press.collect(w.seen)).toBe(2);
    for (const { envelope } of envelopes(w.seen)) expect(fromBase64(envelope, 80)).toHaveLength(80);
    const many = await Promise.all(Array.from({ length: 12 }, async () => (await Recorder.make()).key));
    await open({ recorders: many }, [t[1]!]);
    await w.after(1_000);
    expect(new Set(envelopes(w.seen).map(({ recorder }) => recorder)).size).toBe(1 + 8);
  });

  it('opens nothing while somebody is in the group who is not good, or for Opens that are none', async () => {
    await w.vouch([{ terminal: t[0]!, good: true }, { terminal: t[1]!, good: true }, { terminal: t[2]!, good: false }], [t[0]!]);
    await t[0]!.group.footage(told(t[0]!));
    expect(envelopes(w.seen)).toEqual([]);
    expect(await media.get(t[0]!)!.seal('sound', new Uint8Array(3))).toBeNull();
    await t[1]!.group.footage({ ...told(t[1]!), context: 'no context' });
    await w.after(1_000);
    expect(envelopes(w.seen).filter(({ context: c }) => c === 'no context')).toEqual([]);
    expect(names(await say([t[1]!]))).toEqual([]);
  });
});
