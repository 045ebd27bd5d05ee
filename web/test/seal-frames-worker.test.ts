// The frames' worker without a worker: streams, orders and time are the test's.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Frames, type Frame, type Transformer } from '../src/seal/frames';
import type { Counts, FromFrames, TransformOptions } from '../src/seal/frames.messages';
import { FIRST_CTR, LAST_CTR, METADATA, OVERHEAD, readFrame, rootKey, senderKey, writeKid, type TrackKind } from '../src/seal/keys';
import { sealFrame } from '../src/seal/frame';
import { KIDS_MOST, Opener, Tries, TRIES_PER_SECOND } from '../src/seal/opener';
import { Permit, PERMIT_MS } from '../src/seal/permit';
import { Roots, WAIT_MS } from '../src/seal/roots';
import { Sealer } from '../src/seal/sealer';

const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);
const C = 'cc'.repeat(32);
/** Which Open statements footage is for. */
const OPENS = '0e'.repeat(32);
const OTHERS = '0f'.repeat(32);
const root = (fill: number) => rootKey(new Uint8Array(32).fill(fill));
const bytes = (...values: number[]) => Uint8Array.from(values).buffer;
/** Lets everything run that can: for where nothing is expected to happen. */
const turns = async (count = 50) => {
  for (let i = 0; i < count; i += 1) await new Promise((next) => setImmediate(next));
};
/** Resolves when every frame pushed has been passed on or dropped. */
async function done(...pipes: Pipe[]): Promise<void> {
  for (const pipe of pipes) await vi.waitFor(() => expect(pipe.settled()).toBe(true), { timeout: 4_000, interval: 1 });
}

class Clock {
  at = 0;
  private sleeping: { until: number; wake: () => void }[] = [];
  now = () => this.at;
  sleep = (ms: number) => new Promise<void>((wake) => this.sleeping.push({ until: this.at + ms, wake }));
  forward(ms: number): void {
    this.at += ms;
    for (const { wake } of this.sleeping.filter(({ until }) => until <= this.at)) wake();
    this.sleeping = this.sleeping.filter(({ until }) => until > this.at);
  }
  /** Resolves when somebody waits for this clock. */
  waitedFor = () => vi.waitFor(() => expect(this.sleeping).not.toEqual([]), { timeout: 4_000, interval: 1 });
}

/** A transform's two streams, as a browser would hold them. */
class Pipe {
  out: Frame[] = [];
  asked = 0;
  private pushed = 0;
  terminal: Terminal | null = null;
  private feed!: ReadableStreamDefaultController<Frame>;
  transformer: Transformer;

  constructor(public options: TransformOptions) {
    this.transformer = {
      options,
      readable: new ReadableStream<Frame>({ start: (feed) => void (this.feed = feed) }),
      writable: new WritableStream<Frame>({ write: (frame) => void this.out.push(frame) }),
      sendKeyFrameRequest: () => Promise.resolve(void (this.asked += 1)),
      generateKeyFrame: () => Promise.resolve(void (this.asked += 1)),
    };
  }

  push(data: ArrayBuffer, more: { type?: string; at?: number } = {}): void {
    this.pushed += 1;
    this.feed.enqueue({ data: data.slice(0), type: more.type, getMetadata: () => ({ rtpTimestamp: more.at }) });
  }

  end(): void {
    this.feed.close();
  }

  settled(): boolean {
    const counts = this.terminal?.counts(this);
    if (!counts) return false;
    const { passed, failed, replayed, repeated, waiting } = counts;
    return passed + failed + replayed + repeated + waiting === this.pushed && this.out.length === passed;
  }
}

let random = 1;
class Terminal {
  said: FromFrames[] = [];
  frames: Frames;
  private next = 1;

  constructor(seat: string, clock: Clock) {
    this.frames = new Frames({ now: clock.now, sleep: clock.sleep, say: (message) => void this.said.push(message), random: (into) => void into.fill((random += 1)) });
    this.frames.take({ do: 'me', seat });
  }

