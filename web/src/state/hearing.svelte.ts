// What the terminal knows of being heard: feeds the lights, the band and the check with what happens, sends receipts and
// tells the own node. Decides nothing that `heard/` does not.

import type { Captured } from '../heard/captured';
import { Check, type Step } from '../heard/check';
import { Ears, type Heard } from '../heard/ears';
import { Lights, type Hearer, type Shown, type Sight } from '../heard/lights';
import { Paced } from '../heard/paced';
import { readReceipts, RECEIPT_MS, writeReceipts } from '../heard/receipt';
import type { Stats } from '../media/connection';
import { HEARD } from '../seal/notes';
import type { CallView, CheckResult, Fault, FromNode, Role, SeatState, ToNode } from '../signalling/protocol';

/** How often the lights are looked at between events. Milliseconds. */
const TICK_MS = 100;
/** What the operator asked for stays on the screen for so long. */
const ASKED_MS = 30_000;
/** What a check found stays on the screen for so long. */
const FOUND_MS = 60_000;
/** Fewer packets tell nothing of loss. */
const PACKETS_LEAST = 100;
const HEARERS: readonly Role[] = ['principal', 'aide', 'interpreter'];

const IDLE: Shown = {
  state: { captured: 'none', sent: 'none', heard: 'none', seen: 'none', fault: null, talking_off: false, camera: null, connected: false, uninterpreted: false },
  faults: { captured: null, sent: null, heard: null, seen: null },
  lack: null,
};

/** What of the terminal is used here. */
export interface Around {
  send(message: ToNode): boolean;
  note(kind: number, bytes: Uint8Array): void;
  /** Plays the test phrase, and the tone. */
  phrase(): Promise<boolean>;
  tone(picked: (share: number) => void): Promise<boolean>;
  sealedSound(): number;
  call(): CallView | null;
  /** The own side's id and the own seat's key. */
  own(): { side: string; key: string };
  mic(): boolean;
  setMic(on: boolean): void;
  sight(): Omit<Sight, 'open' | 'hearers' | 'picture' | 'heard'>;
  /** Loss between the sides, 0..1. */
  loss(): number | null;
}

export interface CheckShown {
  step: Step;
  heard: boolean;
  seen: boolean;
  /** The test phrase is being played. */
  phrase: boolean;
  result: CheckResult | null;
}

/** Whether sound and picture pass between the sides. */
export function isOpen(call: Pick<CallView, 'phase' | 'checking'> | null): boolean {
  return call?.phase === 'in_session' || (call?.phase === 'gathering' && call.checking.own && call.checking.far);
}

export class Hearing {
  shown = $state.raw<Shown>(IDLE);
  /** The band across the picture stands. */
  readonly band = $derived.by(() => this.shown.state.talking_off);
  /** What is wrong with the microphone, from the device on. */
  readonly fault: Fault | null = $derived(this.shown.faults.captured ?? this.shown.faults.sent ?? this.shown.faults.heard);
  asked = $state<'mute' | 'speak' | null>(null);
  check = $state.raw<CheckShown | null>(null);
  private lights: Lights | null = null;
  private ears = new Ears();
  private heard: Heard[] = [];
  private paced = new Paced<SeatState>(RECEIPT_MS);
  private running: { check: Check; call: string; began: Stats['far']; phrase: boolean } | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private askedTimer: ReturnType<typeof setTimeout> | undefined;
  private foundTimer: ReturnType<typeof setTimeout> | undefined;
  private last: Stats | null = null;
  private told = '';

  constructor(private around: Around) {}

  start(): void {
    this.stop();
    this.lights = new Lights(this.around.own().key);
    this.lights.microphone(this.around.mic(), performance.now());
    this.timer = setInterval(() => this.look(), TICK_MS);
    this.look();
  }

  stop(): void {
    if (!this.lights) return;
    clearInterval(this.timer);
    this.lights = null;
    this.ears = new Ears();
    this.heard = [];
    this.last = null;
    this.running = null;
    this.check = null;
    this.dismiss();
    this.show(IDLE);
    this.tell();
    // Where the pace held it back.
    setTimeout(() => !this.lights && this.tell(), RECEIPT_MS);
  }

  microphone(on: boolean): void {
    this.lights?.microphone(on, performance.now());
    if (on || this.asked === 'speak') this.dismiss();
    this.look();
  }

  captured(captured: Captured): void {
    const was = this.lights?.speaking;
    this.lights?.capture(captured, performance.now());
    // The warning waits for no tick.
    if (captured.speaking !== was) this.look();
  }

  released(): void {
    this.lights?.released();
    this.look();
  }

  note(from: string, kind: number, bytes: Uint8Array): void {
    const receipts = kind === HEARD ? readReceipts(bytes) : null;
    if (!receipts || !this.lights) return;
    this.lights.receipt(from, receipts, performance.now());
    this.look();
  }

