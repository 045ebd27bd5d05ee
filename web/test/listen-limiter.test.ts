import { describe, expect, it } from 'vitest';
import { BURST_DB, Limiter } from '../src/listen/limiter';

const RATE = 48_000;
const amplitude = (db: number) => 10 ** (db / 20);

/** A seeded generator, so that a test that fails fails again. */
function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1_664_525) + 1_013_904_223) >>> 0;
    return s / 2 ** 32 - 0.5;
  };
}

/** Something that a voice could be: pulses of 110 Hz through two formants, in syllables with pauses, at `db` while it sounds. */
function speech(seconds: number, db: number, rate = RATE, seed = 7): Float32Array {
  const out = new Float32Array(Math.round(seconds * rate));
  const next = random(seed);
  const formants = [500, 1500].map((hz) => ({ r: Math.exp((-Math.PI * 90) / rate), w: (2 * Math.PI * hz) / rate, a: 0, b: 0 }));
  let loud = 0;
  let wanted = 0;
  let until = 0;
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    if (i >= until) {
      wanted = next() > -0.22 ? 0.5 + (next() + 0.5) : 0;
      until = i + Math.round((0.12 + 0.12 * (next() + 0.5)) * rate);
    }
    loud += (wanted - loud) / (0.015 * rate);
    phase += 110 / rate;
    let x = 0.05 * next();
    if (phase >= 1) {
      phase -= 1;
      x += 1;
    }
    let y = 0;
    for (const f of formants) {
      const v = x + 2 * f.r * Math.cos(f.w) * f.a - f.r * f.r * f.b;
      f.b = f.a;
      f.a = v;
      y += v;
    }
    out[i] = y * loud;
  }
  // At its level as people measure speech: pauses left out.
  const p = active(out, rate);
  const scale = amplitude(db) / Math.sqrt(p);
  return out.map((v) => v * scale);
}

const square = (x: ArrayLike<number>, from = 0, to = x.length) => {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (x[i] ?? 0) ** 2;
  return sum / Math.max(1, to - from);
};

/** Mean power of the tenths of a second within 15 dB of the loudest. */
function active(x: Float32Array, rate = RATE): number {
  const n = Math.round(rate / 10);
  const frames = Array.from({ length: Math.floor(x.length / n) }, (_, i) => square(x, i * n, (i + 1) * n));
  const most = Math.max(...frames);
  const on = frames.filter((f) => f > most / 10 ** 1.5);
  return on.reduce((a, b) => a + b, 0) / on.length;
}

const db = (p: number) => 10 * Math.log10(Math.max(p, 1e-20));

function join(...parts: Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const sine = (seconds: number, level: number, hz = 1000, rate = RATE) => Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => Math.SQRT2 * amplitude(level) * Math.sin((2 * Math.PI * hz * i) / rate));
const silence = (seconds: number, rate = RATE) => new Float32Array(Math.round(seconds * rate));

/** All of it through a limiter in blocks of 128, moved back by its delay. */
function through(x: Float32Array, rate = RATE, limiter = new Limiter(rate, 1)): Float32Array {
  const padded = join(x, new Float32Array(limiter.delay));
  const out = new Float32Array(padded.length);
  for (let at = 0; at < padded.length; at += 128) limiter.block([padded.subarray(at, at + 128)], [out.subarray(at, Math.min(at + 128, out.length))]);
  return out.subarray(limiter.delay);
}

/** The greatest power of any `seconds` of it. */
function loudest(x: Float32Array, seconds: number, rate = RATE): number {
  const n = Math.round(seconds * rate);
  let sum = 0;
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    sum += (x[i] ?? 0) ** 2 - (i >= n ? (x[i - n] ?? 0) ** 2 : 0);
    most = Math.max(most, sum / n);
  }
  return most;
}

