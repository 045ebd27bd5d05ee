// Sounds of our own: a phrase that has a voice's pitch, vowels and pauses without saying anything, and the tone of a
// loudspeaker's check. Nobody's voice, nothing fetched. Pure; the same samples every time.

/** Numbers that look random, from a seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** First and second formant of five vowels. */
const VOWELS = [
  [730, 1_090],
  [530, 1_840],
  [270, 2_290],
  [570, 840],
  [300, 870],
] as const;
const SYLLABLE_S = 0.21;
const GAP_S = 0.045;

export interface Voice {
  seed: number;
  /** Hertz, at the beginning of the phrase; it falls towards the end, as voices do. */
  pitch: number;
  /** Root mean square of the whole, of full scale. */
  level: number;
  /** Every other syllable begins with a hiss. */
  hisses: boolean;
}

export const VOICE: Voice = { seed: 7, pitch: 130, level: 0.08, hisses: true };

/** `seconds` of syllables, about four a second, with a breath after every seventh. */
export function phrase(rate: number, seconds: number, voice: Partial<Voice> = {}): Float32Array<ArrayBuffer> {
  const { seed, pitch, level, hisses } = { ...VOICE, ...voice };
  const next = random(seed);
  const out = new Float32Array(Math.round(rate * seconds));
  let at = 0;
  for (let n = 0; at < out.length; n++) {
    const length = Math.round(rate * SYLLABLE_S * (0.8 + 0.4 * next()));
    const vowel = VOWELS[Math.floor(next() * VOWELS.length)]!;
    syllable(out.subarray(at, at + length), rate, { vowel, pitch: pitch * (1 - (0.25 * at) / out.length) * (0.94 + 0.12 * next()), hiss: hisses && n % 2 === 0 }, next);
    at += length + Math.round(rate * (n % 7 === 6 ? 0.3 : GAP_S));
  }
  let sum = 0;
  for (const x of out) sum += x * x;
  const gain = level / Math.sqrt(sum / Math.max(1, out.length) || 1);
  return out.map((x) => x * gain);
}

function syllable(out: Float32Array, rate: number, { vowel, pitch, hiss }: { vowel: readonly [number, number]; pitch: number; hiss: boolean }, next: () => number): void {
  const hissed = hiss ? Math.min(out.length, Math.round(rate * 0.06)) : 0;
  for (let i = 0; i < hissed; i++) out[i] = (next() - 0.5) * 0.25 * Math.sin((Math.PI * i) / hissed);
  const formants = vowel.map((hz, i) => resonator(hz, [90, 120][i]!, rate));
  let phase = 0;
  const voiced = out.length - hissed;
  for (let i = 0; i < voiced; i++) {
    phase += (pitch * (1 + 0.06 * Math.sin((Math.PI * i) / voiced))) / rate;
    let pulse = -0.02;
    if (phase >= 1) {
      phase -= 1;
      pulse = 0.9 + 0.2 * next();
    }
    const swell = Math.min(1, i / (rate * 0.03), (voiced - i) / (rate * 0.05));
    out[hissed + i]! += swell * (formants[0]!(pulse) + 0.5 * formants[1]!(pulse));
  }
}

function resonator(hz: number, width: number, rate: number): (x: number) => number {
  const r = Math.exp((-Math.PI * width) / rate);
  const a = 2 * r * Math.cos((2 * Math.PI * hz) / rate);
  let y1 = 0;
  let y2 = 0;
  return (x) => {
    const y = (1 - r) * x + a * y1 - r * r * y2;
    y2 = y1;
    y1 = y;
    return y;
  };
}

/** The check's tone: no voice's, and no hum's. */
export const TONE_HZ = 1_250;
export const TONE_MS = 1_200;

/** Swells in and out: nobody is startled. */
export function tone(rate: number, level = 0.15): Float32Array<ArrayBuffer> {
  const length = Math.round((rate * TONE_MS) / 1000);
  return new Float32Array(length).map((_, i) => level * Math.min(1, i / (rate * 0.05), (length - i) / (rate * 0.1)) * Math.sin((2 * Math.PI * TONE_HZ * i) / rate));
}

/** How much of what a microphone picks up is the tone, 0..1; block after block. */
export class ToneEar {
  private s1 = 0;
  private s2 = 0;
  private power = 0;
  private count = 0;
  private readonly turn: number;

  constructor(rate: number) {
    this.turn = 2 * Math.cos((2 * Math.PI * TONE_HZ) / rate);
  }

  push(samples: ArrayLike<number>): void {
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i] ?? 0;
      const s = x + this.turn * this.s1 - this.s2;
      this.s2 = this.s1;
      this.s1 = s;
      this.power += x * x;
    }
    this.count += samples.length;
  }

  /** Since the last time it was asked. */
  take(): number {
    const found = this.s1 * this.s1 + this.s2 * this.s2 - this.turn * this.s1 * this.s2;
    const share = this.power > 0 ? Math.min(1, (2 * found) / (this.count * this.power)) : 0;
    this.s1 = this.s2 = this.power = this.count = 0;
    return share;
  }
}
