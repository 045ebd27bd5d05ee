// When speech is noticed, in the time of the samples themselves, and what is not taken for speech.
import { describe, expect, it } from 'vitest';
import { Capture, SAID_MS_LEAST, type Captured } from '../src/heard/captured';
import { Onset } from '../src/heard/onset';
import { phrase, random, tone, TONE_HZ, ToneEar } from '../src/heard/phrase';

const RATE = 48_000;
/** A block of the sound thread. */
const BLOCK = 128;
const NOTICED_MS = 200;

const amplitude = (db: number) => 10 ** (db / 20);
const seconds = (s: number, rate = RATE) => new Float32Array(Math.round(s * rate));

function noise(out: Float32Array<ArrayBuffer>, db: number, seed = 1): Float32Array<ArrayBuffer> {
  const next = random(seed);
  // Uniform: its root mean square is its half width by the root of three.
  return out.map((x) => x + (next() * 2 - 1) * Math.sqrt(3) * amplitude(db));
}

function hum(out: Float32Array<ArrayBuffer>, hz: number, db: number): Float32Array<ArrayBuffer> {
  const a = amplitude(db) * Math.SQRT2;
  return out.map((x, i) => x + a * [1, 0.5, 0.35, 0.2].reduce((sum, part, n) => sum + part * Math.sin((2 * Math.PI * hz * (n + 1) * i) / RATE + n), 0));
}

function mixed(base: Float32Array<ArrayBuffer>, other: Float32Array, at: number, rate = RATE): Float32Array<ArrayBuffer> {
  const out = base.slice();
  other.forEach((x, i) => {
    const place = Math.round(at * rate) + i;
    if (place < out.length) out[place]! += x;
  });
  return out;
}

/** When it said that somebody speaks, and when that it is over. Seconds. */
function listen(samples: Float32Array, rate = RATE): { at: number; speaking: boolean }[] {
  const onset = new Onset(rate);
  const told: { at: number; speaking: boolean }[] = [];
  let last = false;
  for (let i = 0; i < samples.length; i += BLOCK) {
    onset.push(samples.subarray(i, i + BLOCK));
    if (onset.speaking !== last) told.push({ at: Math.min(samples.length, i + BLOCK) / rate, speaking: (last = onset.speaking) });
  }
  return told;
}

/** A slow machine takes its time; the samples have their own. */
const SLOW = { timeout: 60_000 };

describe('the onset of speech', SLOW, () => {
  const START = 2.5;
  const voices = [90, 130, 210, 290].flatMap((pitch) => [true, false].map((hisses) => ({ pitch, hisses })));

  it.each(voices)('is noticed within a fifth of a second in a silent room: %o', (voice) => {
    for (const db of [-24, -36, -46])
      for (const seed of [1, 2, 3]) {
        const [first] = listen(mixed(seconds(3), phrase(RATE, 0.5, { ...voice, seed, level: amplitude(db) }), START));
        expect(first?.speaking, `${db} dB, seed ${seed}`).toBe(true);
        expect((first!.at - START) * 1000, `${db} dB, seed ${seed}`).toBeLessThanOrEqual(NOTICED_MS);
        expect(first!.at).toBeGreaterThan(START);
      }
  });

  it.each(voices)('is noticed within a fifth of a second over white noise: %o', (voice) => {
    for (const [floor, level] of [
      [-50, -28],
      [-40, -20],
    ] as const)
      for (const seed of [1, 2, 3]) {
        const [first] = listen(mixed(noise(seconds(3), floor, seed), phrase(RATE, 0.5, { ...voice, seed, level: amplitude(level) }), START));
        expect(first?.speaking, `${floor} dB, seed ${seed}`).toBe(true);
        expect((first!.at - START) * 1000, `${floor} dB, seed ${seed}`).toBeLessThanOrEqual(NOTICED_MS);
        expect(first!.at).toBeGreaterThan(START);
      }
  });

  it('is noticed at the rates that devices have', () => {
    for (const rate of [16_000, 32_000, 44_100, 48_000, 96_000]) {
      const [first] = listen(mixed(noise(seconds(5, rate), -60), phrase(rate, 2, { level: amplitude(-26) }), START, rate), rate);
      expect((first!.at - START) * 1000, `${rate} Hz`).toBeLessThanOrEqual(NOTICED_MS);
      expect(first!.at, `${rate} Hz`).toBeGreaterThan(START);
    }
  });

  it('counts from its first sound, and is over soon after its last', () => {
    const onset = new Onset(RATE);
    const samples = mixed(noise(seconds(8), -60), phrase(RATE, 3, { level: amplitude(-26) }), START);
    let noticed: number | null = null;
    let over: number | null = null;
    for (let i = 0; i < samples.length; i += BLOCK) {
      onset.push(samples.subarray(i, i + BLOCK));
      if (onset.speaking && noticed === null) {
        noticed = i / RATE;
        expect(Math.abs(onset.speechMs - (noticed - START) * 1000)).toBeLessThan(60);
      }
      if (noticed !== null && over === null && !onset.speaking) over = i / RATE;
      if (over === null && noticed !== null) expect(onset.speaking, 'no gap within the phrase').toBe(true);
    }
    expect(over! - (START + 3)).toBeGreaterThan(0.2);
    expect(over! - (START + 3)).toBeLessThan(0.9);
    expect(onset.speechMs).toBe(0);
  });

  it('goes on for as long as somebody speaks', () => {
    const told = listen(mixed(noise(seconds(18), -55), phrase(RATE, 14, { level: amplitude(-26) }), START));
    expect(told.map((one) => one.speaking)).toEqual([true, false]);
    expect(told[1]!.at).toBeGreaterThan(START + 14);
  });
});

