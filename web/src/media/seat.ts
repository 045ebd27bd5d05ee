// A seat's own devices and its one connection, for as long as a call is gathered or in session.

import type { FromNode, TrackView } from '../signalling/protocol';
import { Connection, type Events, type Guard, type Stats } from './connection';
import { devices, openDevice, type DeviceTrouble, type Kind } from './devices';
import { Microphone } from './microphone';

export interface SeatEvents extends Events {
  /** The own picture, or none. */
  own(camera: MediaStreamTrack | null): void;
  trouble(kind: Kind, trouble: DeviceTrouble | null): void;
}

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

  constructor(
    private events: SeatEvents,
    on: boolean,
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
  }

  level(): number {
    if (this.context?.state === 'suspended') void this.context.resume().catch(() => undefined);
    return this.microphone?.level() ?? 0;
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
    this.connection?.setTracks(this.microphone?.sent ?? null, this.camera);
  }

  private async openOne(kind: Kind): Promise<void> {
    const before = kind === 'microphone' ? this.microphone : this.camera;
    if (!this.open || (before && !devices.displaced(kind))) return;
    if (kind === 'camera' && !this.withPicture) return;
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
    opened.track.addEventListener('ended', () => this.lost(kind, opened.track));
    // What was open makes way once the better one is there.
    if (before instanceof Microphone) before.close();
    else before?.stop();
    if (kind === 'microphone') this.microphone = new Microphone(opened.track, this.context, this.on);
    else {
      this.camera = opened.track;
      this.camera.contentHint = 'motion';
      this.events.own(opened.track);
    }
    this.say(kind, null);
  }

  private lost(kind: Kind, track: MediaStreamTrack): void {
    if (kind === 'microphone' && this.microphone?.raw === track) {
      this.microphone.close();
      this.microphone = null;
    } else if (kind === 'camera' && this.camera === track) {
      this.camera = null;
      this.events.own(null);
    } else return;
    this.say(kind, 'gone');
    this.connection?.setTracks(this.microphone?.sent ?? null, this.camera);
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
