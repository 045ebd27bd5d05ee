// Tells from a microphone's samples when somebody begins to speak, within a fifth of a second: not at a click, not at
// a hum or a fan however loud. Pure: time is the number of samples taken.
//
// Speech rises above the floor that the last two seconds had, and has a voice's pitch or moves a lot in loudness. A fan
// has no pitch and hardly moves; a hum has the mains' pitch and does not move at all; a knock only fades.

/** How many times a second loudness is judged. */
const FRAMES_A_SECOND = 100;
/** What is judged is brought down to about this rate. */
const RATE_HZ = 8_000;
/** Below lies hum and rumble, above little of speech. */
const BAND_HZ = [150, 3_400] as const;

/** Decibels of full scale: nothing softer is speech. */
const SOFTEST_DB = -58;
/** The floor before anything was heard. */
const SILENCE_DB = -75;
/** So far above the floor speech begins, and goes on. */
const RISE_DB = 8;
const STAYS_DB = 5;
/** Of the last so many frames so many must be loud. */
const WINDOW = 12;
const LOUD_LEAST = 6;
const LOUD_UNVOICED = 8;
const VOICED_LEAST = 4;
/** How much loudness moves in a voice at the mains' pitch, and in speech without a voice. */
const MOVES_DB = 1;
const MOVES_UNVOICED_DB = 5;
/** A knock is loudest at its beginning and fades by so much. */
const FADES_DB = 9;
/** A burst that is not judged speech within so many frames is looked at afresh. */
const JUDGED_FRAMES = 60;
/** After the last loud frame speech is said to go on for so long. */
const HANGOVER_FRAMES = 50;
/** So many loud frames of the last window keep it going: one click does not. */
const KEEPS = 3;
/** The floor is the softest of two seconds, in parts of a quarter. */
const PARTS = 8;
const PART_FRAMES = 25;

const PITCH_HZ = [70, 400] as const;
const PERIODIC = 0.5;
/** What repeats itself so well faster than any voice is a whistle or an alarm. */
const WHISTLE_HZ = 1_600;
const WHISTLES = 0.9;
const MAINS_HZ = [50, 60] as const;
/** A mains' overtone is so near to a multiple. */
const MAINS_NEAR = 0.01;
const FRAME_MS = 1000 / FRAMES_A_SECOND;

export class Onset {
  /** Somebody speaks. */
  speaking = false;
  private readonly every: number;
  private readonly frame: number;
  private readonly low: Filter[];
  private readonly high: Filter;
  private skipped = 0;
  private filled = 0;
  private power = 0;
  /** The latest samples, brought down; long enough for the longest period twice. */
  private readonly past: Float32Array;
  private readonly slow: number;
  private readonly floor = new Floor();
  /** Loudness of the frames of the burst that is being judged, without its first: that one is cut anywhere. */
  private burst: number[] = [];
  private first = true;
  private recent: { loud: boolean; kept: boolean; voiced: boolean; mains: boolean }[] = [];
  private since = 0;
  private quiet = 0;

  /** `rate`: of the samples that will come, a second. */
  constructor(rate: number) {
    this.every = Math.max(1, Math.round(rate / RATE_HZ));
    this.slow = rate / this.every;
    this.frame = Math.round(this.slow / FRAMES_A_SECOND);
    // Two in a row: what is folded back when every sixth is kept must not count.
    this.low = [Filter.low(BAND_HZ[1], rate), Filter.low(BAND_HZ[1], rate)];
    this.high = Filter.high(BAND_HZ[0], rate);
    this.past = new Float32Array(Math.ceil(this.slow / PITCH_HZ[0]) + Math.round(this.slow * 0.018));
  }

  /** How long the present speech has lasted, from its first loud frame. Milliseconds; 0 while nobody speaks. */
  get speechMs(): number {
    return this.speaking ? this.since * FRAME_MS : 0;
  }

  push(samples: ArrayLike<number>): void {
    for (let i = 0; i < samples.length; i++) {
      let x = this.high.next(samples[i] ?? 0);
      for (const filter of this.low) x = filter.next(x);
      this.skipped += 1;
      if (this.skipped < this.every) continue;
      this.skipped = 0;
      this.past.copyWithin(0, 1);
      this.past[this.past.length - 1] = x;
      this.power += x * x;
      this.filled += 1;
      if (this.filled < this.frame) continue;
      this.judge(decibels(this.power / this.frame));
      this.power = 0;
      this.filled = 0;
    }
  }

  private judge(db: number): void {
    const floor = this.floor.take(db);
    const loud = db > Math.max(floor + RISE_DB, SOFTEST_DB);
    const kept = db > Math.max(floor + STAYS_DB, SOFTEST_DB - 3);
    const hz = loud && !this.speaking ? pitch(this.past, this.slow) : null;
    this.recent.push({ loud, kept, voiced: hz !== null, mains: hz !== null && ofMains(hz) });
    if (this.recent.length > WINDOW) this.recent.shift();
    if (this.speaking) this.goOn();
    else this.begin(db, loud);
  }

  private goOn(): void {
    this.since += 1;
    this.quiet = this.recent.filter((r) => r.kept).length >= KEEPS ? 0 : this.quiet + 1;
    if (this.quiet < HANGOVER_FRAMES) return;
    this.speaking = false;
    this.clear();
  }

