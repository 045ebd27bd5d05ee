// A seat's own devices and its one connection, for as long as a call is gathered or in session.

import type { FromNode, TrackView } from '../signalling/protocol';
import { Connection, type Events, type Guard, type Stats } from './connection';
import { devices, openDevice, type DeviceTrouble, type Kind } from './devices';
import { Microphone, silence } from './microphone';
import { openPlain, play } from './room';
import type { Captured } from '../heard/captured';
import { phrase, tone } from '../heard/phrase';

export interface SeatEvents extends Events {
  /** The own picture, or none. */
  own(camera: MediaStreamTrack | null): void;
  trouble(kind: Kind, trouble: DeviceTrouble | null): void;
  /** What the microphone picks up, ten times a second, on or off. */
  captured(captured: Captured): void;
  /** The microphone's device was closed: nothing is known of the room. */
  released(): void;
}

const PHRASE_S = 4;

export class SeatMedia {
  private connection: Connection | null = null;
  private microphone: Microphone | null = null;
  private camera: MediaStreamTrack | null = null;
  private context: AudioContext | null = null;
  private on: boolean;
  private withPicture = true;
  private open = false;
  private opening: Promise<void> = Promise.resolve();
  private troubles = new Map<Kind, DeviceTrouble>();
  private unwatch: () => void = () => undefined;
  /** The microphone without the browser's help, sent in the usual one's place while a test phrase is played. */
  private instead: Microphone | null = null;
  private quiet: MediaStreamTrack | null = null;

  /** `watchful`: the device stays open while the microphone is off, so that whoever speaks can be told. */
  constructor(
    private events: SeatEvents,
    on: boolean,
    private watchful = true,
  ) {
    this.on = on;
  }

  /** `guard` stands between every track and the network. */
  start(call: string, withPicture: boolean, guard: Guard): void {
    this.withPicture = withPicture;
    if (!this.open) {
      this.open = true;
      try {
        this.context = new AudioContext();
      } catch {
        // No sound output at all: the meter stands still, speech still goes out.
      }
      this.unwatch = devices.watch(() => this.replug());
    }
    this.connection?.close();
    this.connection = new Connection(call, withPicture, this.events, guard);
    this.connection.restart();
    void this.openDevices();
  }

  stop(): void {
    this.open = false;
    this.unwatch();
    devices.closed();
    this.connection?.close();
    this.connection = null;
    this.microphone?.close();
    this.microphone = null;
    this.instead?.close();
    this.instead = null;
    this.quiet = null;
    this.camera?.stop();
    this.camera = null;
    void this.context?.close().catch(() => undefined);
    this.context = null;
    this.troubles.clear();
    this.events.own(null);
    for (const kind of ['microphone', 'camera'] as const) this.events.trouble(kind, null);
  }

  /** The track answers first, in this very call; whoever must be told is told after. */
  setMicrophone(on: boolean): void {
    this.on = on;
    if (this.microphone) this.microphone.on = on;
    if (this.instead) this.instead.on = on;
    if (!this.watchful) this.openOrRelease();
  }

  setWatchful(watchful: boolean): void {
    if (watchful === this.watchful) return;
    this.watchful = watchful;
    this.openOrRelease();
  }

  /** Held mute in hardware or by the system. */
  get muted(): boolean {
    return this.microphone?.raw.muted ?? false;
  }

  level(): number {
    this.wake();
    return this.microphone?.level() ?? 0;
  }

  /** Browsers let sound be looked at from a press on, some of them. */
  wake(): void {
    if (this.context?.state === 'suspended') void this.context.resume().catch(() => undefined);
  }

  /** Plays a phrase from the loudspeaker and sends it as the microphone picks it up. False where that is not possible. */
  async phrase(): Promise<boolean> {
    const { context, microphone } = this;
    if (!context || !microphone || this.instead) return false;
    const plain = await openPlain(microphone.raw);
    if (!plain || !this.open || this.microphone !== microphone) {
      plain?.stop();
      return false;
    }
    const instead = new Microphone(plain, context, this.on, (captured) => this.events.captured(captured));
    this.instead = instead;
    this.send();
    const played = await play(context, phrase(context.sampleRate, PHRASE_S));
    if (this.instead === instead) this.instead = null;
    instead.close();
    this.send();
    return played;
  }

