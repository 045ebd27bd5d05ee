// What a camera's picture tells about the camera, from small grey pictures looked at once a second. Hints, never more:
// whoever is in front of it decides. Pure.

export type CameraHint = 'covered' | 'dark' | 'backlit' | 'frozen';

export const LOOK_WIDTH = 32;
export const LOOK_HEIGHT = 18;
export const LOOK_EVERY_MS = 1_000;

/** Seen so many times in a row, a hint is given; so many times otherwise, it is taken back. */
const GIVE_LOOKS = 3;
const TAKE_LOOKS = 2;
/** Points of a living sensor differ from look to look; so many identical pictures in a row come from no sensor. */
const FROZEN_LOOKS = 4;

/** A lens behind a shutter, tape or a finger: hardly any difference in the whole picture, and little light. */
const COVERED = { spread: 4, mean: 40 };
/** Without any difference at all it is a placeholder, however bright. */
const BLANK_SPREAD = 0.75;
/** Faces cannot be told apart below. */
const DARK = { mean: 42, bright: 95 };
/** The middle, where a person sits, is in the shade of what is behind. */
const BACKLIT = { middle: 75, difference: 75, glare: 0.15 };
const GLARE = 225;

export interface Watch {
  last: Uint8Array | null;
  /** How often in a row the picture was the very same. */
  same: number;
  /** What the newest looks said, and how often in a row. */
  seen: CameraHint | null;
  times: number;
  /** What stands. */
  hint: CameraHint | null;
}

export const freshWatch = (): Watch => ({ last: null, same: 0, seen: null, times: 0, hint: null });

/** Takes one look: `LOOK_WIDTH` × `LOOK_HEIGHT` points of 0..255, row by row, each a point of the picture and no mean of several. */
export function watch(before: Watch, picture: Uint8Array): Watch {
  const same = before.last && equal(before.last, picture) ? before.same + 1 : 0;
  const seen = lightOf(picture) === 'covered' ? 'covered' : same >= FROZEN_LOOKS ? 'frozen' : lightOf(picture);
  const times = seen === before.seen ? before.times + 1 : 1;
  // A picture that froze has been watched long enough already.
  const enough = seen === 'frozen' ? 1 : seen === null ? TAKE_LOOKS : GIVE_LOOKS;
  return { last: picture, same, seen, times, hint: times >= enough ? seen : before.hint };
}

/** What one picture says by itself. */
export function lightOf(picture: Uint8Array): Exclude<CameraHint, 'frozen'> | null {
  const { mean, spread } = statistics(picture);
  if (spread < BLANK_SPREAD || (spread < COVERED.spread && mean < COVERED.mean)) return 'covered';
  const bright = percentile(picture, 0.95);
  if (mean < DARK.mean && bright < DARK.bright) return 'dark';
  const { middle, around } = regions(picture);
  const behind = statistics(around);
  const glare = around.filter((v) => v >= GLARE).length / around.length;
  const shade = percentile(middle, 0.5);
  if (shade < BACKLIT.middle && behind.mean - shade > BACKLIT.difference && glare > BACKLIT.glare) return 'backlit';
  return null;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

function statistics(points: Uint8Array): { mean: number; spread: number } {
  let sum = 0;
  let squares = 0;
  for (const v of points) {
    sum += v;
    squares += v * v;
  }
  const n = Math.max(1, points.length);
  const mean = sum / n;
  return { mean, spread: Math.sqrt(Math.max(0, squares / n - mean * mean)) };
}

function percentile(points: Uint8Array, share: number): number {
  return points.toSorted()[Math.floor(share * (points.length - 1))] ?? 0;
}

/** The middle, where a face is, and the rest of the upper two thirds; below are clothes and tables of any colour. */
function regions(picture: Uint8Array): { middle: Uint8Array; around: Uint8Array } {
  const middle: number[] = [];
  const around: number[] = [];
  picture.forEach((v, i) => {
    const x = (i % LOOK_WIDTH) / LOOK_WIDTH;
    const y = Math.floor(i / LOOK_WIDTH) / LOOK_HEIGHT;
    if (y >= 0.67) return;
    if (x >= 0.34 && x < 0.66 && y >= 0.25) middle.push(v);
    else around.push(v);
  });
  return { middle: Uint8Array.from(middle), around: Uint8Array.from(around) };
}

/** Grey by the eye's weights, from the bytes of a canvas. */
export function grey(rgba: Uint8ClampedArray): Uint8Array {
  const out = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < out.length; i++) out[i] = Math.round(0.2126 * rgba[4 * i]! + 0.7152 * rgba[4 * i + 1]! + 0.0722 * rgba[4 * i + 2]!);
  return out;
}
