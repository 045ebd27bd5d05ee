// Every frame of this terminal, sealed on its way out and opened on its way in. Driven by the worker beside it, which
// hands over time, random bits and streams. Fails closed: what cannot be sealed or opened is dropped, never let through.

import { HEADER, STARTS, isFootage, seatBytes } from './keys';
import { readOptions, type Counts, type FromFrames, type ToFrames, type TransformOptions } from './frames.messages';
import { Opener, Tries } from './opener';
import { Permit } from './permit';
import { Roots, type Time } from './roots';
import { Sealer } from './sealer';

/** Transforms at once; one more is not run, and so lets nothing through. */
const TRACKS_MOST = 128;
/** How often what changed is said. Milliseconds. */
export const COUNT_MS = 250;
/** A picture that lost frames asks for a whole one at most this often. Milliseconds. */
const WHOLE_MS = 1_000;
/** A picture without frames for this long may have lost some on the way. Milliseconds. */
const PAUSE_MS = 500;
/** Frames of a track whose second coming is told from a replay. */
const RECENT_MOST = 256;

/** An encoded frame, as the browser's transforms hand it over. */
export interface Frame {
  data: ArrayBuffer;
  /** Of pictures: `key`, `delta` or `empty`. */
  readonly type?: unknown;
  getMetadata?(): { rtpTimestamp?: number };
}

/** The worker's end of a transform. */
export interface Transformer {
  readonly readable: ReadableStream<Frame>;
  readonly writable: WritableStream<Frame>;
  readonly options: unknown;
  /** Of a receiver: asks the sender for a whole picture. */
  sendKeyFrameRequest?(): Promise<void>;
  /** Of a sender: makes the encoder's next picture a whole one. */
  generateKeyFrame?(): Promise<unknown>;
}

export interface Surroundings extends Time {
  /** Fills with random bytes. */
  random(bytes: Uint8Array): void;
  say(message: FromFrames): void;
}

interface Track {
  options: TransformOptions;
  counts: Counts;
  /** Whose frames a receiver opens. */
  seat: string | null;
  tries: Tries;
  /** Set when the far decoder may miss a frame: at the start, after one was dropped, after a pause. */
  gap: boolean;
  askedAt: number;
  passedAt: number;
  /** Ends the streams. */
  end: AbortController;
  /** Where in the stream the last frames stood, by what their headers say. */
  recent: Map<string, number>;
}

export class Frames {
  private tracks = new Map<number, Track>();
  /** Seats bound before their transform ran: the two come by different ways. */
  private bound = new Map<number, string>();
  private roots: Roots;
  private permit: Permit;
  private sealer: Sealer;
  private opener: Opener;
  private changed = false;

  constructor(private around: Surroundings) {
    const start = new Uint32Array(1);
    around.random(new Uint8Array(start.buffer));
    this.roots = new Roots(around);
    this.permit = new Permit(around);
    this.sealer = new Sealer(this.roots, start[0]! % STARTS, this.permit);
    this.opener = new Opener(this.roots);
  }

  take(message: ToFrames): void {
    switch (message.do) {
      case 'me':
        this.sealer.me(message.seat);
        break;
      case 'epoch':
      case 'footage':
      case 'forget':
        this.epochs(message);
        break;
      case 'send':
        this.sealer.use(message.epoch);
        break;
      case 'permit':
        this.permit.give(message.context, message.ms);
        break;
      case 'shut':
        this.permit.shut(message.context);
        break;
      case 'stop':
        this.sealer.stop();
        break;
      case 'bind':
        this.bind(message.id, message.seat);
        break;
      case 'gone':
        this.gone(message.id);
        break;
      case 'count':
        this.count(message.ask);
        break;
      default:
      // The rest is the worker's own.
    }
  }

  /** To be called every `COUNT_MS`: says the counts when something changed. */
  tick(): void {
    if (this.changed) this.count();
  }

  /** Resolves when the key asked for last is in use, or cannot be. */
  settled(): Promise<void> {
    return this.sealer.settled();
  }

  /** Runs a transform until its streams end. Frames leave in the order in which they came. */
  async run(transformer: Transformer): Promise<void> {
    const options = readOptions(transformer.options);
    // Streams that nobody reads and writes let no frame through.
    if (!options || this.tracks.has(options.id) || this.tracks.size >= TRACKS_MOST) return;
    const { id } = options;
    const counts = { id, frames: 0, passed: 0, footage: 0, failed: 0, replayed: 0, repeated: 0, waiting: 0 };
    const track: Track = { options, counts, seat: this.bound.get(id) ?? null, tries: new Tries(this.around), gap: true, askedAt: -Infinity, passedAt: -Infinity, end: new AbortController(), recent: new Map() };
    this.bound.delete(id);
    this.tracks.set(id, track);
    // One frame at a time: the next is not taken before this one's answer is there, so none overtakes another.
    const through = new TransformStream<Frame, Frame>({
      transform: async (frame, out) => {
        const data = await this.turn(track, frame);
        if (!data || this.tracks.get(id) !== track) return;
        // What was opened is read by what came, what was sealed by what goes.
        if (isFootage(new Uint8Array(options.way === 'send' ? data : frame.data))) track.counts.footage += 1;
        this.mend(track, frame, transformer);
        frame.data = data;
        out.enqueue(frame);
        track.counts.passed += 1;
      },
    });
    const ended = transformer.readable.pipeThrough(through).pipeTo(transformer.writable, { signal: track.end.signal });
    this.around.say({ say: 'ready', id });
    await ended.catch(() => undefined);
    this.gone(id);
  }

