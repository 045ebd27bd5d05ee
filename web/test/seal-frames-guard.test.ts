// The guard, its watchdog and the question at the door, with a browser made up for the test.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrackView } from '../src/signalling/protocol';
import { canSeal, type Browser } from '../src/seal/able';
import type { Counts, FromFrames, ToFrames, TransformOptions } from '../src/seal/frames.messages';
import { LOOK_MS, SealGuard, type TrackCounts } from '../src/seal/guard';
import { able } from '../src/seal/probe';
import { STANDS_MS, Watchdog, type Breach } from '../src/seal/watchdog';

const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);

describe('the watchdog', () => {
  type Step = [at: number, packets: number, sealed: number | null, bytes?: number];
  const run = (steps: Step[]): (Breach | null)[] => {
    const dog = new Watchdog();
    return steps.map(([at, packets, sealed, bytes]) => dog.look({ at, packets, sealed, bytes: bytes ?? packets * 100 }));
  };

  it('rests while the counter moves, and while nothing leaves', () => {
    expect(run(Array.from({ length: 100 }, (_, i): Step => [i * 500, i * 40, i * 20 + 1]))).not.toContainEqual(expect.anything());
    expect(run(Array.from({ length: 100 }, (_, i): Step => [i * 500, 0, 0]))).not.toContainEqual(expect.anything());
    expect(run(Array.from({ length: 100 }, (_, i): Step => [i * 500, 500, 20]))).not.toContainEqual(expect.anything());
  });

  it('sees at the first look that nothing was ever sealed, and does not take it back', () => {
    expect(run([[0, 0, 0], [500, 1, 0], [1_000, 40, 40]])).toEqual([null, 'silent', 'silent']);
  });

  it('sees packets flow on while the counter stands, or the worker is silent', () => {
    for (const sealed of [20, null]) {
      const steps = Array.from({ length: 20 }, (_, i): Step => [i * 500, 40 + i * 20, i === 0 ? 20 : sealed]);
      const verdicts = run(steps);
      const first = verdicts.findIndex((one) => one !== null);
      expect(verdicts[first]).toBe('stands');
      expect(first * 500).toBeGreaterThan(STANDS_MS);
      expect(first * 500).toBeLessThanOrEqual(STANDS_MS + 1_000);
    }
  });

  it('lets what was sealed before leave, and padding', () => {
    expect(run([[0, 10, 5], [500, 90, 5], [2_000, 160, 5], [2_500, 170, 5], [9_000, 172, 5]])).toEqual([null, null, null, null, null]);
    expect(run(Array.from({ length: 40 }, (_, i): Step => [i * 500, 10 + i * 5, 5, 1_000]))).not.toContainEqual(expect.anything());
  });

  it('begins again with a stream made anew', () => {
    expect(run([[0, 900, 400], [3_000, 900, 400], [3_500, 10, 401], [4_000, 30, 420]])).not.toContainEqual(expect.anything());
    expect(run([[0, 900, 400], [3_000, 900, 400], [3_500, 10, 400], [4_000, 30, 400], [6_500, 130, 400], [7_000, 150, 400]])).toEqual([null, null, null, null, null, 'stands']);
  });
});

class FakeWorker extends EventTarget {
  told: ToFrames[] = [];
  ended = false;
  counts: Counts[] = [];
  answers = true;
  postMessage(message: ToFrames): void {
    this.told.push(message);
    if (message.do === 'count' && this.answers) this.say({ say: 'counts', counts: this.counts, ask: message.ask });
  }
  say(data: FromFrames): void {
    queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data })));
  }
  terminate(): void {
    this.ended = true;
  }
}

class FakeSender {
  transform: unknown = null;
  transport: { state: string } | null = { state: 'connected' };
  packets = 0;
  again = 0;
  replaced: unknown[] = [];
  replaceTrack = (track: unknown) => Promise.resolve(void this.replaced.push(track));
  getStats = () =>
    Promise.resolve(
      new Map<string, unknown>([
        ['a', { type: 'outbound-rtp', packetsSent: this.packets + this.again, retransmittedPacketsSent: this.again, bytesSent: (this.packets + this.again) * 100, retransmittedBytesSent: this.again * 100 }],
        ['b', { type: 'codec' }],
      ]),
    );
  real = this as unknown as RTCRtpSender;
}