  /** Plays the check's tone, and tells how much of it the microphone picks up. False where nothing can be played. */
  async tone(picked: (share: number) => void): Promise<boolean> {
    const { context, microphone } = this;
    if (!context) return false;
    const plain = microphone && (await openPlain(microphone.raw));
    if (!this.open) plain?.stop();
    if (!this.open) return false;
    const ear = plain && new Microphone(plain, context, false, (captured) => picked(captured.tone));
    const played = await play(context, tone(context.sampleRate));
    ear?.close();
    return played;
  }

  setFar(tracks: readonly TrackView[]): void {
    this.connection?.setFar(tracks);
  }

  setRate(kbps: number): void {
    this.connection?.setRate(kbps);
  }

  take(message: FromNode): void {
    this.connection?.take(message);
  }

  /** The node is there again: it knows nothing of what was agreed with the one before. */
  again(): void {
    this.connection?.restart();
  }

  stats(): Promise<Stats> {
    return this.connection?.stats() ?? Promise.resolve({ connection: 'none', rtt_ms: null, kbps: null, far: [], own: [] });
  }

  /** Opens what is missing. Also the person's "try again". */
  openDevices(): Promise<void> {
    this.opening = this.opening.then(() => this.openNow());
    return this.opening;
  }

  private async openNow(): Promise<void> {
    // Together first, so that the browser asks its question once for both; then each alone, for its own trouble.
    await Promise.all([this.openOne('microphone'), this.openOne('camera')]);
    this.send();
  }

  /** Whether the device may be open now. */
  private wanted(kind: Kind): boolean {
    return this.open && (kind === 'camera' ? this.withPicture : this.on || this.watchful);
  }

  private openOrRelease(): void {
    if (this.wanted('microphone')) {
      if (!this.microphone) void this.openDevices();
      return;
    }
    if (!this.microphone) return;
    this.microphone.close();
    this.microphone = null;
    this.events.released();
    this.send();
  }

  private send(): void {
    // A device that is closed for being off leaves its packets behind: silence at the same pace.
    if (!this.microphone && !this.on && this.open) this.quiet ??= silence(this.context);
    const sent = (this.instead ?? this.microphone)?.sent ?? (this.on ? null : this.quiet);
    this.connection?.setTracks(sent, this.camera);
  }

  private async openOne(kind: Kind): Promise<void> {
    const before = kind === 'microphone' ? this.microphone : this.camera;
    if (!this.wanted(kind) || (before && !devices.displaced(kind))) return;
    const opened = await openDevice(kind);
    if ('trouble' in opened) {
      this.say(kind, opened.trouble);
      return;
    }
    if (!this.open) {
      opened.track.stop();
      devices.closed();
      return;
    }
    if (!this.wanted(kind)) {
      opened.track.stop();
      return;
    }
    opened.track.addEventListener('ended', () => this.lost(kind, opened.track));
    // What was open makes way once the better one is there.
    if (before instanceof Microphone) before.close();
    else before?.stop();
    if (kind === 'microphone') this.microphone = this.microphoneOf(opened.track);
    else {
      this.camera = opened.track;
      this.camera.contentHint = 'motion';
      this.events.own(opened.track);
    }
    this.say(kind, null);
  }

  private microphoneOf(track: MediaStreamTrack): Microphone {
    return new Microphone(track, this.context, this.on, (captured) => {
      if (this.microphone?.raw === track && !this.instead) this.events.captured(captured);
    });
  }

  private lost(kind: Kind, track: MediaStreamTrack): void {
    if (kind === 'microphone' && this.microphone?.raw === track) {
      this.microphone.close();
      this.microphone = null;
      this.events.released();
    } else if (kind === 'camera' && this.camera === track) {
      this.camera = null;
      this.events.own(null);
    } else return;
    this.say(kind, 'gone');
    this.send();
    // Another device may already be there, the system's next best.
    void this.openDevices();
  }

  private say(kind: Kind, trouble: DeviceTrouble | null): void {
    // After an unplugging, "none" is how the browser says that it is still away.
    if (trouble === 'none' && this.troubles.get(kind) === 'gone') return;
    if (trouble) this.troubles.set(kind, trouble);
    else this.troubles.delete(kind);
    this.events.trouble(kind, trouble);
  }

  private replug(): void {
    if (this.troubles.size || devices.displaced('microphone') || devices.displaced('camera')) void this.openDevices();
  }
}