describe('what is no speech', SLOW, () => {
  it('clicks, typing and a knock', () => {
    const click = (ms: number, db: number) => noise(seconds(ms / 1000), db);
    for (const ms of [1, 5, 12]) {
      let room = noise(seconds(8), -65);
      for (let at = 3; at < 7; at += 0.14) room = mixed(room, click(ms, -18), at);
      expect(listen(room), `${ms} ms`).toEqual([]);
    }
    const knock = seconds(0.25).map((_, i) => 0.3 * Math.exp(-i / (RATE * 0.02)) * Math.sin((2 * Math.PI * 240 * i) / RATE));
    expect(listen(mixed(noise(seconds(6), -65), knock, 3))).toEqual([]);
  });

  it('noise and hum that were there from the start, however loud', () => {
    for (const db of [-60, -40, -20]) expect(listen(noise(seconds(4), db)), `${db} dB`).toEqual([]);
    for (const hz of [50, 60, 100, 120, 150]) for (const db of [-45, -25]) expect(listen(noise(hum(seconds(4), hz, db), -70)), `${hz} Hz, ${db} dB`).toEqual([]);
  });

  it('a fan or a hum that begins', () => {
    for (const db of [-45, -30]) expect(listen(mixed(noise(seconds(10), -70), noise(seconds(6), db, 5), 3)), `${db} dB`).toEqual([]);
    for (const hz of [50, 60, 100, 120]) expect(listen(mixed(noise(seconds(10), -70), hum(seconds(6), hz, -30), 3)), `${hz} Hz`).toEqual([]);
  });

  it('an alarm that begins', () => {
    for (const hz of [440, 1_000, 1_250]) {
      const alarm = seconds(4).map((_, i) => 0.1 * Math.sin((2 * Math.PI * hz * i) / RATE));
      expect(listen(mixed(noise(seconds(7), -70), alarm, 3)), `${hz} Hz`).toEqual([]);
    }
  });

  it('nothing at all', () => {
    expect(listen(seconds(5))).toEqual([]);
  });
});

describe('what a microphone is said to pick up', SLOW, () => {
  function run(samples: Float32Array): { at: number; said: Captured }[] {
    const out: { at: number; said: Captured }[] = [];
    let at = 0;
    const capture = new Capture(RATE, (said) => out.push({ at, said }));
    for (let i = 0; i < samples.length; i += BLOCK) {
      at = ((i + BLOCK) / RATE) * 1000;
      capture.push(samples.subarray(i, i + BLOCK));
    }
    return out;
  }

  it('is said ten times a second, never twice within its least pause, and an onset in time', () => {
    const said = run(mixed(noise(seconds(6), -60), phrase(RATE, 2, { level: amplitude(-24) }), 3));
    expect(said.length).toBeGreaterThan(50);
    for (const [i, one] of said.entries()) if (i) expect(one.at - said[i - 1]!.at).toBeGreaterThanOrEqual(SAID_MS_LEAST);
    const first = said.find((one) => one.said.speaking)!;
    expect(first.at - 3_000).toBeLessThanOrEqual(NOTICED_MS);
    expect(first.said.speech_ms).toBeGreaterThan(0);
  });

  it('tells a dead device from a quiet room', () => {
    const dead = run(seconds(2)).at(-1)!.said;
    expect(dead.zero_ms).toBeGreaterThan(1_900);
    expect(dead.rms).toBe(0);
    expect(run(noise(seconds(2), -90)).at(-1)!.said.zero_ms).toBe(0);
    const revived = run(mixed(seconds(2), noise(seconds(1), -80), 1)).at(-1)!.said;
    expect(revived.zero_ms).toBe(0);
    expect(revived.peak).toBeGreaterThan(0);
  });

  it('knows the tone of the check from voices, hums and noise', () => {
    const share = (samples: Float32Array) => {
      const ear = new ToneEar(RATE);
      ear.push(samples.subarray(Math.round(RATE * 0.3), Math.round(RATE * 0.4)));
      return ear.take();
    };
    expect(share(tone(RATE))).toBeGreaterThan(0.95);
    expect(share(noise(tone(RATE, 0.02), -45))).toBeGreaterThan(0.7);
    expect(share(noise(seconds(1), -30))).toBeLessThan(0.1);
    expect(share(phrase(RATE, 1))).toBeLessThan(0.3);
    expect(share(hum(seconds(1), 60, -20))).toBeLessThan(0.05);
    expect(share(seconds(1))).toBe(0);
    expect(TONE_HZ).toBeLessThan(RATE / 2);
  });
});