  private begin(db: number, loud: boolean): void {
    if (!this.recent.some((r) => r.loud) || this.burst.length > JUDGED_FRAMES) {
      this.clear();
      return;
    }
    this.since += 1;
    if (!loud) return;
    if (this.first) this.first = false;
    else this.burst.push(db);
    const count = this.recent.filter((r) => r.loud).length;
    if (count < LOUD_LEAST || fading(this.burst)) return;
    const moves = spread(this.burst);
    const voiced = this.recent.filter((r) => r.voiced).length;
    const mains = this.recent.filter((r) => r.mains).length;
    const voice = voiced - mains >= VOICED_LEAST || (voiced >= VOICED_LEAST && moves >= MOVES_DB);
    if (!voice && !(moves >= MOVES_UNVOICED_DB && count >= LOUD_UNVOICED)) return;
    this.speaking = true;
    this.quiet = 0;
  }

  private clear(): void {
    this.burst = [];
    this.first = true;
    this.since = 0;
  }
}

/** The loudness that nobody has to speak for: the softest of the last two seconds. */
class Floor {
  private parts = Array.from({ length: PARTS }, () => SILENCE_DB);
  private part = Number.POSITIVE_INFINITY;
  private frames = 0;
  private smooth: number | null = null;

  take(db: number): number {
    // Over some frames, so that one soft frame of a noise is not taken for its loudness.
    this.smooth = this.smooth === null ? db : this.smooth + (db - this.smooth) / 4;
    this.part = Math.min(this.part, this.smooth);
    this.frames += 1;
    if (this.frames >= PART_FRAMES) {
      this.parts = [...this.parts.slice(1), Math.max(this.part, SILENCE_DB)];
      this.part = Number.POSITIVE_INFINITY;
      this.frames = 0;
    }
    return Math.min(...this.parts);
  }
}

/** How far loudness moves over three frames at a time: a hum's own period is none of its movements. */
function spread(levels: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 2; i < levels.length; i++) {
    const level = (levels[i - 2]! + levels[i - 1]! + levels[i]!) / 3;
    least = Math.min(least, level);
    most = Math.max(most, level);
  }
  return most > least ? most - least : 0;
}

function fading(levels: readonly number[]): boolean {
  const most = Math.max(...levels);
  return levels.indexOf(most) <= 1 && levels[levels.length - 1]! <= most - FADES_DB;
}

/** The pitch of a voice in the latest samples, or null: they do not repeat themselves as a voice does. */
function pitch(past: Float32Array, rate: number): number | null {
  const longest = Math.ceil(rate / PITCH_HZ[0]);
  const shortest = Math.floor(rate / PITCH_HZ[1]);
  const whistle = Math.floor(rate / WHISTLE_HZ);
  let own = 0;
  for (let i = longest; i < past.length; i++) own += past[i]! ** 2;
  if (own === 0) return null;
  const alike = new Float32Array(longest + 1);
  for (let lag = whistle - 1; lag <= longest; lag++) {
    let both = 0;
    let other = 0;
    for (let i = longest; i < past.length; i++) {
      const before = past[i - lag]!;
      both += past[i]! * before;
      other += before * before;
    }
    alike[lag] = other > 0 ? both / Math.sqrt(own * other) : 0;
  }
  let best = 0;
  for (let lag = whistle; lag < longest; lag++) {
    const here = alike[lag]!;
    if (here < alike[lag - 1]! || here < alike[lag + 1]!) continue;
    if (lag < shortest && here >= WHISTLES) return null;
    // Twice its period repeats a voice as well: the shortest one is it.
    if (lag >= shortest && here > alike[best]! * 1.06) best = lag;
  }
  if (!best || alike[best]! < PERIODIC) return null;
  // Between the samples lies the true period: a hum must be told from a voice to a hundredth.
  const [a, b, c] = [alike[best - 1]!, alike[best]!, alike[best + 1]!];
  const bend = a - 2 * b + c;
  return rate / (best + (bend < 0 ? (a - c) / (2 * bend) : 0));
}

function ofMains(hz: number): boolean {
  return MAINS_HZ.some((mains) => Math.abs(hz - mains * Math.round(hz / mains)) <= hz * MAINS_NEAR);
}

export const decibels = (power: number): number => 10 * Math.log10(power + 1e-12);

/** Two poles, flat in its band. */
class Filter {
  private x1 = 0;
  private x2 = 0;
  private y1 = 0;
  private y2 = 0;

  private constructor(
    private readonly b: readonly [number, number, number],
    private readonly a: readonly [number, number],
  ) {}

  static low(hz: number, rate: number): Filter {
    const { cos, alpha } = parts(hz, rate);
    const n = 1 + alpha;
    return new Filter([(1 - cos) / 2 / n, (1 - cos) / n, (1 - cos) / 2 / n], [(-2 * cos) / n, (1 - alpha) / n]);
  }

  static high(hz: number, rate: number): Filter {
    const { cos, alpha } = parts(hz, rate);
    const n = 1 + alpha;
    return new Filter([(1 + cos) / 2 / n, -(1 + cos) / n, (1 + cos) / 2 / n], [(-2 * cos) / n, (1 - alpha) / n]);
  }

  next(x: number): number {
    const y = this.b[0] * x + this.b[1] * this.x1 + this.b[2] * this.x2 - this.a[0] * this.y1 - this.a[1] * this.y2;
    this.x2 = this.x1;
    this.x1 = x;
    this.y2 = this.y1;
    // What is far below hearing would slow the arithmetic down.
    this.y1 = Math.abs(y) < 1e-15 ? 0 : y;
    return this.y1;
  }
}

function parts(hz: number, rate: number): { cos: number; alpha: number } {
  const w = (2 * Math.PI * Math.min(hz, rate * 0.45)) / rate;
  return { cos: Math.cos(w), alpha: Math.sin(w) / Math.SQRT2 };
}
