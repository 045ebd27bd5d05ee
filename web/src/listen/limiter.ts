// Protects hearing: no burst comes out more than 12 dB over the level at which people have been speaking. Pure.
//
// The running level is the mean power of the last eight seconds in which somebody spoke: pauses and steady noise do not
// count, so neither silence nor a fan drives it to nothing, and the first word after a pause passes. A burst counts once
// it has lasted for half a second; then the level climbs after it, by about 2.5 dB a second.
// The gain looks ahead: for every window of 2.5 ms of what comes out, its power is held under the ceiling, and it moves in
// ramps as long, so that nothing clicks. What goes in comes out `delay` samples (5 ms) later.

export const BURST_DB = 12;
/** A voice's own peaks stand this far over its power; single samples are held under both together. */
const CREST_DB = 6;
/** Where the level stands before anybody spoke, and the lowest that it goes. Decibels of full scale. */
const START_DB = -22;
const FLOOR_DB = -45;
/** Quieter than this is nobody's voice. */
const GATE_DB = -58;
/** Speech stands this far over the quietest moment of the last seconds; steady noise does not. */
const OVER_NOISE_DB = 6;
const FRAME_S = 0.1;
const LEVEL_FRAMES = 80;
/** What is assumed at the start weighs as much as this many frames of speech. */
const START_FRAMES = 20;
const NOISE_FRAMES = 40;
/** A frame never counts for more than this over the level. */
const COUNT_DB = 6;
/** Frames of a burst that do not count yet. */
const PATIENCE_FRAMES = 5;
const WINDOW_S = 0.0025;
const RELEASE_S = 0.15;
/** No decoder gives such samples; what does is cut before it is squared. */
const ABSURD = 8;
const SILENT = 1e-12;

const power = (db: number) => 10 ** (db / 10);
const decibels = (p: number) => 10 * Math.log10(Math.max(p, SILENT));

/** The running level, fed with the power of each tenth of a second. */
export class Running {
  private ring = new Float64Array(LEVEL_FRAMES).fill(power(START_DB));
  private filled = START_FRAMES;
  private at = START_FRAMES;
  private quiet = new Float64Array(NOISE_FRAMES);
  private quietAt = 0;
  private over = 0;
  private mean = power(START_DB);

  /** Mean power of speech. */
  get power(): number {
    return Math.max(this.mean, power(FLOOR_DB));
  }

  take(frame: number): void {
    this.quiet[this.quietAt] = frame;
    this.quietAt = (this.quietAt + 1) % NOISE_FRAMES;
    let noise = Infinity;
    for (const each of this.quiet) noise = Math.min(noise, each);
    if (frame < Math.max(power(GATE_DB), noise * power(OVER_NOISE_DB))) return;
    const level = this.power;
    const burst = frame > level * power(BURST_DB);
    this.over = burst ? Math.min(this.over + 1, 2 * PATIENCE_FRAMES) : Math.max(0, this.over - 1);
    if (burst && this.over <= PATIENCE_FRAMES) return;
    this.ring[this.at] = Math.min(frame, level * power(COUNT_DB));
    this.at = (this.at + 1) % LEVEL_FRAMES;
    this.filled = Math.min(this.filled + 1, LEVEL_FRAMES);
    let sum = 0;
    for (let i = 0; i < this.filled; i++) sum += this.ring[i] ?? 0;
    this.mean = sum / this.filled;
  }
}

/** The least of the last `length` values, in constant time a value. */
class Least {
  private values: Float64Array;
  private times: Float64Array;
  private head = 0;
  private count = 0;
  private now = 0;

  constructor(private length: number) {
    this.values = new Float64Array(length + 1);
    this.times = new Float64Array(length + 1);
  }

  take(value: number): number {
    const size = this.length + 1;
    const { values, times } = this;
    while (this.count && (values[(this.head + this.count - 1) % size] ?? 0) >= value) this.count -= 1;
    const end = (this.head + this.count) % size;
    values[end] = value;
    times[end] = this.now;
    this.count += 1;
    if ((times[this.head] ?? 0) <= this.now - this.length) {
      this.head = (this.head + 1) % size;
      this.count -= 1;
    }
    this.now += 1;
    return values[this.head] ?? value;
  }
}