const track = (id: number, kind: TrackView['kind'] = 'picture'): TrackView => ({ id, side: 'side', person: id, kind, key: B });
const counted = (id: number, passed: number): Counts => ({ id, frames: passed, passed, footage: 0, failed: 0, replayed: 0, repeated: 0, waiting: 0 });

describe('the guard', () => {
  let worker: FakeWorker;
  let made: TransformOptions[];
  let guard: SealGuard;
  let counts: TrackCounts[];
  let breaches: [string, Breach][];
  let broken: number;

  beforeEach(() => {
    vi.useFakeTimers();
    [worker, made, counts, breaches, broken] = [new FakeWorker(), [], [], [], 0];
    guard = new SealGuard(
      A,
      { counts: (all) => (counts = all), breach: (kind, breach) => breaches.push([kind, breach]), broken: () => (broken += 1) },
      {
        worker: () => worker as unknown as Worker,
        transform: (_, options) => {
          made.push(options);
          return { options } as unknown as RTCRtpScriptTransform;
        },
        now: () => Date.now(),
      },
    );
  });

  afterEach(() => {
    guard.close();
    vi.useRealTimers();
  });

  const receiver = () => {
    const real = { transform: null as unknown, track: { readyState: 'live' } };
    return { real, as: real as unknown as RTCRtpReceiver };
  };
  const looks = (many: number) => vi.advanceTimersByTimeAsync(many * LOOK_MS);

  it('is in the sender’s way within the same call, and agrees only when the worker says so', async () => {
    const [one, two] = [new FakeSender(), new FakeSender()];
    const agreed: string[] = [];
    void guard.sender(one.real, 'sound').then(() => agreed.push('one'));
    expect(one.transform).not.toBeNull();
    void guard.sender(two.real, 'picture').then(() => agreed.push('two'));
    expect(made).toEqual([{ id: 1, way: 'send', kind: 'sound' }, { id: 2, way: 'send', kind: 'picture' }]);
    expect(worker.told[0]).toEqual({ do: 'me', seat: A });
    await looks(1);
    expect(agreed).toEqual([]);
    worker.say({ say: 'ready', id: 2 });
    await looks(0);
    expect(agreed).toEqual(['two']);
    worker.say({ say: 'ready', id: 2 });
    worker.say({ say: 'ready', id: 1 });
    await looks(0);
    expect(agreed).toEqual(['two', 'one']);
  });

  it('binds a receiver to the seat that it is told of, and again when that changes', () => {
    const one = receiver();
    guard.receiver(one.as, track(1));
    expect(one.real.transform).not.toBeNull();
    expect(worker.told.at(-1)).toEqual({ do: 'bind', id: 1, seat: null });
    guard.setSeats(({ person }) => (person === 1 ? B : null));
    expect(worker.told.at(-1)).toEqual({ do: 'bind', id: 1, seat: B });
    guard.receiver(receiver().as, track(1, 'sound'));
    expect(worker.told.at(-1)).toEqual({ do: 'bind', id: 2, seat: B });
    guard.receiver(receiver().as, track(2));
    expect(worker.told.at(-1)).toEqual({ do: 'bind', id: 3, seat: null });
  });

  it('says whose counts they are', async () => {
    void guard.sender(new FakeSender().real, 'sound');
    guard.receiver(receiver().as, track(7));
    worker.say({ say: 'counts', counts: [counted(1, 3), { ...counted(2, 4), failed: 1 }, counted(99, 1)] });
    await looks(0);
    expect(counts).toEqual([
      { ...counted(1, 3), way: 'send', kind: 'sound', track: null },
      { ...counted(2, 4), failed: 1, way: 'receive', kind: 'picture', track: track(7) },
    ]);
  });

  it('cuts a sender off whose frames never came by the worker, and no other', async () => {
    const [good, bad] = [new FakeSender(), new FakeSender()];
    void guard.sender(good.real, 'sound');
    void guard.sender(bad.real, 'picture');
    worker.counts = [counted(1, 0)];
    await looks(4);
    expect(breaches).toEqual([]);
    worker.counts = [counted(1, 50)];
    good.packets = 50;
    bad.packets = 3;
    await looks(2);
    expect(breaches).toEqual([['picture', 'silent']]);
    expect([good.replaced, bad.replaced]).toEqual([[], [null]]);
    expect(worker.told).toContainEqual({ do: 'gone', id: 2 });
  });

  it('cuts a sender off when packets flow and the counter stands, or the worker answers no more; not for what is sent again', async () => {
    for (const answers of [true, false]) {
      const sender = new FakeSender();
      breaches = [];
      worker.answers = true;
      void guard.sender(sender.real, 'picture');
      const id = made.at(-1)!.id;
      for (let i = 1; i < 20; i += 1) {
        worker.counts = [counted(id, i * 15)];
        sender.packets = i * 40;
        await looks(1);
      }
      sender.again = 500;
      await looks(16);
      expect(breaches).toEqual([]);
      worker.answers = answers;
      for (let i = 0; i < 24; i += 1) {
        sender.packets += 40;
        await looks(1);
      }
      expect(breaches).toEqual([['picture', 'stands']]);
      expect(sender.replaced).toEqual([null]);
    }
  });

  it('lets go of closed connections, and holds no more than a few', async () => {
    const old = new FakeSender();
    void guard.sender(old.real, 'sound');
    old.packets = 5;
    old.transport = { state: 'closed' };
    const gone = receiver();
    guard.receiver(gone.as, track(1));
    gone.real.track.readyState = 'ended';
    guard.receiver(receiver().as, track(1));
    await looks(2);
    expect(breaches).toEqual([]);
    expect(worker.told.filter((one) => one.do === 'gone')).toEqual([{ do: 'gone', id: 2 }, { do: 'gone', id: 1 }]);
    for (let i = 0; i < 200; i += 1) {
      guard.receiver(receiver().as, track(i));
      void guard.sender(new FakeSender().real, 'sound');
    }
    guard.setSeats(() => B);
    const told = worker.told.length;
    guard.setSeats(() => B);
    expect(worker.told.length - told).toBe(64);
    expect(worker.told.filter((one) => one.do === 'gone')).toHaveLength(402 - 64 - 8 + 1);
  });

  it('says when its worker is gone, once, and cuts every sender off', async () => {
    const sender = new FakeSender();
    void guard.sender(sender.real, 'sound');
    worker.dispatchEvent(new Event('error'));
    worker.dispatchEvent(new Event('error'));
    expect([broken, worker.ended, sender.replaced]).toEqual([1, true, [null]]);
    const late = new FakeSender();
    void guard.sender(late.real, 'sound');
    expect(late.transform).not.toBeNull();
    expect(await guard.count()).toBeNull();
  });
});

