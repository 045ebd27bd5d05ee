// One RTCPeerConnection to the own node: offers, tracks, rates. The browser always offers; the node answers.
//
// A `Guard` sees every sender and receiver in the same task as its transceiver is made, before any track is attached:
// a transform set later is silently ignored and lets frames out in clear. Tracks are attached once the guard agrees.

import { measured } from '../listen/measured';
import type { FromNode, ToNode, TrackView } from '../signalling/protocol';
import { picture, sound } from './codecs';
import { split } from './rates';

export interface Guard {
  /** Called synchronously; resolves when frames may flow. */
  sender(sender: RTCRtpSender, kind: 'sound' | 'picture'): Promise<void>;
  receiver(receiver: RTCRtpReceiver, track: TrackView): void;
}

export interface FarTrack {
  view: TrackView;
  track: MediaStreamTrack;
}

export type Link = 'idle' | 'connecting' | 'connected' | 'broken';

export interface Events {
  send(message: ToNode): boolean;
  far(tracks: FarTrack[]): void;
  link(state: Link): void;
}

/** An answer that takes longer is not coming. */
const ANSWER_MS = 4_000;
/** ICE says `disconnected` for short gaps as well; after this it is a cut. */
const DISCONNECTED_MS = 2_500;
/** Sections of tracks that are gone stay in the description; beyond this many a fresh connection is cheaper. */
const DEAD_MOST = 16;

interface Receiving {
  view: TrackView;
  transceiver: RTCRtpTransceiver;
}

export class Connection {
  private pc: RTCPeerConnection | null = null;
  private offerId = 0;
  private awaited: number | null = null;
  private dirty = false;
  private making = false;
  private answerTimer: ReturnType<typeof setTimeout> | undefined;
  private brokenTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private microphone: MediaStreamTrack | null = null;
  private camera: MediaStreamTrack | null = null;
  private senders: { sound?: RTCRtpTransceiver; picture?: RTCRtpTransceiver } = {};
  private receiving = new Map<number, Receiving>();
  private dead = 0;
  private wanted: TrackView[] = [];
  private kbps: number | null = null;
  private applying: Promise<void> = Promise.resolve();

  constructor(
    private call: string,
    private withPicture: boolean,
    private events: Events,
    private guard: Guard,
  ) {}

  /** (Re)makes the connection and offers: at the start, after the socket came back, and when the node asks for it. */
  restart(): void {
    this.closePeer();
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    this.pc = pc;
    this.events.link('connecting');
    pc.onconnectionstatechange = () => this.watch(pc);
    this.senders.sound = this.addSender(pc, 'audio', 'sound');
    if (this.withPicture) this.senders.picture = this.addSender(pc, 'video', 'picture');
    for (const view of this.wanted) this.receive(pc, view);
    this.tell();
    void this.offer();
  }

  /** Devices may come, go and be replaced at any time; no new offer is needed. */
  setTracks(microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null): void {
    this.microphone = microphone;
    this.camera = camera;
    this.attach();
    this.applyRate();
  }

  setFar(tracks: readonly TrackView[]): void {
    this.wanted = tracks.filter((t) => this.withPicture || t.kind === 'sound');
    const pc = this.pc;
    if (!pc) return;
    let changed = false;
    for (const [id, { transceiver }] of this.receiving) {
      if (this.wanted.some((t) => t.id === id)) continue;
      transceiver.direction = 'inactive';
      this.receiving.delete(id);
      this.dead += 1;
      changed = true;
    }
    if (this.dead > DEAD_MOST) {
      this.restart();
      return;
    }
    for (const view of this.wanted) {
      const known = this.receiving.get(view.id);
      if (known) known.view = view;
      else {
        this.receive(pc, view);
        changed = true;
      }
    }
    this.tell();
    if (changed) void this.offer();
  }

  setRate(kbps: number): void {
    this.kbps = kbps;
    this.applyRate();
  }

  take(message: FromNode): void {
    if (message.t === 'media.answer') void this.answer(message.id, message.sdp);
    else if (message.t === 'media.error' && message.id === this.awaited) this.failed();
    else if (message.t === 'media.again') void this.offer();
    else if (message.t === 'media.restart') this.restart();
  }

  close(): void {
    this.closePeer();
    this.receiving.clear();
    this.wanted = [];
    this.events.far([]);
    this.events.link('idle');
  }

  private closePeer(): void {
    for (const timer of [this.answerTimer, this.brokenTimer, this.retryTimer]) clearTimeout(timer);
    this.awaited = null;
    this.dirty = false;
    this.making = false;
    this.dead = 0;
    this.senders = {};
    this.receiving.clear();
    const pc = this.pc;
    this.pc = null;
    if (!pc) return;
    pc.onconnectionstatechange = null;
    pc.close();
  }

