// The sound of every voice through one graph: source, meter, gain, sum, limiter, loudspeaker. Decides nothing about who
// is heard.
//
// Where it does not run (no AudioContext, held back by the browser, a sound device that stands still), whoever plays uses
// the media elements instead, and nothing is limited.

import type { Gauge } from './gauge';
import limiter from './limiter.worklet.ts?worker&url';
import { measured } from './measured';
import type { Loudness } from './meter';

export type Running = 'starting' | 'running' | 'held' | 'failed';

/** Gains move with these time constants, in seconds: no step is heard. Back up from under a voice takes its time. */
const MOVE_S = 0.01;
const RETURN_S = 0.12;
/** Root mean square above which a voice is taken to speak: -50 dB of full scale. */
const SPEAKS = 10 ** (-50 / 20);
/** A context that says that it runs and whose clock stands for so long does not. */
const STILL_MS = 3_000;
const LIMITER: AudioWorkletNodeOptions = { numberOfInputs: 1, numberOfOutputs: 1, channelCount: 2, channelCountMode: 'explicit', outputChannelCount: [2] };

interface Voice {
  track: MediaStreamTrack;
  source: MediaStreamAudioSourceNode;
  meter: AudioWorkletNode;
  gain: GainNode;
  wanted: number;
}

export class Graph {
  gauge: Gauge | null = null;
  private context: AudioContext | null = null;
  private limiter: AudioWorkletNode | null = null;
  private voices = new Map<number, Voice>();
  private tracks: ReadonlyMap<number, MediaStreamTrack> = new Map();
  private broken = false;
  private clock = { at: 0, time: -1 };
  private sink = '';

  /** `changed`: its state may be another; `heard`: a voice arrives this loud. */
  constructor(
    private changed: () => void,
    private heard: (id: number, rms: number) => void,
  ) {}

  get state(): Running {
    if (this.broken) return 'failed';
    if (!this.context || !this.limiter) return 'starting';
    return this.context.state === 'running' ? 'running' : 'held';
  }

  async start(): Promise<void> {
    try {
      const context = new AudioContext({ latencyHint: 'interactive' });
      this.context = context;
      context.onstatechange = () => this.changed();
      await context.audioWorklet.addModule(limiter);
      if (this.context !== context) return;
      const node = new AudioWorkletNode(context, 'visavis-limiter', LIMITER);
      node.onprocessorerror = () => this.fail();
      node.port.onmessage = ({ data }: MessageEvent<Gauge>) => {
        this.gauge = data;
      };
      node.connect(context.destination);
      this.limiter = node;
      if (this.sink) void this.setSink(this.sink);
      this.set(this.tracks);
      this.changed();
    } catch {
      this.fail();
    }
  }

  /** From within a press, where the browser held the sound back. */
  wake(): void {
    if (this.state === 'held') void this.context?.resume().catch(() => undefined);
  }

  /** The loudspeaker; false where the browser cannot choose one or refuses it. */
  async setSink(id: string): Promise<boolean> {
    this.sink = id;
    const context = this.context as (AudioContext & { setSinkId?: (id: string) => Promise<void> }) | null;
    if (!context?.setSinkId) return id === '';
    try {
      await context.setSinkId(id);
      return true;
    } catch {
      return false;
    }
  }

  /** All voices by the ids of their tracks. A voice comes in from silence. */
  set(tracks: ReadonlyMap<number, MediaStreamTrack>): void {
    this.tracks = tracks;
    const { context, limiter: sum } = this;
    if (!context || !sum) return;
    for (const [id, voice] of this.voices) if (tracks.get(id) !== voice.track) this.drop(id, voice);
    for (const [id, track] of tracks) {
      if (this.voices.has(id)) continue;
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const meter = new AudioWorkletNode(context, 'visavis-meter', { numberOfInputs: 1, numberOfOutputs: 1 });
      meter.onprocessorerror = () => this.fail();
      meter.port.onmessage = ({ data }: MessageEvent<Loudness>) => {
        measured.set(track, data);
        this.heard(id, data.rms);
      };
      const gain = context.createGain();
      gain.gain.value = 0;
      source.connect(meter).connect(gain).connect(sum);
      this.voices.set(id, { track, source, meter, gain, wanted: 0 });
    }
  }

  setGain(id: number, wanted: number): void {
    const voice = this.voices.get(id);
    if (!voice || !this.context || voice.wanted === wanted) return;
    // Up from nothing is a voice that comes in; up from under another is one that returns.
    const returns = wanted > voice.wanted && voice.wanted > 0;
    voice.wanted = wanted;
    voice.gain.gain.setTargetAtTime(wanted, this.context.currentTime, returns ? RETURN_S : MOVE_S);
  }

  /** Tells a clock that stands; called now and then. */
  check(now: number): void {
    const { context } = this;
    if (this.state !== 'running' || !context) this.clock = { at: now, time: -1 };
    else if (context.currentTime !== this.clock.time) this.clock = { at: now, time: context.currentTime };
    else if (now - this.clock.at > STILL_MS) this.fail();
  }

  close(): void {
    const { context } = this;
    for (const [id, voice] of this.voices) this.drop(id, voice);
    this.context = null;
    this.limiter = null;
    if (!context) return;
    context.onstatechange = null;
    void context.close().catch(() => undefined);
  }

  private drop(id: number, { track, source, meter, gain }: Voice): void {
    meter.port.onmessage = null;
    // The processor's end of the port: any word ends it.
    meter.port.postMessage('gone', []);
    for (const node of [source, meter, gain]) node.disconnect();
    this.voices.delete(id);
    measured.delete(track);
  }

  private fail(): void {
    this.close();
    this.broken = true;
    this.changed();
  }
}

export const speaks = (rms: number) => rms > SPEAKS;
