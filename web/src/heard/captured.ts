// What one microphone picks up, said a few times a second from its samples. Pure; the worklet and, where there is none,
// the analyser hand it blocks.

import { Onset } from './onset';
import { ToneEar } from './phrase';

/** Nothing is said more often. Milliseconds. */
export const SAID_MS_LEAST = 50;
/** While nothing changes. */
const SAID_MS = 100;

export interface Captured {
  /** 0..1 of full scale, since the last one. */
  rms: number;
  peak: number;
  /** Somebody speaks, and for how long. */
  speaking: boolean;
  speech_ms: number;
  /** For so long every sample has been exactly zero: no device that works is so quiet. */
  zero_ms: number;
  /** How much of it is the tone of a loudspeaker's check, 0..1. */
  tone: number;
}

export class Capture {
  private readonly onset: Onset;
  private readonly ear: ToneEar;
  private sum = 0;
  private peak = 0;
  private count = 0;
  private zeros = 0;
  private said = false;

  constructor(
    private readonly rate: number,
    private readonly say: (captured: Captured) => void,
  ) {
    this.onset = new Onset(rate);
    this.ear = new ToneEar(rate);
  }

  push(samples: ArrayLike<number>): void {
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i] ?? 0;
      this.sum += x * x;
      if (x > this.peak) this.peak = x;
      else if (-x > this.peak) this.peak = -x;
      this.zeros = x === 0 ? this.zeros + 1 : 0;
    }
    this.count += samples.length;
    this.onset.push(samples);
    this.ear.push(samples);
    const ms = (this.count / this.rate) * 1000;
    if (ms >= SAID_MS || (ms >= SAID_MS_LEAST && this.onset.speaking !== this.said)) this.tell();
  }

  private tell(): void {
    const { speaking, speechMs } = this.onset;
    this.said = speaking;
    const rms = Math.sqrt(this.sum / Math.max(1, this.count));
    this.say({ rms, peak: this.peak, speaking, speech_ms: speechMs, zero_ms: Math.round((this.zeros / this.rate) * 1000), tone: this.ear.take() });
    this.sum = this.peak = this.count = 0;
  }
}