  private addSender(pc: RTCPeerConnection, media: 'audio' | 'video', kind: 'sound' | 'picture'): RTCRtpTransceiver {
    const limits = split(this.kbps, this.lines()).picture;
    const plain: RTCRtpTransceiverInit = { direction: 'sendonly' };
    let transceiver: RTCRtpTransceiver;
    try {
      const layers = { scalabilityMode: 'L1T3', ...limits } as RTCRtpEncodingParameters;
      transceiver = pc.addTransceiver(media, kind === 'picture' ? { ...plain, sendEncodings: [layers] } : plain);
    } catch {
      // A browser without layers sends one; the node forwards it whole.
      transceiver = pc.addTransceiver(media, plain);
    }
    const agreed = this.guard.sender(transceiver.sender, kind);
    this.prefer(transceiver, media, 'sender');
    void agreed.then(() => {
      if (this.pc === pc) this.attach();
    });
    return transceiver;
  }

  private receive(pc: RTCPeerConnection, view: TrackView): void {
    const media = view.kind === 'sound' ? 'audio' : 'video';
    const transceiver = pc.addTransceiver(media, { direction: 'recvonly' });
    this.guard.receiver(transceiver.receiver, view);
    this.prefer(transceiver, media, 'receiver');
    this.receiving.set(view.id, { view, transceiver });
  }

  private prefer(transceiver: RTCRtpTransceiver, media: 'audio' | 'video', end: 'sender' | 'receiver'): void {
    const source = end === 'sender' ? RTCRtpSender : RTCRtpReceiver;
    const offered = source.getCapabilities?.(media)?.codecs ?? [];
    const chosen = media === 'video' ? picture(offered) : sound(offered);
    if (!chosen.length || !('setCodecPreferences' in transceiver)) return;
    try {
      transceiver.setCodecPreferences(chosen);
    } catch {
      // An older browser refuses a list without its own favourites; its order then stands and the node chooses.
    }
  }

  private attach(): void {
    void this.senders.sound?.sender.replaceTrack(this.microphone).catch(() => undefined);
    void this.senders.picture?.sender.replaceTrack(this.camera).catch(() => undefined);
  }

  private tell(): void {
    this.events.far([...this.receiving.values()].map(({ view, transceiver }) => ({ view, track: transceiver.receiver.track })));
  }

  private async offer(): Promise<void> {
    const pc = this.pc;
    if (!pc) return;
    if (this.awaited !== null || this.making) {
      this.dirty = true;
      return;
    }
    this.making = true;
    this.dirty = false;
    try {
      await pc.setLocalDescription();
    } catch {
      if (this.pc === pc) this.failed();
      return;
    } finally {
      if (this.pc === pc) this.making = false;
    }
    if (this.pc !== pc || !pc.localDescription) return;
    const id = ++this.offerId;
    const send: { mid: string; source: 'microphone' | 'camera' }[] = [];
    const { sound: soundSender, picture: pictureSender } = this.senders;
    if (soundSender?.mid) send.push({ mid: soundSender.mid, source: 'microphone' });
    if (pictureSender?.mid) send.push({ mid: pictureSender.mid, source: 'camera' });
    const recv = [...this.receiving.values()].flatMap(({ view, transceiver }) => (transceiver.mid ? [{ mid: transceiver.mid, track: view.id }] : []));
    this.awaited = id;
    // The node is ICE-lite and answers with its own candidates: there is nothing of ours to wait for.
    if (!this.events.send({ t: 'media.offer', id, call: this.call, sdp: pc.localDescription.sdp, send, recv })) {
      this.awaited = null;
      return;
    }
    clearTimeout(this.answerTimer);
    this.answerTimer = setTimeout(() => this.pc === pc && this.failed(), ANSWER_MS);
  }

  private async answer(id: number, sdp: string): Promise<void> {
    const pc = this.pc;
    if (!pc || id !== this.awaited) return;
    clearTimeout(this.answerTimer);
    try {
      await pc.setRemoteDescription({ type: 'answer', sdp });
    } catch {
      if (this.pc === pc) this.failed();
      return;
    }
    if (this.pc !== pc) return;
    this.awaited = null;
    this.applyRate();
    if (this.dirty) void this.offer();
  }

  private watch(pc: RTCPeerConnection): void {
    if (this.pc !== pc) return;
    clearTimeout(this.brokenTimer);
    switch (pc.connectionState) {
      case 'connected':
        this.failures = 0;
        this.events.link('connected');
        break;
      case 'disconnected':
        this.events.link('broken');
        this.brokenTimer = setTimeout(() => this.pc === pc && this.restart(), DISCONNECTED_MS);
        break;
      case 'failed':
        this.failed();
        break;
      default:
    }
  }

  private failed(): void {
    this.closePeer();
    this.events.far([]);
    this.events.link('broken');
    const after = Math.min(2_000, 250 * 2 ** this.failures++);
    this.retryTimer = setTimeout(() => this.restart(), after);
  }

  private lines(): number | undefined {
    const { width, height } = this.camera?.getSettings() ?? {};
    return width && height ? Math.min(width, height) : undefined;
  }