describe('the door', () => {
  const worker = (answer: FromFrames | 'error' | 'nothing') => () => {
    const made = new FakeWorker();
    if (answer === 'error') queueMicrotask(() => made.dispatchEvent(new Event('error')));
    else if (answer !== 'nothing') setTimeout(() => made.say(answer), 0);
    return made as unknown as Worker;
  };
  const whole: Browser = { transforms: () => true, key: () => Promise.resolve(), worker: worker({ say: 'probe', able: true }) };

  afterEach(() => void vi.useRealTimers());

  it('lets in what can do everything, and says what is missing', async () => {
    expect(await canSeal(whole)).toEqual([]);
    expect(await canSeal({ ...whole, transforms: () => false })).toEqual(['transforms']);
    for (const missing of ['Ed25519', 'X25519']) {
      const key = (name: string) => (name === missing ? Promise.reject(new Error('no')) : Promise.resolve());
      expect(await canSeal({ ...whole, key })).toEqual(['keys']);
    }
    const throws = () => {
      throw new Error('no modules');
    };
    for (const broken of [worker('error'), worker({ say: 'probe', able: false }), throws]) expect(await canSeal({ ...whole, worker: broken })).toEqual(['workers']);
  });

  it('waits for no worker for ever', async () => {
    vi.useFakeTimers();
    const asked = canSeal({ ...whole, worker: worker('nothing') });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await asked).toEqual(['workers']);
  });

  it('is told by the worker what it tried', async () => {
    expect(await able()).toBe(true);
    vi.spyOn(crypto.subtle, 'encrypt').mockRejectedValue(new Error('no'));
    expect(await able()).toBe(false);
  });
});
