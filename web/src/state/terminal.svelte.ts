// The terminal's view model: which screen is due, what is heard and seen, and the sentences that must be said.

import type { FarTrack, Link, Stats } from '../media/connection';
import type { DeviceTrouble, Kind } from '../media/devices';
import { SeatMedia } from '../media/seat';
import { Trouble } from '../signalling/api';
import type { CallView, FromNode, LineView, Phase, TrackView } from '../signalling/protocol';
import type { CameraHint } from '../media/camera';
import { cameraHint } from './camera.svelte';
import { RECEIPT_MS } from '../heard/receipt';
import type { SeatState } from '../signalling/protocol';
import { Hearing, isOpen } from './hearing.svelte';
import { listeningOf } from '../listen/listening.svelte';
import { holdToSpeak, watchful } from './ways.svelte';
import { keepMic, micFor } from './mic';
import { mainPicture, liveCall, screenOf, type Screen } from './screen';
import { flowOf, type Flow } from './flow';
import { Seal, type SealView } from '../seal/seal';
import type { FootageMark } from './footage';
import { TerminalFootage } from './footage.svelte';
import { nodeTime, ofNode } from './now.svelte';
import { Session } from './session.svelte';

const LAST = 'visavis-last-call';
/** A look every half second: the first of them is three seconds old. */
const LOOKS = 6;
/** Counts that take longer are told with the next receipt. */
const STATS_MS_MAX = 200;
const REFUSAL_MS = 8_000;
const OVER = new Set<Phase>(['ended', 'declined', 'withdrawn', 'lapsed']);
const UNSEALED: SealView = { status: null, fallen: false, broken: false };

type Chain = Extract<FromNode, { t: 'chain' }>;

export class Terminal {
  readonly session: Session;
  mic = $state(true);
  far = $state.raw<FarTrack[]>([]);
  link = $state<Link>('idle');
  self = $state.raw<MediaStreamTrack | null>(null);
  troubles = $state<Partial<Record<Kind, DeviceTrouble>>>({});
  /** What the node said no to, for a few seconds. */
  refusal = $state.raw<Trouble | null>(null);
  /** The browser holds back the far end's sound until somebody touches the page. */
  held = $state(false);
  flow = $state.raw<Flow>({ picture: 'none', sound: 'none' });
  seal = $state.raw<SealView>(UNSEALED);
  private last = $state<string | null>(sessionStorage.getItem(LAST));
  private left = $state<string | null>(null);
  private media: SeatMedia | null = null;
  private sealing: Seal | null = null;
  /** The statements of open calls as the node told them since it was last there. */
  private chains: Chain[] = [];
  private current: { call: string; picture: boolean } | null = null;
  private tracks: { call: string; tracks: TrackView[] } = { call: '', tracks: [] };
  private kbps: number | null = null;
  private looks: Stats[] = [];
  private sampler: ReturnType<typeof setInterval> | undefined;
  readonly hearing: Hearing;
  readonly footage = new TerminalFootage();
  /** A key or the button is held to speak. */
  private pressed = false;
  private holds = holdToSpeak();

  readonly screen: Screen = $derived.by(() => screenOf(this.session.calls, this.session.views, { side: this.session.me?.side.id ?? '', seat: this.session.seat, key: this.session.key }, this.last, this.left));
  readonly call: CallView | null = $derived.by(() => ('call' in this.screen ? (this.session.views[this.screen.call] ?? null) : null));
  /** Sound and picture pass between the sides: in session, or while both check their seats. */
  readonly open: boolean = $derived.by(() => (this.screen.is === 'session' || this.screen.is === 'gathering') && isOpen(this.call));
  readonly live = $derived.by(() => liveCall(this.session.calls));
  readonly line: LineView | null = $derived.by(() => {
    const id = this.call?.line ?? this.live?.line;
    return this.session.lines.find((l) => l.far.id === id) ?? null;
  });
  readonly main: TrackView | null = $derived.by(() => mainPicture(this.far.map((f) => f.view), this.call));