  async use(epoch: number, fill = 9): Promise<void> {
    this.frames.take({ do: 'epoch', epoch, root: await root(fill) });
    this.frames.take({ do: 'send', epoch });
    await this.frames.settled();
  }

  sender(kind: TrackKind): Pipe {
    return this.run({ id: this.next++, way: 'send', kind });
  }

  receiver(kind: TrackKind, seat: string | null): Pipe {
    const pipe = this.run({ id: this.next++, way: 'receive', kind });
    this.frames.take({ do: 'bind', id: pipe.options.id, seat });
    return pipe;
  }

  run(options: TransformOptions): Pipe {
    const pipe = new Pipe(options);
    pipe.terminal = this;
    void this.frames.run(pipe.transformer);
    return pipe;
  }

  counts(pipe: Pipe): Counts | undefined {
    this.frames.take({ do: 'count' });
    const last = this.said.at(-1);
    return last?.say === 'counts' ? last.counts.find((one) => one.id === pipe.options.id) : undefined;
  }
}

/** A sender A and a receiver B of one sound and one picture, with the same epoch. */
async function pair() {
  const clock = new Clock();
  const [a, b] = [new Terminal(A, clock), new Terminal(B, clock)];
  await a.use(1);
  await b.use(1);
  return { clock, a, b, sound: a.sender('sound'), picture: a.sender('picture'), heard: b.receiver('sound', A), seen: b.receiver('picture', A) };
}

const data = (pipe: Pipe) => pipe.out.map((frame) => [...new Uint8Array(frame.data)]);

describe('a sender’s transform', () => {
  it('lets nothing through without a key, and says that it runs', async () => {
    const a = new Terminal(A, new Clock());
    const out = a.sender('picture');
    expect(a.said).toEqual([{ say: 'ready', id: 1 }]);
    out.push(bytes(1, 2, 3));
    a.frames.take({ do: 'send', epoch: 1 });
    out.push(bytes(1, 2, 3));
    await done(out);
    expect(out.out).toEqual([]);
    expect(a.counts(out)).toMatchObject({ frames: 2, passed: 0, waiting: 2 });
  });

  it('seals every frame: one size in, one size out, never the same twice', async () => {
    const { sound, picture } = await pair();
    for (let i = 0; i < 50; i += 1) {
      sound.push(new ArrayBuffer(80));
      picture.push(new ArrayBuffer(1_000 + i));
    }
    await done(sound, picture);
    expect(new Set(sound.out.map((frame) => frame.data.byteLength))).toEqual(new Set([80 + OVERHEAD]));
    expect(picture.out.map((frame) => frame.data.byteLength)).toEqual(Array.from({ length: 50 }, (_, i) => 1_000 + i + OVERHEAD));
    const headers = [...sound.out, ...picture.out].map((frame) => readFrame(new Uint8Array(frame.data))!);
    expect(new Set(headers.map(({ kid }) => kid)).size).toBe(1);
    expect(headers.map(({ ctr }) => ctr).toSorted((x, y) => x - y)).toEqual(Array.from({ length: 100 }, (_, i) => FIRST_CTR + i));
  });

  it('stops at once, also for what is being sealed, and goes on with higher counters', async () => {
    const { a, picture } = await pair();
    picture.push(bytes(1));
    await done(picture);
    picture.push(bytes(2));
    await Promise.resolve();
    a.frames.take({ do: 'stop' });
    picture.push(bytes(3));
    await done(picture);
    expect(picture.out).toHaveLength(1);
    a.frames.take({ do: 'send', epoch: 1 });
    await a.frames.settled();
    picture.push(bytes(4));
    await done(picture);
    const [first, second] = picture.out.map((frame) => readFrame(new Uint8Array(frame.data))!);
    expect(second!.kid).toBe(first!.kid);
    expect(second!.ctr).toBeGreaterThan(first!.ctr);
  });

  it('asks for a whole picture once it may send again', async () => {
    const { clock, a, picture } = await pair();
    picture.push(bytes(1), { type: 'key' });
    await done(picture);
    expect(picture.asked).toBe(0);
    a.frames.take({ do: 'stop' });
    picture.push(bytes(2), { type: 'delta' });
    await done(picture);
    await a.use(2);
    for (let i = 0; i < 5; i += 1) picture.push(bytes(3), { type: 'delta' });
    await done(picture);
    expect(picture.asked).toBe(1);
    picture.push(bytes(4), { type: 'key' });
    clock.forward(5);
    picture.push(bytes(5), { type: 'delta' });
    await done(picture);
    expect(picture.asked).toBe(1);
  });

  it('runs only what was made by us, each once', async () => {
    const a = new Terminal(A, new Clock());
    await a.use(1);
    const first = a.sender('sound');
    const bad: unknown[] = [null, {}, { id: 'x', way: 'send', kind: 'sound' }, { id: 9, way: 'both', kind: 'sound' }, { id: 9, way: 'send', kind: 'text' }, first.options];
    for (const options of bad) {
      const pipe = a.run(options as TransformOptions);
      pipe.push(bytes(1));
      await turns();
      expect(pipe.out).toEqual([]);
    }
    expect(a.said.filter(({ say }) => say === 'ready')).toHaveLength(1);
  });

  it('drops what comes after it is gone', async () => {
    const { a, sound } = await pair();
    a.frames.take({ do: 'gone', id: sound.options.id });
    expect(() => sound.push(bytes(1))).not.toThrow();
    await turns();
    expect(sound.out).toEqual([]);
    expect(a.counts(sound)).toBeUndefined();
  });
});