  /** Twice a second, with the newest counts, or null where there are none: the receipt goes all the same. */
  sampled(stats: Stats | null): void {
    const { lights } = this;
    if (!lights) return;
    if (stats) {
      const call = this.around.call();
      const principals = new Set(call?.seats.filter((s) => s.role === 'principal').map((s) => s.key));
      this.heard = this.ears.look(stats.far, this.around.own().side, principals, performance.now());
      this.last = stats;
      lights.count({ packets: stats.own.find((o) => o.kind === 'sound')?.packets ?? 0, sealed: this.around.sealedSound() });
    }
    this.around.note(HEARD, writeReceipts(this.ears.receipts(this.heard)));
    this.look();
  }

  take(message: FromNode): void {
    if (message.t === 'ready') {
      this.paced.forget();
      this.tell();
    } else if (message.t === 'asked' && message.call === this.around.call()?.id) this.ask(message.what);
    else if (message.t === 'check' && message.call === this.around.call()?.id) this.begin(message.call);
  }

  /** The person has read what the operator asked, or done it. */
  dismiss(): void {
    clearTimeout(this.askedTimer);
    this.asked = null;
  }

  /** The result of a check is put away. */
  putAway(): void {
    clearTimeout(this.foundTimer);
    if (this.check?.result) this.check = null;
  }

  answer(hears: boolean): void {
    this.running?.check.answer(hears);
    this.look();
  }

  toneAgain(): void {
    this.running?.check.again(performance.now());
    this.playTone();
  }

  async phrase(): Promise<void> {
    const { running } = this;
    if (!running || running.phrase) return;
    running.phrase = true;
    running.check.phrase(performance.now());
    this.look();
    await this.around.phrase().catch(() => false);
    running.phrase = false;
    this.look();
  }

  /** Whoever sits here is muted, never unmuted, by his own operator. */
  private ask(what: 'mute' | 'speak'): void {
    if (what === 'mute') this.around.setMic(false);
    clearTimeout(this.askedTimer);
    this.asked = what;
    this.askedTimer = setTimeout(() => (this.asked = null), ASKED_MS);
  }

  private begin(call: string): void {
    clearTimeout(this.foundTimer);
    this.running = { check: new Check(performance.now()), call, began: this.last?.far ?? [], phrase: false };
    this.look();
  }

  private look(): void {
    const { lights } = this;
    if (!lights) return;
    const now = performance.now();
    const call = this.around.call();
    const { side } = this.around.own();
    const seats = call?.seats.filter((s) => s.side !== side && s.present && HEARERS.includes(s.role)) ?? [];
    const hearers: Hearer[] = seats.map(({ key, role }) => ({ key, principal: role === 'principal' }));
    const sight: Sight = { ...this.around.sight(), open: isOpen(call), hearers, picture: call?.terms.medium === 'picture', heard: this.heard };
    this.show(lights.look(sight, now));
    this.lookCheck(sight, lights, now);
    this.tell();
  }

  private lookCheck(sight: Sight, lights: Lights, now: number): void {
    const { running } = this;
    if (!running) return;
    const { check, call } = running;
    const before = check.step;
    check.look(
      {
        open: sight.open && this.around.call()?.phase === 'gathering',
        there: sight.hearers.length > 0,
        picture: sight.picture,
        camera: sight.camera,
        microphone: sight.microphone === null && this.shown.faults.captured !== 'muted',
        speaking: lights.speaking && this.around.mic(),
        sent: this.shown.state.sent,
        provenAt: lights.provenAt,
        silent: this.shown.faults.heard === 'silent',
        seenAt: lights.seenAt,
        rttMs: (sight.rttMs ?? 0) + (this.last?.rtt_ms ?? 0),
        lossPermille: this.lossPermille(running.began),
      },
      now,
    );
    if (before === 'speak' && check.step === 'tone') this.playTone();
    const shown: CheckShown = { step: check.step, heard: check.heard, seen: check.seen, phrase: running.phrase, result: check.result };
    if (JSON.stringify(shown) !== JSON.stringify(this.check)) this.check = shown;
    if (!check.result) return;
    this.running = null;
    this.around.send({ t: 'checked', call, result: check.result });
    this.foundTimer = setTimeout(() => this.putAway(), FOUND_MS);
  }

  private playTone(): void {
    const { running } = this;
    if (running?.check.step !== 'tone') return;
    let at = performance.now();
    void this.around
      .tone((share) => {
        const now = performance.now();
        running.check.tone(share, now - at);
        at = now;
        this.look();
      })
      .catch(() => false);
  }

  /** Of what the far side sent since the check began; where that is too little, what the line says. */
  private lossPermille(began: Stats['far']): number {
    let lost = 0;
    let packets = 0;
    for (const track of this.last?.far ?? []) {
      const then = began.find((f) => f.id === track.id);
      lost += Math.max(0, track.lost - (then?.lost ?? 0));
      packets += Math.max(0, track.packets - (then?.packets ?? 0));
    }
    return 1000 * (packets >= PACKETS_LEAST ? lost / (lost + packets) : (this.around.loss() ?? 0));
  }

  private show(shown: Shown): void {
    const text = JSON.stringify(shown);
    if (text === this.told) return;
    this.told = text;
    this.shown = shown;
  }

  private tell(): void {
    const state = this.paced.offer(this.shown.state, performance.now());
    // A socket that is away takes nothing; the node is told when it is back.
    if (state && !this.around.send({ t: 'state', state })) this.paced.forget();
  }
}