  constructor(seat: string) {
    this.session = new Session(seat, 'terminal', (message) => this.hear(message));
    this.hearing = new Hearing({
      send: (message) => this.session.send(message),
      note: (kind, bytes) => this.sealing?.note(kind, bytes),
      phrase: () => this.media?.phrase() ?? Promise.resolve(false),
      tone: (picked) => this.media?.tone(picked) ?? Promise.resolve(false),
      sealedSound: () => this.sealing?.sealedSound ?? 0,
      call: () => this.call,
      own: () => ({ side: this.session.me?.side.id ?? '', key: this.session.key }),
      mic: () => this.mic,
      setMic: (on) => this.setMic(on),
      sight: () => ({
        camera: this.self !== null,
        cameraNote: this.camera,
        microphone: this.troubles.microphone ?? null,
        muted: this.media?.muted ?? false,
        sealed: this.seal.status?.sending ?? false,
        rttMs: this.line?.rtt_ms ?? null,
        uninterpreted: listeningOf(this).silent,
      }),
      loss: () => this.line?.loss ?? null,
    });
  }

  /** Brings media in step with the screen. */
  follow(screen: Screen): void {
    const due = screen.is === 'gathering' || screen.is === 'session';
    if (!due) {
      if (this.current) this.stop();
      return;
    }
    const picture = this.session.views[screen.call]?.terms.medium !== 'sound';
    if (this.current?.call === screen.call && this.current.picture === picture) return;
    if (this.current) this.stop();
    this.current = { call: screen.call, picture };
    this.last = screen.call;
    sessionStorage.setItem(LAST, screen.call);
    // Whoever holds a key to speak holds none yet.
    this.mic = !holdToSpeak() && micFor(sessionStorage, this.session.seat, screen.call);
    this.media = new SeatMedia(
      {
        send: (message) => this.session.send(message),
        far: (tracks) => {
          this.far = tracks;
        },
        link: (state) => {
          this.link = state;
        },
        own: (track) => {
          this.self = track;
        },
        trouble: (kind, trouble) => {
          if (trouble) this.troubles[kind] = trouble;
          else delete this.troubles[kind];
          if (kind === 'microphone') this.sayMic();
        },
        captured: (captured) => this.hearing.captured(captured),
        released: () => this.hearing.released(),
      },
      this.mic,
      watchful(),
    );
    this.sealing = this.sealed(screen.call);
    if (this.sealing) this.media.start(screen.call, picture, this.sealing.guard);
    if (this.kbps !== null) this.media.setRate(this.kbps);
    if (this.tracks.call === screen.call) this.media.setFar(this.tracks.tracks);
    this.sayMic();
    this.hearing.start();
    this.sampler = setInterval(() => void this.sample(), RECEIPT_MS);
  }

  private sealed(call: string): Seal | null {
    const { holder } = this.session;
    if (!holder) return null;
    const { publicKey: seat, privateKey: key, side, sideKey } = holder;
    const seal = new Seal({ seat, key, side, sideKey }, call, {
      send: (message) => this.session.send(message),
      changed: (view) => {
        this.seal = view;
      },
      footage: (said) => this.footage.take(said),
      flows: (flows) => this.footage.flows(flows),
      // Nothing goes out past a broken seal; the person starts the page again.
      broken: () => this.media?.stop(),
      note: (from, kind, bytes) => this.hearing.note(from, kind, bytes),
    });
    seal.online(this.session.socket.is === 'ready');
    seal.footageEnds(ofNode(this.session.views[call]?.footage?.ends_at ?? null));
    for (const chain of this.chains) seal.take(chain);
    return seal;
  }

  private stop(): void {
    clearInterval(this.sampler);
    this.sealing?.close();
    this.sealing = null;
    this.seal = UNSEALED;
    this.footage.stop();
    this.session.send({ t: 'media.stop' });
    this.media?.stop();
    this.media = null;
    this.current = null;
    this.looks = [];
    this.flow = { picture: 'none', sound: 'none' };
    this.held = false;
    this.tracks = { call: '', tracks: [] };
    this.hearing.stop();
  }

  /** The track is switched first, in the frame of the press; then whoever must know is told. */
  setMic(on: boolean): void {
    if (!this.current) return;
    this.media?.setMicrophone(on);
    this.mic = on;
    if (!holdToSpeak()) keepMic(sessionStorage, this.session.seat, this.current.call, on);
    this.hearing.microphone(on);
    this.sayMic();
  }

