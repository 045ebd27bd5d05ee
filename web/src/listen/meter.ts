// How loud a voice arrives, and how much sound of it was decoded in all, counted sample by sample. Pure.
//
// A browser counts the energy of what it decodes only after the loudness at which its element plays it, and nothing at
// all of an element that is muted. What the far side is told of being heard must not hang on that.

const WINDOW_S = 0.01;
export const TELL_S = 0.05;

export interface Loudness {
  /** Greatest sample of each 10 ms, squared, times its time: as browsers count `totalAudioEnergy`. Since the voice came. */
  energy: number;
  /** Root mean square since the last time this was told. */
  rms: number;
}

export class Meter {
  private energy = 0;
  private window: number;
  private every: number;
  private peak = 0;
  private inWindow = 0;
  private sum = 0;
  private count = 0;

  constructor(private rate: number) {
    this.window = Math.max(1, Math.round(rate * WINDOW_S));
    this.every = Math.max(1, Math.round(rate * TELL_S));
  }

  /** One block of one channel; tells every 50 ms, else null. */
  block(samples: Float32Array): Loudness | null {
    for (const each of samples) {
      const sample = Number.isFinite(each) ? Math.min(1, Math.abs(each)) : 0;
      if (sample > this.peak) this.peak = sample;
      this.sum += sample * sample;
      this.inWindow += 1;
      if (this.inWindow < this.window) continue;
      this.energy += (this.peak * this.peak * this.window) / this.rate;
      this.peak = 0;
      this.inWindow = 0;
    }
    this.count += samples.length;
    if (this.count < this.every) return null;
    const rms = Math.sqrt(this.sum / this.count);
    this.sum = 0;
    this.count = 0;
    return { energy: this.energy, rms };
  }
}