describe('from sender to receiver', () => {
  it('all frames open, in order, for the right kind', async () => {
    const { sound, picture, heard, seen, b } = await pair();
    for (let i = 0; i < 40; i += 1) {
      sound.push(bytes(1, i));
      picture.push(bytes(2, i));
    }
    await done(sound, picture);
    for (const frame of sound.out) heard.push(frame.data);
    for (const frame of picture.out) seen.push(frame.data);
    await done(heard, seen);
    expect(data(heard)).toEqual(Array.from({ length: 40 }, (_, i) => [1, i]));
    expect(data(seen)).toEqual(Array.from({ length: 40 }, (_, i) => [2, i]));
    expect(b.counts(heard)).toEqual({ id: heard.options.id, frames: 40, passed: 40, footage: 0, failed: 0, replayed: 0, repeated: 0, waiting: 0 });
  });

  it('drops the wrong kind, the wrong seat, nobody’s, a flipped byte, a clear frame and noise', async () => {
    const { a, sound, heard, seen, b } = await pair();
    const [asC, nobody] = [b.receiver('sound', C), b.receiver('sound', null)];
    const back = b.receiver('sound', B);
    for (let i = 0; i < 3; i += 1) sound.push(bytes(i, i));
    await done(sound);
    const [one, two] = sound.out.map((frame) => frame.data);
    const flipped = two!.slice(0);
    new Uint8Array(flipped)[OVERHEAD]! ^= 0x40;
    for (const pipe of [asC, nobody, seen, back]) pipe.push(one!);
    heard.push(flipped);
    heard.push(bytes(1, 2, 3, 4));
    heard.push(new ArrayBuffer(0));
    heard.push(crypto.getRandomValues(new Uint8Array(200)).buffer);
    await done(asC, nobody, seen, back, heard);
    for (const pipe of [asC, nobody, seen, back, heard]) expect(pipe.out).toEqual([]);
    expect(b.counts(heard)).toMatchObject({ frames: 4, failed: 4 });
    expect([asC, seen, back].map((pipe) => b.counts(pipe)?.failed)).toEqual([1, 1, 1]);
    expect(b.counts(nobody)).toMatchObject({ waiting: 1, failed: 0 });
    // What was whole still opens: failures of others spoil nothing.
    heard.push(one!);
    await done(heard);
    expect(heard.out).toHaveLength(1);
    expect(a.counts(sound)).toMatchObject({ passed: 3 });
  });

  it('opens each once, in any order; tells what a path sent twice from a replay', async () => {
    const { sound, heard, b } = await pair();
    for (let i = 0; i < 6; i += 1) sound.push(bytes(i));
    await done(sound);
    const frames = sound.out.map((frame) => frame.data);
    for (const i of [3, 0, 5, 1]) heard.push(frames[i]!, { at: i * 960 });
    heard.push(frames[3]!, { at: 3 * 960 });
    heard.push(frames[3]!, { at: 7 * 960 });
    heard.push(frames[0]!);
    const other = b.receiver('sound', A);
    await done(heard);
    other.push(frames[5]!, { at: 5 * 960 });
    await done(other);
    expect(data(heard)).toEqual([[3], [0], [5], [1]]);
    expect(b.counts(heard)).toMatchObject({ passed: 4, repeated: 1, replayed: 2 });
    expect(b.counts(other)).toMatchObject({ passed: 0, replayed: 1 });
  });

  it('loses no frame when the key changes at every frame, with late ones on the way', async () => {
    const { clock, a, b, sound, heard } = await pair();
    for (let epoch = 2; epoch < 30; epoch += 1) {
      await b.use(epoch, epoch);
      await a.use(epoch, epoch);
      sound.push(bytes(epoch));
      await done(sound);
      if (epoch > 6) b.frames.take({ do: 'forget', epoch: epoch - 5 });
    }
    expect(sound.out).toHaveLength(28);
    expect(new Set(sound.out.map((frame) => readFrame(new Uint8Array(frame.data))!.kid)).size).toBe(28);
    for (const frame of sound.out.slice(-3).toReversed()) heard.push(frame.data);
    await done(heard);
    expect(data(heard)).toEqual([[29], [28], [27]]);
    heard.push(sound.out[0]!.data);
    await clock.waitedFor();
    clock.forward(WAIT_MS);
    await done(heard);
    expect(b.counts(heard)).toMatchObject({ passed: 3, frames: 4 });
  });

  it('switches to the footage key and back without a loss, and only with its root', async () => {
    const { clock, a, b, picture, seen } = await pair();
    a.frames.take({ do: 'footage', epoch: 1, root: await root(77), context: OPENS });
    b.frames.take({ do: 'footage', epoch: 1, root: await root(77), context: OPENS });
    await a.frames.settled();
    for (let i = 0; i < 10; i += 1) {
      a.frames.take({ do: 'permit', context: OPENS, ms: i % 2 === 1 ? 1_000 : 0 });
      picture.push(bytes(i));
      await done(picture);
    }
    const headers = picture.out.map((frame) => readFrame(new Uint8Array(frame.data))!);
    expect(headers.map(({ id }) => id.footage)).toEqual(Array.from({ length: 10 }, (_, i) => i % 2 === 1));
    expect(new Set(headers.map(({ ctr }) => ctr)).size).toBe(10);
    for (const frame of picture.out.slice(0, 8)) seen.push(frame.data);
    await done(seen);
    expect(data(seen)).toEqual(Array.from({ length: 8 }, (_, i) => [i]));
    expect(a.counts(picture)).toMatchObject({ passed: 10, footage: 5 });
    expect(b.counts(seen)).toMatchObject({ passed: 8, footage: 4 });
    b.frames.take({ do: 'footage', epoch: 1, root: null });
    for (const frame of picture.out.slice(8)) seen.push(frame.data);
    await clock.waitedFor();
    clock.forward(WAIT_MS);
    await done(seen);
    expect(seen.out).toHaveLength(9);
    expect(b.counts(seen)).toMatchObject({ waiting: 1 });
  });

  /** Whether each frame pushed by `next` went out under the footage key. */
  async function under(picture: Pipe, next: ((n: number) => void)[]): Promise<boolean[]> {
    const before = picture.out.length;
    for (const [n, step] of next.entries()) {
      step(n);
      picture.push(bytes(n));
      await done(picture);
    }
    return picture.out.slice(before).map((frame) => readFrame(new Uint8Array(frame.data))!.id.footage);
  }

  it('goes back to the sealed key by itself when nobody renews the leave, and takes none for longer than the lease', async () => {
    const { clock, a, picture } = await pair();
    a.frames.take({ do: 'footage', epoch: 1, root: await root(77), context: OPENS });
    await a.frames.settled();
    const give = (ms: number) => () => a.frames.take({ do: 'permit', context: OPENS, ms });
    const wait = (ms: number) => () => clock.forward(ms);
    const stay = () => undefined;
    expect(await under(picture, [stay, give(300), wait(299), wait(1), stay])).toEqual([false, true, true, false, false]);
    expect(await under(picture, [give(60_000), wait(PERMIT_MS - 1), wait(1)])).toEqual([true, true, false]);
    expect(await under(picture, [give(1_000), give(0), give(Number.NaN), give(-5)])).toEqual([true, false, false, false]);
  });

  it('never seals for Open statements that were shut, whatever leave comes after; for others it does', async () => {
    const { a, picture } = await pair();
    a.frames.take({ do: 'footage', epoch: 1, root: await root(77), context: OPENS });
    await a.frames.settled();
    const give = (context: string) => () => a.frames.take({ do: 'permit', context, ms: 1_000 });
    const shut = () => a.frames.take({ do: 'shut', context: OPENS });
    expect(await under(picture, [give(OPENS), shut, give(OPENS)])).toEqual([true, false, false]);
    // Leave for other Opens is worth nothing with the root of these.
    expect(await under(picture, [give(OTHERS)])).toEqual([false]);
    a.frames.take({ do: 'footage', epoch: 1, root: await root(78), context: OTHERS });
    await a.frames.settled();
    expect(await under(picture, [give(OTHERS)])).toEqual([true]);
  });

  it('seals anew what was being sealed under footage at the moment of closing: the frame is not lost, and nobody gets it open', async () => {
    const clock = new Clock();
    const roots = new Roots(clock);
    roots.set(1, await root(9));
    roots.setFootage(1, { root: await root(77), context: OPENS });
    const permit = new Permit(clock);
    const sealer = new Sealer(roots, 5, permit);
    sealer.me(A);
    sealer.use(1);
    await sealer.settled();
    const ways = [() => permit.shut(OPENS), () => clock.forward(PERMIT_MS), () => permit.give(OPENS, 0), () => (roots.setFootage(1, null), sealer.changed())];
    for (const [n, close] of ways.toReversed().entries()) {
      if (n === 1) roots.setFootage(1, { root: await root(77), context: OPENS });
      sealer.changed();
      await sealer.settled();
      permit.give(OPENS, 2_000);
      const frames = [sealer.seal('picture', bytes(1)), sealer.seal('sound', bytes(2))];
      close();
      const sealed = await Promise.all([...frames, sealer.seal('sound', bytes(3))]);
      expect(sealed.map((frame) => readFrame(frame!)!.id.footage)).toEqual([false, false, false]);
    }
  });

  it('opens nothing of an epoch once it is forgotten, but never forgets the one in use', async () => {
    const { clock, a, b, sound, heard } = await pair();
    sound.push(bytes(1));
    sound.push(bytes(2));
    await done(sound);
    heard.push(sound.out[0]!.data);
    await done(heard);
    b.frames.take({ do: 'forget', epoch: 1 });
    heard.push(sound.out[1]!.data);
    await done(heard);
    expect(heard.out).toHaveLength(2);
    await b.use(2, 2);
    b.frames.take({ do: 'forget', epoch: 1 });
    sound.push(bytes(3));
    await done(sound);
    heard.push(sound.out[2]!.data);
    await clock.waitedFor();
    clock.forward(WAIT_MS);
    await done(heard);
    expect(heard.out).toHaveLength(2);
    expect(a.counts(sound)).toMatchObject({ passed: 3 });
  });

  it('goes on when a group made anew has the same epoch, without opening anything twice', async () => {
    const { a, b, sound, heard } = await pair();
    sound.push(bytes(1));
    await done(sound);
    heard.push(sound.out[0]!.data);
    await done(heard);
    await a.use(1, 55);
    await b.use(1, 55);
    sound.push(bytes(2));
    await done(sound);
    heard.push(sound.out[1]!.data);
    heard.push(sound.out[1]!.data);
    heard.push(sound.out[0]!.data);
    await done(heard);
    expect(data(heard)).toEqual([[1], [2]]);
    expect(b.counts(heard)).toMatchObject({ replayed: 2, failed: 0 });
  });

  it('asks for a whole picture after a gap, once a second', async () => {
    const { clock, picture, seen } = await pair();
    for (let i = 0; i < 8; i += 1) picture.push(bytes(i));
    await done(picture);
    const frames = picture.out.map((frame) => frame.data);
    seen.push(frames[0]!, { type: 'key' });
    seen.push(frames[1]!, { type: 'delta' });
    await done(seen);
    expect(seen.asked).toBe(0);
    seen.push(bytes(0), { type: 'delta' });
    for (const i of [2, 3]) seen.push(frames[i]!, { type: 'delta' });
    await done(seen);
    expect(seen.asked).toBe(1);
    clock.forward(1_001);
    seen.push(frames[4]!, { type: 'delta' });
    await done(seen);
    expect(seen.asked).toBe(2);
    seen.push(frames[5]!, { type: 'key' });
    clock.forward(1_001);
    await done(seen);
    seen.push(frames[6]!, { type: 'key' });
    seen.push(frames[7]!, { type: 'delta' });
    await done(seen);
    expect(seen.asked).toBe(2);
  });
});