export class Limiter {
  /** Samples by which what comes out lags. */
  readonly delay: number;
  private running = new Running();
  private window: number;
  private held: Float32Array[];
  private heldAt = 0;
  private squares: Float64Array;
  private sum = 0;
  private sinceSummed = 0;
  private ramp: Float64Array;
  private rampSum: number;
  private least: Least;
  private at = 0;
  private gain = 1;
  private release: number;
  private frame = 0;
  private frameLength: number;
  private frameAt = 0;
  private ceiling = 0;
  private peak = 0;
  private lowest = 1;

  constructor(
    rate: number,
    private channels: number,
  ) {
    const window = Math.max(2, Math.floor(rate * WINDOW_S));
    this.window = window;
    this.delay = 2 * window - 2;
    this.held = Array.from({ length: channels }, () => new Float32Array(this.delay + 1));
    this.squares = new Float64Array(window);
    this.ramp = new Float64Array(window).fill(1);
    this.rampSum = window;
    this.least = new Least(2 * window - 1);
    this.release = 1 - Math.exp(-1 / (rate * RELEASE_S));
    this.frameLength = Math.max(1, Math.round(rate * FRAME_S));
    this.hold();
  }

  get level_db(): number {
    return decibels(this.running.power);
  }

  /** By how much it has turned down at most since this was last asked. */
  turned_db(): number {
    const turned = -20 * Math.log10(Math.max(this.lowest, 1e-6));
    this.lowest = 1;
    return turned;
  }

  /** One block, as many samples in each channel of `out` as of `input`; a channel that is missing is silent. */
  block(input: readonly Float32Array[], out: readonly Float32Array[]): void {
    const length = out[0]?.length ?? 0;
    for (let i = 0; i < length; i++) {
      let square = 0;
      for (let c = 0; c < this.channels; c++) {
        let sample = input[c]?.[i] ?? 0;
        if (!(sample >= -ABSURD)) sample = sample < 0 && sample !== -Infinity ? -ABSURD : 0;
        else if (sample > ABSURD) sample = sample === Infinity ? 0 : ABSURD;
        const held = this.held[c];
        if (held) held[this.heldAt] = sample;
        square = Math.max(square, sample * sample);
      }
      const gain = this.next(square);
      this.heldAt = this.heldAt === this.delay ? 0 : this.heldAt + 1;
      for (let c = 0; c < this.channels; c++) {
        const to = out[c];
        if (to) to[i] = (this.held[c]?.[this.heldAt] ?? 0) * gain;
      }
    }
  }

  /** Takes the square of the newest sample; gives the gain of the oldest one held. */
  private next(square: number): number {
    this.measure(square);
    const at = this.at;
    this.sum += square - (this.squares[at] ?? 0);
    this.squares[at] = square;
    const mean = this.sum / this.window;
    let wanted = 1;
    if (mean > this.ceiling) wanted = Math.sqrt(this.ceiling / mean);
    if (square > this.peak) wanted = Math.min(wanted, Math.sqrt(this.peak / square));
    const least = this.least.take(wanted);
    this.gain = least < this.gain ? least : this.gain + (least - this.gain) * this.release;
    this.rampSum += this.gain - (this.ramp[at] ?? 1);
    this.ramp[at] = this.gain;
    this.at = at + 1 === this.window ? 0 : at + 1;
    if (this.at === 0) this.again();
    const gain = Math.min(1, this.rampSum / this.window);
    if (gain < this.lowest) this.lowest = gain;
    return gain;
  }

  /** Sums that are carried along for hours gather rounding; now and then they are made anew. */
  private again(): void {
    this.sinceSummed += 1;
    if (this.sinceSummed < 64) return;
    this.sinceSummed = 0;
    this.sum = this.squares.reduce((a, b) => a + b, 0);
    this.rampSum = this.ramp.reduce((a, b) => a + b, 0);
  }

  private measure(square: number): void {
    this.frame += square;
    this.frameAt += 1;
    if (this.frameAt < this.frameLength) return;
    this.running.take(this.frame / this.frameLength);
    this.frame = 0;
    this.frameAt = 0;
    this.hold();
  }

  private hold(): void {
    this.ceiling = this.running.power * power(BURST_DB);
    this.peak = Math.min(1, this.ceiling * power(CREST_DB));
  }
}
