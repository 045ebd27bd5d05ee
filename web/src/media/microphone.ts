// The seat's microphone: the raw track for the meter and for noticing speech, on or off, and a clone that is sent.
//
// Off disables the clone: what leaves has an energy of exactly zero while packets go on, and the raw track still shows
// that somebody speaks. Disabling the original would leak a residue; taking the track away would stop the packets.

import { Capture, type Captured } from '../heard/captured';
import worklet from './captured.worklet.ts?worker&url';

/** Where there is no sound thread to look at the samples, they are looked at so often. Milliseconds. */
const POLL_MS = 20;

const loaded = new WeakMap<AudioContext, Promise<void>>();

/** A context loads its thread's code once. */
function load(context: AudioContext): Promise<void> {
  const known = loaded.get(context) ?? context.audioWorklet.addModule(worklet);
  loaded.set(context, known);
  return known;
}

export class Microphone {
  readonly sent: MediaStreamTrack;
  private source: MediaStreamAudioSourceNode | null = null;
  private analyser: AnalyserNode | null = null;
  private node: AudioWorkletNode | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private samples = new Float32Array(1024);
  private closed = false;

  /** `heard` is told what the raw track picks up, ten times a second, on or off. */
  constructor(
    readonly raw: MediaStreamTrack,
    context: AudioContext | null,
    on: boolean,
    private heard: (captured: Captured) => void = () => undefined,
  ) {
    this.sent = raw.clone();
    this.sent.enabled = on;
    if (!context) return;
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.source = context.createMediaStreamSource(new MediaStream([raw]));
    this.source.connect(this.analyser);
    void this.watch(context, this.source);
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
    this.closed = true;
    clearInterval(this.timer);
    if (this.node) this.node.port.onmessage = null;
    this.node?.port.postMessage('gone', {});
    this.node?.disconnect();
    this.source?.disconnect();
    this.analyser?.disconnect();
    this.node = null;
    this.source = null;
    this.analyser = null;
    this.raw.stop();
    this.sent.stop();
  }

  private async watch(context: AudioContext, source: MediaStreamAudioSourceNode): Promise<void> {
    try {
      await load(context);
      if (this.closed) return;
      const node = new AudioWorkletNode(context, 'visavis-captured', { numberOfInputs: 1, numberOfOutputs: 1 });
      node.port.onmessage = ({ data }: MessageEvent<Captured>) => this.heard(data);
      node.onprocessorerror = () => {
        node.disconnect();
        this.poll(context, source);
      };
      // Its output stays empty: whatever leads to no loudspeaker may not be run at all.
      source.connect(node).connect(context.destination);
      this.node = node;
    } catch {
      this.poll(context, source);
    }
  }

  /** Without a sound thread: the newest samples, as many as the time since the last look holds. */
  private poll(context: AudioContext, source: MediaStreamAudioSourceNode): void {
    if (this.closed) return;
    const analyser = context.createAnalyser();
    analyser.fftSize = 4_096;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const capture = new Capture(context.sampleRate, (captured) => this.heard(captured));
    let last = context.currentTime;
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      const fresh = Math.min(samples.length, Math.round((context.currentTime - last) * context.sampleRate));
      last = context.currentTime;
      if (fresh <= 0) return;
      analyser.getFloatTimeDomainData(samples);
      capture.push(samples.subarray(samples.length - fresh));
    }, POLL_MS);
  }
}

/** A track without any sound: what is sent of a microphone whose device is closed. */
export function silence(context: AudioContext | null): MediaStreamTrack | null {
  return context?.createMediaStreamDestination().stream.getAudioTracks()[0] ?? null;
}

/** 0 at -60 dB of full scale and below, 1 at 0 dB. */
export function loudness(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  return rms <= 0.001 ? 0 : Math.min(1, 1 + (20 * Math.log10(rms)) / 60);
}