describe('an epoch that is being set up', () => {
  it('is waited for a moment, and what came in the meantime opens in order', async () => {
    const { clock, a, b, sound, heard } = await pair();
    await a.use(2, 2);
    for (let i = 0; i < 4; i += 1) sound.push(bytes(i));
    await done(sound);
    for (const frame of sound.out) heard.push(frame.data);
    await clock.waitedFor();
    clock.forward(WAIT_MS - 1);
    await turns();
    expect(heard.out).toEqual([]);
    b.frames.take({ do: 'epoch', epoch: 2, root: await root(2) });
    await done(heard);
    expect(data(heard)).toEqual([[0], [1], [2], [3]]);
  });

  it('holds nothing up for longer, nor again and again', async () => {
    const { clock, b, sound, heard } = await pair();
    const made = async (epoch: number) => (await sealFrame(await senderKey(await root(1), C, writeKid({ epoch, start: 5, footage: false }), 'encrypt'), BigInt(FIRST_CTR), METADATA.sound, bytes(1))).buffer;
    for (let epoch = 100; epoch < 104; epoch += 1) heard.push(await made(epoch));
    for (let i = 0; i < 4; i += 1) {
      await clock.waitedFor();
      clock.forward(WAIT_MS);
    }
    await done(heard);
    expect(b.counts(heard)).toMatchObject({ frames: 4, waiting: 4 });
    for (let epoch = 100; epoch < 160; epoch += 1) heard.push(await made(epoch));
    sound.push(bytes(1));
    await done(heard, sound);
    heard.push(sound.out[0]!.data);
    await done(heard);
    expect(heard.out).toHaveLength(1);
    expect(b.counts(heard)).toMatchObject({ frames: 65, waiting: 64 });
  });
});