// Minutes of sound: a machine that builds something beside may take its time over it.
describe('the limiter', { timeout: 30_000 }, () => {
  it.each([16_000, 44_100, 48_000, 96_000])('lets a burst of 40 dB over speech out at 12 dB over it, from its first sample, at %i Hz', (rate) => {
    const before = speech(12, -32, rate);
    const level = db(active(before, rate));
    const burst = sine(0.3, level + 40, 1000, rate);
    const out = through(join(before, burst, speech(2, -32, rate)), rate);
    const heard = out.subarray(before.length, before.length + burst.length);
    expect(db(loudest(heard, 0.005, rate))).toBeLessThan(level + BURST_DB + 1);
    expect(db(square(heard, 0, Math.round(rate * 0.005)))).toBeLessThan(level + BURST_DB + 0.5);
    // No sample stands further out than a voice's own peaks may.
    expect(20 * Math.log10(heard.reduce((m, v) => Math.max(m, Math.abs(v)), 0))).toBeLessThan(level + BURST_DB + 6.5);
    // And it is still heard: nothing is blanked.
    expect(db(square(heard))).toBeGreaterThan(level + BURST_DB - 2.5);
  });

  it('holds clicks and claps that last less than it measures', () => {
    const before = speech(12, -32);
    const clap = new Float32Array(480).map((_, i) => (i === 100 ? 1 : 0));
    const out = through(join(before, clap));
    expect(20 * Math.log10(out.subarray(before.length).reduce((m, v) => Math.max(m, Math.abs(v)), 0))).toBeLessThan(-32 + BURST_DB + 6.5);
  });

  it.each([-18, -26, -38])('passes steady speech at %i dB within half a decibel', (level) => {
    const x = speech(20, level);
    const out = through(x);
    // The first seconds may still be measured against the level assumed at the start.
    const from = 3 * RATE;
    expect(Math.abs(db(square(out, from)) - db(square(x, from)))).toBeLessThan(0.5);
    expect(Math.abs(db(square(out, 0, from)) - db(square(x, 0, from)))).toBeLessThan(1);
  });

  it('leaves a quiet speaker as he is', () => {
    const x = speech(20, -44);
    const out = through(x);
    expect(out.reduce((most, v, i) => Math.max(most, Math.abs(v - (x[i] ?? 0))), 0)).toBe(0);
    expect(Math.abs(db(square(out)) - db(square(x)))).toBeLessThan(0.1);
  });

  it('does not crush the first word after a silence, nor after a fan that ran on', () => {
    const rate = 16_000;
    const word = speech(1.5, -24, rate, 11);
    const noise = random(3);
    const fan = Float32Array.from({ length: 30 * rate }, () => noise() * amplitude(-40));
    for (const pause of [silence(30, rate), fan]) {
      const out = through(join(speech(12, -24, rate), pause, word), rate).subarray(-word.length);
      expect(Math.abs(db(square(out)) - db(square(word)))).toBeLessThan(0.6);
    }
  });

  it('follows a step in level within seconds, up and down', () => {
    const up = join(speech(12, -40), speech(14, -20, RATE, 5));
    const out = through(up);
    const lost = (from: number, to: number) => db(square(up, from * RATE, to * RATE)) - db(square(out, from * RATE, to * RATE));
    expect(lost(12, 13)).toBeGreaterThan(6);
    expect(lost(19, 22)).toBeLessThan(3);
    expect(lost(22, 26)).toBeLessThan(0.5);
    // Down again: after as long, a burst is measured against the quieter voice.
    const down = join(speech(12, -20), speech(16, -40, RATE, 5), sine(0.2, 0));
    expect(db(loudest(through(down).subarray(28 * RATE), 0.005))).toBeLessThan(-40 + BURST_DB + 1.5);
  });

  it('moves its gain without a click', () => {
    const x = join(speech(12, -30), sine(0.5, 5, 50), silence(1));
    const out = through(x);
    // A slow wave through a gain that jumped would show a step; none is larger than the wave's own, and the ramp's.
    let most = 0;
    for (let i = 12 * RATE + 1; i < out.length; i++) most = Math.max(most, Math.abs((out[i] ?? 0) - (out[i - 1] ?? 0)));
    expect(most).toBeLessThan(amplitude(-30 + BURST_DB + 6) * 0.05);
  });

  it('survives what no decoder gives', () => {
    const limiter = new Limiter(RATE, 2);
    const odd = Float32Array.from({ length: 128 }, (_, i) => [Number.NaN, Infinity, -Infinity, 1e30, -1e30, 1e-40, 0.1][i % 7] ?? 0);
    const out = [new Float32Array(128), new Float32Array(128)];
    let wild = false;
    for (let n = 0; n < 2000; n++) {
      limiter.block(n % 3 ? [odd, odd] : [], out);
      wild ||= out.some((channel) => channel.some((v) => !(Math.abs(v) <= 1)));
    }
    expect(wild).toBe(false);
    // And then it works on, as if nothing had been, once people have spoken again.
    const x = speech(12, -26);
    const after = through(x, RATE, limiter);
    expect(Math.abs(db(square(after, 4 * RATE)) - db(square(x, 4 * RATE)))).toBeLessThan(0.5);
  });

  it('turns both ears down together', () => {
    const limiter = new Limiter(RATE, 2);
    const left = sine(1, 0);
    const right = left.map((v) => v / 4);
    const out = [new Float32Array(left.length), new Float32Array(left.length)];
    limiter.block([left, right], out);
    for (let i = 2000; i < left.length; i += 371) expect(out[1]?.[i] ?? 0).toBeCloseTo((out[0]?.[i] ?? 0) / 4, 5);
    expect(limiter.turned_db()).toBeGreaterThan(8);
    expect(limiter.turned_db()).toBeLessThan(0.1);
  });

  it('gives the same for the same, in whatever blocks it comes', () => {
    const x = join(speech(3, -20), sine(0.2, 5), speech(1, -30));
    const one = new Limiter(RATE, 1);
    const whole = new Float32Array(x.length);
    one.block([x], [whole]);
    const other = new Limiter(RATE, 1);
    const pieces = new Float32Array(x.length);
    for (let at = 0, n = 1; at < x.length; at += n, n = (n % 300) + 1) other.block([x.subarray(at, at + n)], [pieces.subarray(at, Math.min(at + n, x.length))]);
    expect(pieces.findIndex((v, i) => v !== whole[i])).toBe(-1);
  });

  it('costs little', () => {
    const x = join(speech(4, -20), sine(0.5, 5));
    const out = [new Float32Array(x.length), new Float32Array(x.length)];
    const limiter = new Limiter(RATE, 2);
    const before = process.cpuUsage();
    limiter.block([x, x], out);
    const spent = process.cpuUsage(before);
    // Far below real time, also on a machine that does other things.
    expect((spent.user + spent.system) / 1e6).toBeLessThan((x.length / RATE) * 0.25);
  });
});