  private applyRate(): void {
    const sender = this.senders.picture?.sender;
    if (!sender) return;
    // One at a time: parameters read before another change has landed are stale and would be refused.
    this.applying = this.applying.then(async () => {
      const limits = split(this.kbps, this.lines()).picture;
      const parameters = sender.getParameters();
      const encoding = parameters.encodings[0];
      if (!encoding) return;
      encoding.active = limits !== null;
      if (limits) Object.assign(encoding, limits);
      // "balanced" shows ten pictures a second where the rate has room for thirty.
      parameters.degradationPreference = 'maintain-framerate';
      try {
        await sender.setParameters(parameters);
      } catch {
        // The section is being negotiated: the answer applies the rate again.
      }
    });
  }

  /** What arrives and leaves, for people's notices and for tests. */
  async stats(): Promise<Stats> {
    const out: Stats = { connection: this.pc?.connectionState ?? 'none', rtt_ms: null, kbps: this.kbps, far: [], own: [] };
    const pc = this.pc;
    if (!pc) return out;
    // Not every browser names the section; all name the track.
    const decoded = new Map([...this.receiving.values()].map(({ view, transceiver }) => [view.id, transceiver.receiver.track]));
    const byName = new Map([...this.receiving.values()].flatMap(({ view, transceiver }) => [[`mid ${transceiver.mid}`, view] as const, [`track ${transceiver.receiver.track.id}`, view] as const]));
    const report = (await pc.getStats()) as unknown as Map<string, Record<string, unknown>>;
    const number = (value: unknown) => (typeof value === 'number' ? value : 0);
    const arrived = new Set<number>();
    for (const entry of report.values()) {
      if (entry.type === 'candidate-pair' && entry.nominated === true && typeof entry.currentRoundTripTime === 'number') {
        out.rtt_ms = entry.currentRoundTripTime * 1000;
      }
      if (entry.type === 'inbound-rtp') {
        const view = byName.get(`mid ${String(entry.mid)}`) ?? byName.get(`track ${String(entry.trackIdentifier)}`);
        if (!view) continue;
        arrived.add(view.id);
        const track = decoded.get(view.id);
        // Chromium counts nothing of what a muted element plays; the graph that plays it instead counts for itself.
        const sound = track && measured.get(track);
        out.far.push({
          ...view,
          packets: number(entry.packetsReceived),
          lost: number(entry.packetsLost),
          bytes: number(entry.bytesReceived),
          frames: number(entry.framesDecoded),
          width: number(entry.frameWidth),
          height: number(entry.frameHeight),
          fps: number(entry.framesPerSecond),
          freezes: number(entry.freezeCount),
          energy: sound?.energy ?? number(entry.totalAudioEnergy),
          level: sound?.rms ?? number(entry.audioLevel),
          samples: number(entry.totalSamplesReceived),
          concealed: number(entry.concealedSamples),
        });
      }
      if (entry.type === 'outbound-rtp') {
        const source = report.get(entry.mediaSourceId as string);
        out.own.push({
          kind: entry.kind === 'audio' ? 'sound' : 'picture',
          packets: number(entry.packetsSent),
          bytes: number(entry.bytesSent),
          frames: number(entry.framesEncoded),
          width: number(entry.frameWidth),
          height: number(entry.frameHeight),
          target: number(entry.targetBitrate),
          fps: number(entry.framesPerSecond),
          limited: String(entry.qualityLimitationReason ?? ''),
          energy: number(source?.totalAudioEnergy),
          codec: String(report.get(entry.codecId as string)?.mimeType ?? ''),
          layers: String(entry.scalabilityMode ?? ''),
        });
      }
    }
    // A track that is due and has sent nothing yet is said as such, not left out.
    for (const { view } of this.receiving.values()) if (!arrived.has(view.id)) out.far.push({ ...view, ...NOTHING });
    return out;
  }
}

const NOTHING = { packets: 0, lost: 0, bytes: 0, frames: 0, width: 0, height: 0, fps: 0, freezes: 0, energy: 0, level: 0, samples: 0, concealed: 0 };

export interface FarStats extends TrackView {
  packets: number;
  lost: number;
  bytes: number;
  frames: number;
  width: number;
  height: number;
  fps: number;
  freezes: number;
  /** Sum of squared sound pressure over time; what arrives in silence adds nothing. */
  energy: number;
  level: number;
  samples: number;
  concealed: number;
}

export interface OwnStats {
  kind: 'sound' | 'picture';
  packets: number;
  bytes: number;
  frames: number;
  width: number;
  height: number;
  target: number;
  fps: number;
  /** Why the encoder sends less than it was given: bandwidth, cpu, other, none. */
  limited: string;
  energy: number;
  codec: string;
  layers: string;
}

export interface Stats {
  connection: string;
  rtt_ms: number | null;
  /** What the node lets this seat send, once it has said so. */
  kbps: number | null;
  far: FarStats[];
  own: OwnStats[];
}
