// The seat's microphone: the raw track for the meter (and for noticing speech while off), a clone that is sent.
//
// Off disables the clone: what leaves has an energy of exactly zero while packets go on, and the raw track still shows
// that somebody speaks. Disabling the original would leak a residue; taking the track away would stop the packets.

export class Microphone {
  readonly sent: MediaStreamTrack;
  private analyser: AnalyserNode | null = null;
  private samples = new Float32Array(1024);

  constructor(
    readonly raw: MediaStreamTrack,
    context: AudioContext | null,
    on: boolean,
  ) {
    this.sent = raw.clone();
    this.sent.enabled = on;
    if (context) {
      this.analyser = context.createAnalyser();
      this.analyser.fftSize = 1024;
      context.createMediaStreamSource(new MediaStream([raw])).connect(this.analyser);
    }
  }

  /** Takes effect at once, in the frame of the press. */
  set on(on: boolean) {
    this.sent.enabled = on;
  }

  /** How loud the room is at this moment, 0..1 on a scale that follows the ear; also while off. */
  level(): number {
    if (!this.analyser) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    return loudness(this.samples);
  }

  close(): void {
    this.analyser?.disconnect();
    this.analyser = null;
    this.raw.stop();
    this.sent.stop();
  }
}

/** 0 at -60 dB of full scale and below, 1 at 0 dB. */
export function loudness(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  return rms <= 0.001 ? 0 : Math.min(1, 1 + (20 * Math.log10(rms)) / 60);
}
