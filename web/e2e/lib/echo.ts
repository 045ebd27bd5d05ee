// How much of what a room played comes back through its microphone: the loop-back test of a speakerphone. Pure.
//
// The delay is found by correlating over all delays; then the share of what came back that follows what was played is
// measured by coherence, frequency by frequency, so that an echo by many paths counts whole and a voice in the room
// does not count.

export interface EchoMeasure {
  /** By how much the echo comes later than what was played. */
  delay_ms: number;
  /** How far below what was played lies what follows it. Never more than could have been told from the rest. */
  down_db: number;
  /** How far below lies everything that came back meanwhile, voices and noise of the room included. */
  whole_db: number;
  /** The farthest down that an echo could have been told from the rest in this measurement. */
  floor_db: number;
}

/** Longer than sound lingers in a furnished room, and than devices spread it. */
const WINDOW_MS = 170;
const DELAY_MOST_MS = 1_000;
/** Windows this far below the loudest one are pauses: nothing is played in them that could come back. */
const PAUSE_DB = 30;
/** Fewer windows with sound in them tell nothing. */
const WINDOWS_LEAST = 8;
/** Neighbouring windows share half of their samples: so many count as one more. */
const OVERLAP = 1.06;

/** Null: too little was played for a finding. Both at `rate` samples a second, begun at the same moment. */
export function echoOf(played: Float32Array, back: Float32Array, rate: number, delay_ms_max = DELAY_MOST_MS): EchoMeasure | null {
  const delay = delayOf(played, back, Math.round((delay_ms_max * rate) / 1000));
  const size = powerOfTwo((WINDOW_MS * rate) / 1000);
  const length = Math.min(played.length, back.length - delay);
  const starts: number[] = [];
  for (let at = 0; at + size <= length; at += size / 2) starts.push(at);
  const energies = starts.map((at) => energy(played, at, size));
  const loudest = Math.max(0, ...energies);
  const loud = starts.filter((_, i) => loudest > 0 && energies[i]! > loudest * 10 ** (-PAUSE_DB / 10));
  if (loud.length < WINDOWS_LEAST) return null;

  const bins = size / 2 + 1;
  const pp = new Float64Array(bins);
  const bb = new Float64Array(bins);
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  for (const at of loud) {
    const p = spectrum(played, at, size);
    const b = spectrum(back, at + delay, size);
    for (let k = 0; k < bins; k++) {
      pp[k]! += p.re[k]! ** 2 + p.im[k]! ** 2;
      bb[k]! += b.re[k]! ** 2 + b.im[k]! ** 2;
      re[k]! += p.re[k]! * b.re[k]! + p.im[k]! * b.im[k]!;
      im[k]! += p.re[k]! * b.im[k]! - p.im[k]! * b.re[k]!;
    }
  }
  const count = loud.length / OVERLAP;
  let sent = 0;
  let whole = 0;
  let follows = 0;
  for (let k = 0; k < bins; k++) {
    sent += pp[k]!;
    whole += bb[k]!;
    const both = pp[k]! * bb[k]!;
    if (both <= 0) continue;
    // Unrelated sounds seem to agree by one part in the number of windows: that part is taken off, below nought too, so
    // that chance in one frequency makes up for chance in another.
    const coherence = (re[k]! ** 2 + im[k]! ** 2) / both;
    follows += ((coherence * count - 1) / (count - 1)) * bb[k]!;
  }
  const down = (part: number) => (part > 0 ? 10 * Math.log10(sent / part) : Number.POSITIVE_INFINITY);
  const floor_db = down(whole / count);
  return { delay_ms: (delay * 1000) / rate, down_db: Math.min(down(follows), floor_db), whole_db: down(whole), floor_db };
}

/** The delay in samples at which `back` agrees most with `played`, whichever way up. */
export function delayOf(played: Float32Array, back: Float32Array, most: number): number {
  const size = powerOfTwo(Math.max(2, played.length + back.length));
  const a = transformed(played, size);
  const b = transformed(back, size);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    // Conjugated twice: the transform forwards is then the one backwards, but for the scale.
    re[k] = a.re[k]! * b.re[k]! + a.im[k]! * b.im[k]!;
    im[k] = -(a.re[k]! * b.im[k]! - a.im[k]! * b.re[k]!);
  }
  transform(re, im);
  let best = 0;
  for (let delay = 0; delay <= Math.min(most, back.length - 1); delay++) if (Math.abs(re[delay]!) > Math.abs(re[best]!)) best = delay;
  return best;
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));

function energy(samples: Float32Array, at: number, size: number): number {
  let sum = 0;
  for (let i = at; i < at + size; i++) sum += samples[i]! ** 2;
  return sum;
}

interface Complex {
  re: Float64Array;
  im: Float64Array;
}

function transformed(samples: Float32Array, size: number): Complex {
  const re = new Float64Array(size);
  re.set(samples);
  const im = new Float64Array(size);
  transform(re, im);
  return { re, im };
}

function spectrum(samples: Float32Array, at: number, size: number): Complex {
  const re = new Float64Array(size);
  for (let i = 0; i < size; i++) re[i] = samples[at + i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const im = new Float64Array(size);
  transform(re, im);
  return { re, im };
}

/** Fourier's transform in place; the length is a power of two. */
function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  const turn = turns(n);
  for (let size = 2, step = n / 2; size <= n; size *= 2, step /= 2) {
    const half = size / 2;
    for (let from = 0; from < n; from += size) {
      for (let k = 0; k < half; k++) {
        const wr = turn.re[k * step]!;
        const wi = turn.im[k * step]!;
        const i = from + k;
        const j = i + half;
        const tr = re[j]! * wr - im[j]! * wi;
        const ti = re[j]! * wi + im[j]! * wr;
        re[j] = re[i]! - tr;
        im[j] = im[i]! - ti;
        re[i]! += tr;
        im[i]! += ti;
      }
    }
  }
}

const known = new Map<number, Complex>();

/** The roots of one for a transform of `n`, reckoned once. */
function turns(n: number): Complex {
  const found = known.get(n);
  if (found) return found;
  const made = { re: new Float64Array(n / 2), im: new Float64Array(n / 2) };
  for (let k = 0; k < n / 2; k++) {
    made.re[k] = Math.cos((-2 * Math.PI * k) / n);
    made.im[k] = Math.sin((-2 * Math.PI * k) / n);
  }
  known.set(n, made);
  return made;
}