  private async turn(track: Track, frame: Frame): Promise<ArrayBuffer | null> {
    const { counts, options } = track;
    counts.frames += 1;
    this.changed = true;
    try {
      const data = options.way === 'send' ? await this.sealed(track, frame) : await this.opened(track, frame);
      return data;
    } catch {
      counts.failed += 1;
      return null;
    }
  }

  private async sealed(track: Track, frame: Frame): Promise<ArrayBuffer | null> {
    const sealed = await this.sealer.seal(track.options.kind, frame.data);
    if (sealed) return sealed.buffer;
    track.counts.waiting += 1;
    track.gap = true;
    return null;
  }

  private async opened(track: Track, frame: Frame): Promise<ArrayBuffer | null> {
    const { seat, counts, options } = track;
    if (seat === null) {
      counts.waiting += 1;
      return null;
    }
    const bytes = new Uint8Array(frame.data);
    const opened = await this.opener.open(seat, options.kind, bytes, track.tries);
    // A track that has become another's in the meantime shows nobody under the wrong name.
    if ('data' in opened && track.seat === seat) {
      this.remember(track, bytes, frame);
      return opened.data;
    }
    const why = 'data' in opened ? 'waiting' : opened.why;
    if (why === 'replayed' && this.cameAgain(track, bytes, frame)) counts.repeated += 1;
    else counts[why] += 1;
    if (why !== 'replayed') track.gap = true;
    return null;
  }

  private remember(track: Track, bytes: Uint8Array, frame: Frame): void {
    const at = frame.getMetadata?.().rtpTimestamp;
    if (at === undefined) return;
    track.recent.set(headerOf(bytes), at);
    for (const old of track.recent.keys()) {
      if (track.recent.size <= RECENT_MOST) break;
      track.recent.delete(old);
    }
  }

  /**
   * Whether a frame that was opened before stands at the same place of the same stream: browsers send packets twice to
   * try a path, and a receiver hands on both. At another place it is somebody's replay.
   */
  private cameAgain(track: Track, bytes: Uint8Array, frame: Frame): boolean {
    const at = track.recent.get(headerOf(bytes));
    return at !== undefined && at === frame.getMetadata?.().rtpTimestamp;
  }

  /** After a gap a decoder waits for seconds before it asks for a whole picture: ask for it. */
  private mend(track: Track, frame: Frame, transformer: Transformer): void {
    const now = this.around.now();
    if (now - track.passedAt > PAUSE_MS) track.gap = true;
    track.passedAt = now;
    if (track.options.kind === 'sound' || frame.type === 'key') track.gap = false;
    else if (track.gap && now - track.askedAt >= WHOLE_MS) {
      track.askedAt = now;
      const asked = track.options.way === 'send' ? transformer.generateKeyFrame?.() : transformer.sendKeyFrameRequest?.();
      void asked?.catch(() => undefined);
    }
  }

  private epochs(message: Extract<ToFrames, { epoch: number; do: 'epoch' | 'footage' | 'forget' }>): void {
    const short = message.epoch % 2 ** 16;
    if (message.do === 'epoch') {
      const { gone, renewed } = this.roots.set(message.epoch, message.root);
      for (const old of gone) this.opener.forget(old);
      if (renewed) this.opener.renew(short);
    } else if (message.do === 'footage') {
      const root = message.root && { root: message.root, context: message.context };
      if (this.roots.setFootage(message.epoch, root)) this.opener.renew(short);
    } else if (this.roots.forget(message.epoch)) this.opener.forget(short);
    if (message.do !== 'forget') this.sealer.changed();
  }

  private bind(id: number, seat: string | null): void {
    const good = seat !== null && seatBytes(seat) ? seat : null;
    const track = this.tracks.get(id);
    if (track) track.seat = good;
    else if (good === null) this.bound.delete(id);
    else if (this.bound.size < TRACKS_MOST) this.bound.set(id, good);
  }

  private gone(id: number): void {
    this.bound.delete(id);
    const track = this.tracks.get(id);
    if (!track) return;
    this.tracks.delete(id);
    this.changed = true;
    // Browsers do not end the streams of a connection that is closed.
    track.end.abort();
  }

  private count(ask?: number): void {
    this.changed = false;
    const counts = structuredClone([...this.tracks.values()].map((track) => track.counts));
    this.around.say(ask === undefined ? { say: 'counts', counts } : { say: 'counts', counts, ask });
  }
}

const headerOf = (frame: Uint8Array) => String.fromCharCode(...frame.subarray(0, HEADER));
