import { describe, expect, it } from 'vitest';
import { freshWatch, grey, lightOf, LOOK_HEIGHT, LOOK_WIDTH, watch, type CameraHint } from '../src/media/camera';

/** Small noise of a sensor, the same in every run. */
function noise(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x / 2 ** 32 - 0.5;
  };
}

function picture(of: (x: number, y: number) => number, seed = 1, sensor = 6): Uint8Array {
  const random = noise(seed);
  return Uint8Array.from({ length: LOOK_WIDTH * LOOK_HEIGHT }, (_, i) => Math.max(0, Math.min(255, Math.round(of((i % LOOK_WIDTH) / LOOK_WIDTH, Math.floor(i / LOOK_WIDTH) / LOOK_HEIGHT) + random() * sensor))));
}

const person = (x: number, y: number) => (x - 0.5) ** 2 * 3 + (y - 0.6) ** 2 < 0.1;
const office = (x: number, y: number) => (person(x, y) ? 140 - 60 * y : 90 + 50 * x);
const bright = (x: number, y: number) => (person(x, y) ? 40 : 245 - 30 * y);
const evening = (x: number, y: number) => (person(x, y) ? 40 : 18 + 10 * x);

describe('what one picture says', () => {
  it('finds nothing to say about a person in an office, or a bright window at the side', () => {
    expect(lightOf(picture(office))).toBeNull();
    expect(lightOf(picture((x, y) => (x > 0.8 && y < 0.5 ? 250 : office(x, y))))).toBeNull();
  });
  it('knows a covered lens, black or not', () => {
    expect(lightOf(picture(() => 3, 1, 4))).toBe('covered');
    expect(lightOf(picture(() => 30, 1, 6))).toBe('covered');
    expect(lightOf(picture(() => 128, 1, 0))).toBe('covered');
  });
  it('knows a room without light', () => expect(lightOf(picture(evening))).toBe('dark'));
  it('knows a person before a window', () => expect(lightOf(picture(bright))).toBe('backlit'));
  it('takes a dark suit before a white wall for no fault', () => expect(lightOf(picture((x, y) => (person(x, y) ? (y > 0.62 ? 35 : 150) : 200)))).toBeNull());
});

describe('over time', () => {
  const run = (pictures: Uint8Array[]) => {
    let now = freshWatch();
    return pictures.map((p) => (now = watch(now, p)).hint);
  };
  const many = (of: (x: number, y: number) => number, n: number, from = 1) => Array.from({ length: n }, (_, i) => picture(of, from + i));

  it('waits for three looks, and takes a hint back after two', () => {
    const hints: (CameraHint | null)[] = run([...many(evening, 4), ...many(office, 3, 50)]);
    expect(hints).toEqual([null, null, 'dark', 'dark', 'dark', null, null]);
  });

  it('says nothing about a hand that passes', () => {
    expect(run([...many(office, 3), ...many(() => 10, 2, 20), ...many(office, 3, 40)])).toEqual(Array(8).fill(null));
  });

  it('knows a picture that stands still from a person who sits still', () => {
    expect(run(many(office, 12))).toEqual(Array(12).fill(null));
    const still = picture(office, 7);
    expect(run(Array(6).fill(still))).toEqual([null, null, null, null, 'frozen', 'frozen']);
    expect(run([...(Array(6).fill(still) as Uint8Array[]), ...many(office, 2, 30)]).slice(-2)).toEqual(['frozen', null]);
  });

  it('calls a black picture covered, though it stands still as well', () => {
    expect(run(Array(8).fill(picture(() => 0, 1, 0))).at(-1)).toBe('covered');
  });
});

it('makes grey by the eye’s weights', () => {
  expect([...grey(Uint8ClampedArray.from([255, 255, 255, 255, 0, 255, 0, 255, 0, 0, 255, 255]))]).toEqual([255, 182, 18]);
});