  /** A key or a button goes down: the microphone turns, or is on until `release`. */
  press(): void {
    if (!holdToSpeak()) this.setMic(!this.mic);
    else this.speak();
  }

  /** Whoever sits here wants to be heard. */
  speak(): void {
    this.pressed = holdToSpeak();
    this.setMic(true);
  }

  release(): void {
    if (!this.pressed) return;
    this.pressed = false;
    this.setMic(false);
  }

  /** Follows what was chosen for this machine's microphone. */
  ways(watches: boolean, holds: boolean): void {
    this.media?.setWatchful(watches);
    if (holds && !this.holds) this.setMic(false);
    this.holds = holds;
  }

  /** A microphone that is switched on and does not work is off for everybody else. */
  private sayMic(): void {
    if (this.current) this.session.send({ t: 'mic', on: this.mic && !this.troubles.microphone });
  }

  /** What the own picture tells about the camera; a note, never a block. */
  get camera(): CameraHint | null {
    return cameraHint();
  }

  level(): number {
    return this.media?.level() ?? 0;
  }

  retryDevices(): void {
    void this.media?.openDevices();
  }

  end(): void {
    if (this.current) this.session.send({ t: 'end', call: this.current.call });
  }

  /** A principal sits here, and there is footage to close. */
  get mayClose(): boolean {
    const role = this.call?.seats.find((seat) => seat.key === this.session.key)?.role;
    return role === 'principal' && this.footage.mark !== 'off';
  }

  /** Footage, closed from here: by whoever sits here as principal. `moment`: of the press, as `performance.now()` has it. */
  closeFootage(moment: number): void {
    if (this.mayClose) this.sealing?.closeFootage(nodeTime(moment));
  }

  leaveEnded(): void {
    this.left = this.last;
    sessionStorage.removeItem(LAST);
  }

  async stats(): Promise<Stats & { call: string | null; mic: boolean; screen: string; seal: SealView; state: SeatState; footage: FootageMark }> {
    const stats = (await this.media?.stats()) ?? { connection: 'none', rtt_ms: null, kbps: null, far: [], own: [] };
    return { ...stats, call: this.current?.call ?? null, mic: this.mic, screen: this.screen.is, seal: this.seal, state: this.hearing.shown.state, footage: this.footage.mark };
  }

  private async sample(): Promise<void> {
    const { media } = this;
    const late = new Promise<null>((done) => setTimeout(() => done(null), STATS_MS_MAX));
    const stats = (await Promise.race([media?.stats().catch(() => null), late])) ?? null;
    if (media !== this.media) return;
    this.media?.wake();
    this.hearing.sampled(stats);
    if (!stats) return;
    // Against the look of three seconds ago: a slow picture is a picture, only a still one is said to stand.
    this.flow = flowOf(this.looks[0] ?? null, stats);
    this.looks = [...this.looks, stats].slice(-LOOKS);
  }

  /** The node is there, or away. */
  reachable(there: boolean): void {
    this.sealing?.online(there);
  }

  private hear(message: FromNode): void {
    this.sealing?.take(message);
    this.hearing.take(message);
    switch (message.t) {
      case 'chain':
        this.chains.push(message);
        break;
      case 'ready':
        this.chains = [];
        if (this.current) {
          this.sayMic();
          this.media?.again();
        }
        break;
      case 'call':
        if (message.call.id === this.current?.call) this.sealing?.footageEnds(ofNode(message.call.footage?.ends_at ?? null));
        if (OVER.has(message.call.phase)) this.chains = this.chains.filter((chain) => chain.call !== message.call.id);
        break;
      case 'tracks':
        this.tracks = { call: message.call, tracks: message.tracks };
        if (message.call === this.current?.call) this.media?.setFar(message.tracks);
        break;
      case 'rate':
        this.kbps = message.kbps;
        this.media?.setRate(message.kbps);
        break;
      case 'replaced':
        if (this.current) this.stop();
        break;
      case 'refused': {
        const refusal = new Trouble('refusal', message.code, message.args);
        this.refusal = refusal;
        setTimeout(() => this.refusal === refusal && (this.refusal = null), REFUSAL_MS);
        break;
      }
      case 'media.answer':
      case 'media.error':
      case 'media.again':
      case 'media.restart':
        this.media?.take(message);
        break;
      default:
    }
  }
}