describe('key ids that nobody knows', () => {
  async function opener() {
    const clock = new Clock();
    const roots = new Roots(clock);
    roots.set(1, await root(9));
    const from = async (start: number, ctr: number, seat = A) => sealFrame(await senderKey(await root(9), seat, writeKid({ epoch: 1, start, footage: false }), 'encrypt'), BigInt(ctr), METADATA.sound, bytes(7));
    return { clock, roots, opener: new Opener(roots), tries: new Tries(clock), from };
  }

  afterEach(() => vi.restoreAllMocks());

  it('are tried a few times a second and leave nothing behind', async () => {
    const { clock, opener: open, tries, from } = await opener();
    const derive = vi.spyOn(crypto.subtle, 'deriveBits');
    const flood = await Promise.all(Array.from({ length: 100 }, (_, start) => from(start, FIRST_CTR, C)));
    derive.mockClear();
    for (const frame of flood) expect(await open.open(A, 'sound', frame, tries)).not.toHaveProperty('data');
    // One for the base key, one for the salt.
    expect(derive).toHaveBeenCalledTimes(TRIES_PER_SECOND * 2);
    expect(open.held()).toBe(0);
    clock.forward(1_000);
    expect(await open.open(A, 'sound', await from(1, FIRST_CTR), tries)).toHaveProperty('data');
    expect(open.held()).toBe(1);
  });

  it('of a sender that starts again and again are held to the newest, and none opens twice', async () => {
    const { clock, opener: open, tries, from } = await opener();
    const frames = await Promise.all(Array.from({ length: KIDS_MOST + 3 }, (_, start) => from(start, FIRST_CTR)));
    for (const frame of frames) expect(await open.open(A, 'sound', frame, tries)).toHaveProperty('data');
    expect(open.held()).toBe(KIDS_MOST);
    clock.forward(1_000);
    for (const frame of frames) expect(await open.open(A, 'sound', frame, tries)).not.toHaveProperty('data');
    expect(await open.open(A, 'sound', await from(0, FIRST_CTR + 1), tries)).toEqual({ why: 'failed' });
    expect(await open.open(A, 'sound', await from(KIDS_MOST, FIRST_CTR + 1), tries)).toHaveProperty('data');
    open.forget(1);
    expect(open.held()).toBe(0);
  });

  it('open once even when two tracks try the same frame at the same moment', async () => {
    const { clock, opener: open, from } = await opener();
    const frame = await from(1, FIRST_CTR);
    const both = await Promise.all([open.open(A, 'sound', frame, new Tries(clock)), open.open(A, 'sound', frame, new Tries(clock))]);
    expect(both.filter((one) => 'data' in one)).toHaveLength(1);
  });
});

