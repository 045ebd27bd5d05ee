import { describe, expect, it } from 'vitest';
import { delayOf, echoOf } from '../e2e/lib/echo';

const RATE = 8_000;
const SECONDS = 6;

function noise(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x / 2 ** 31 - 1;
  };
}

/** Something like speech: noise through a low resonance, in syllables with pauses. */
function speech(seed: number, seconds = SECONDS): Float32Array {
  const random = noise(seed);
  let y1 = 0;
  let y2 = 0;
  return Float32Array.from({ length: RATE * seconds }, (_, i) => {
    const y = random() + 1.6 * y1 - 0.8 * y2;
    y2 = y1;
    y1 = y;
    const t = i / RATE;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 4 * t + seed)) * (Math.floor(t) % 3 === 2 ? 0 : 1);
    return 0.05 * y * syllable;
  });
}

const level = (db: number) => 10 ** (db / 20);

/** `sound` by several paths: each so many samples late and so many dB down. */
function by(sound: Float32Array, paths: [number, number][]): Float32Array {
  const out = new Float32Array(sound.length);
  for (const [late, down] of paths) for (let i = late; i < out.length; i++) out[i]! += sound[i - late]! * level(-down);
  return out;
}

const plus = (a: Float32Array, b: Float32Array, gain = 1) => a.map((v, i) => v + gain * (b[i] ?? 0));

describe('the measure of an echo', () => {
  const played = speech(3);

  it('finds the delay, also of an echo turned upside down', () => {
    expect(delayOf(played, by(played, [[1234, 20]]), RATE)).toBe(1234);
    expect(delayOf(played, by(played, [[777, 20]]).map((v) => -v), RATE)).toBe(777);
  });

  it.each([0, 12, 30, 45])('says how far down it is: %i dB', (down) => {
    const found = echoOf(played, by(played, [[480, down]]), RATE)!;
    expect(found.delay_ms).toBeCloseTo(60, 5);
    expect(found.down_db).toBeCloseTo(down, 0);
    expect(found.whole_db).toBeCloseTo(down, 0);
  });

  it('adds up an echo that comes by many paths', () => {
    const found = echoOf(played, by(played, [[800, 30], [1100, 33], [1500, 36], [1900, 36]]), RATE)!;
    const sum = -10 * Math.log10(level(-60) + level(-66) + 2 * level(-72));
    expect(Math.abs(found.down_db - sum)).toBeLessThan(1.5);
  });

  it('does not take a voice in the room for an echo, nor lose the echo under it', () => {
    const voice = speech(11);
    const alone = echoOf(played, voice, RATE)!;
    expect(alone.whole_db).toBeLessThan(3);
    expect(alone.down_db).toBeGreaterThan(10);
    const both = echoOf(played, plus(by(played, [[320, 15]]), voice, level(-12)), RATE)!;
    expect(both.delay_ms).toBe(40);
    expect(Math.abs(both.down_db - 15)).toBeLessThan(2);
  });

  it('never claims more than it could tell', () => {
    const random = noise(5);
    const hiss = Float32Array.from(played, () => random() * 0.001);
    const found = echoOf(played, hiss, RATE)!;
    expect(found.down_db).toBeLessThanOrEqual(found.floor_db);
    expect(found.floor_db).toBeGreaterThan(found.whole_db);
    expect(echoOf(played, new Float32Array(played.length), RATE)!.down_db).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells 28 dB from 32 dB in a quiet room: the bound lies between', () => {
    const random = noise(9);
    const room = Float32Array.from(played, () => random() * 0.0005);
    expect(echoOf(played, plus(by(played, [[900, 28]]), room), RATE)!.down_db).toBeLessThan(30);
    expect(echoOf(played, plus(by(played, [[900, 32]]), room), RATE)!.down_db).toBeGreaterThan(30);
  });

  it('finds nothing where nothing was played, or too little', () => {
    expect(echoOf(new Float32Array(RATE * 4), speech(2), RATE)).toBeNull();
    expect(echoOf(speech(3, 1).slice(0, 4000), speech(2), RATE)).toBeNull();
  });
});