describe('counters', () => {
  it('end: the last one is used, and nothing after it is sealed', async () => {
    const roots = new Roots(new Clock());
    roots.set(1, await root(9));
    const sealer = new Sealer(roots, 5, new Permit(new Clock()), LAST_CTR - 1);
    sealer.me(A);
    sealer.use(1);
    await sealer.settled();
    const sealed = [await sealer.seal('sound', bytes(1)), await sealer.seal('sound', bytes(2)), await sealer.seal('sound', bytes(3))];
    expect(sealed.map((frame) => frame && readFrame(frame)!.ctr)).toEqual([LAST_CTR - 1, LAST_CTR, null]);
    roots.set(2, await root(8));
    sealer.use(2);
    await sealer.settled();
    expect(await sealer.seal('sound', bytes(4))).toBeNull();
  });

  it('of two starts of one seat in one epoch belong to different keys: no nonce comes twice', async () => {
    const clock = new Clock();
    const seen = new Set<string>();
    for (let start = 0; start < 4; start += 1) {
      const terminal = new Terminal(A, clock);
      await terminal.use(1);
      const pipe = terminal.sender('sound');
      for (let i = 0; i < 10; i += 1) pipe.push(bytes(i));
      await done(pipe);
      for (const frame of pipe.out) {
        const { kid, ctr } = readFrame(new Uint8Array(frame.data))!;
        seen.add(`${kid} ${ctr}`);
      }
    }
    expect(seen.size).toBe(40);
  });
});

describe('what the worker says', () => {
  it('are the counts, when something changed and when asked', async () => {
    const { a, sound } = await pair();
    a.said.length = 0;
    a.frames.tick();
    expect(a.said).toEqual([]);
    sound.push(bytes(1));
    await vi.waitFor(() => expect(sound.out).toHaveLength(1));
    a.frames.tick();
    a.frames.tick();
    expect(a.said).toHaveLength(1);
    a.frames.take({ do: 'count', ask: 4 });
    expect(a.said.at(-1)).toMatchObject({ say: 'counts', ask: 4, counts: [{ id: 1, passed: 1 }, { id: 2 }] });
    sound.end();
    await vi.waitFor(() => expect(a.counts(sound)).toBeUndefined());
  });
});
