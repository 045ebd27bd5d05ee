// The desk's view model: which page is open, what rings, what was refused, what is offered after a press.

import { metHalfway } from '../record/calls';
import { Tone } from '../media/tone';
import { Trouble } from '../signalling/api';
import type { Aside, CallSeatView, CallSummary, CallView, FromNode, LineView, SeatView, SideView, Terms } from '../signalling/protocol';
import { comma } from './clocks';
import { language } from './language.svelte';
import { nodeTime } from './now.svelte';
import { Session } from './session.svelte';

/** A terminal that was told to check itself and has not answered by then will not. */
const CHECK_MS = 60_000;
/** How long a button says that its word went out. */
const TOLD_MS = 4_000;

export type Page = { is: 'home' } | { is: 'ask'; line: string | null } | { is: 'call'; id: string } | { is: 'counter'; id: string } | { is: 'press' } | { is: 'public'; id: string } | { is: 'clips'; id: string };

export function pageOf(hash: string): Page {
  const [, page, id, more] = hash.split('/');
  if (page === 'ask') return { is: 'ask', line: id ?? null };
  if (page === 'press') return { is: 'press' };
  if (page === 'calls' && id) return { is: more === 'terms' ? 'counter' : more === 'public' || more === 'clips' ? more : 'call', id };
  return { is: 'home' };
}

function without<T>(all: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([k]) => k !== key));
}

export class Desk {
  readonly session: Session;
  page = $state<Page>(pageOf(location.hash));
  ringing = $state<string[]>([]);
  audible = $state(true);
  /** Which command is under way; its button waits. */
  busy = $state<string | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  /** After agreeing: own requests on the same line that are still open. */
  halfway = $state.raw<CallSummary[]>([]);
  seats = $state.raw<SeatView[]>([]);
  /** Seats that were told to check themselves, with the time of what they had found before. */
  private checks = $state.raw<Record<string, string>>({});
  /** Seats that were just asked to speak, or muted. */
  told = $state.raw<Record<string, 'mute' | 'ask'>>({});
  /** How often the node has said that a call's clips changed. */
  clips = $state.raw<Record<string, number>>({});
  private tone: Tone | null = null;

  constructor(seat: string) {
    this.session = new Session(seat, 'desk', (message) => this.hear(message));
    addEventListener('hashchange', () => {
      this.page = pageOf(location.hash);
      this.trouble = null;
      if (this.page.is === 'call') this.answerRing(this.page.id);
    });
    // Browsers let sound out only after a press in the page; any press will do.
    for (const press of ['pointerdown', 'keydown']) addEventListener(press, () => this.wakeTone(), { passive: true });
  }

  get own(): SideView | null {
    return this.session.me?.side ?? null;
  }

  lineOf(call: Pick<CallSummary, 'line'>): LineView | null {
    return this.session.lines.find((l) => l.far.id === call.line) ?? null;
  }

  /** A side of this call by name; a far side that is no longer known keeps the place its terms name. */
  side(id: string, call?: Pick<CallSummary, 'terms'>): { name: string; place: string } {
    if (id === this.own?.id) return this.own;
    const far = this.session.lines.find((l) => l.far.id === id)?.far;
    if (far) return far;
    const place = call?.terms.zones.find((z) => z.side === id)?.place ?? `${id.slice(0, 8)}…`;
    return { name: place, place };
  }

  go(page: string): void {
    location.hash = page;
  }

  /** Runs one command; a refusal becomes a sentence on the page instead of an exception. */
  async run(name: string, work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = name;
    this.trouble = null;
    try {
      await work();
      return true;
    } catch (trouble) {
      this.trouble = trouble instanceof Trouble ? trouble : new Trouble('error', 'page');
      return false;
    } finally {
      this.busy = null;
    }
  }

  act(call: CallView, verb: string, body: unknown = {}): Promise<boolean> {
    return this.run(verb, async () => {
      const before = this.session.calls;
      await this.session.act(call.id, verb, body);
      this.answerRing(call.id);
      if (verb === 'agree' && this.own) this.halfway = metHalfway(before, call, this.own.id);
    });
  }

  /** Closes footage, whatever else is under way. `moment`: of the press, as `performance.now()` has it. */
  async closeFootage(call: CallView, moment: number): Promise<void> {
    try {
      await this.session.act(call.id, 'close', { pressed: nodeTime(moment).toISOString() });
    } catch (trouble) {
      this.trouble = trouble instanceof Trouble ? trouble : new Trouble('error', 'page');
    }
  }

  /** Asks a seat's terminal to check itself. */
  checkSeat(call: CallView, seat: CallSeatView): Promise<boolean> {
    return this.run('check-seat', async () => {
      await this.session.act(call.id, 'check-seat', { seat: seat.seat });
      this.checks = { ...this.checks, [seat.key]: seat.check?.at ?? '' };
      setTimeout(() => (this.checks = without(this.checks, seat.key)), CHECK_MS);
    });
  }

  isChecking(call: CallView, seat: CallSeatView): boolean {
    return call.checking.own && call.checking.far && seat.present && this.checks[seat.key] === (seat.check?.at ?? '');
  }

  /** Mutes an own seat, or asks its person to speak; nobody can switch a microphone on from afar. */
  tellSeat(call: CallView, seat: CallSeatView, what: 'mute' | 'ask'): Promise<boolean> {
    return this.run(what, async () => {
      await this.session.act(call.id, 'seat', { seat: seat.seat, do: what });
      this.told = { ...this.told, [seat.key]: what };
      setTimeout(() => (this.told = without(this.told, seat.key)), TOLD_MS);
    });
  }

  /** Who sits there, with the terminal's name on the own side and the place on the far one. */
  seatName(seat: CallSeatView): string {
    const where = this.seats.find((s) => s.id === seat.seat)?.name ?? seat.place;
    return where ? `${seat.title}${comma(language())}${where}` : seat.title;
  }

  asides(call: string): Aside[] {
    return this.session.asides[call] ?? [];
  }

  /** Withdraws an own request that met the other side's halfway. */
  withdrawOther(other: CallSummary): Promise<boolean> {
    return this.run('withdraw-other', async () => {
      const view = await this.session.get<CallView>(`/api/calls/${other.id}`);
      const offer = view.offers.findLast((o) => o.standing === 'open' && o.by === this.own?.id);
      if (offer) await this.session.act(other.id, 'withdraw', { offer: offer.hash });
      this.halfway = this.halfway.filter((c) => c.id !== other.id);
    });
  }

  ask(line: string, terms: Terms): Promise<boolean> {
    return this.run('ask', async () => {
      const id = await this.session.ask(line, terms);
      this.go(`/calls/${id}`);
    });
  }

  record(call: CallView): Promise<boolean> {
    return this.run('record', async () => {
      const url = URL.createObjectURL(await this.session.record(call.id));
      const link = document.createElement('a');
      link.href = url;
      link.download = `visavis-${call.terms.start.slice(0, 10)}-${call.id.slice(0, 8)}.cbor`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  }

  async loadSeats(): Promise<void> {
    try {
      this.seats = await this.session.get<SeatView[]>('/api/seats');
    } catch {
      // The list of seats is a help for placing people; it is asked for again when the node is back.
    }
  }

  answerRing(id: string): void {
    this.ringing = this.ringing.filter((call) => call !== id);
    if (!this.ringing.length) this.tone?.stop();
  }

  silence(): void {
    this.tone?.stop();
    this.ringing = [];
  }

  /** The first press anywhere lets the bell be heard later, when nobody is at the desk to press. */
  wakeTone(): void {
    if (!this.tone || !this.audible) this.startTone();
  }

  private startTone(): void {
    try {
      this.tone ??= new Tone(new AudioContext());
    } catch {
      return;
    }
    if (this.ringing.length) this.tone.start();
    else this.tone.wake();
    setTimeout(() => {
      this.audible = this.tone?.audible ?? true;
    }, 200);
  }

  private hear(message: FromNode): void {
    if (message.t === 'ready') void this.loadSeats();
    if (message.t === 'ring') {
      if (this.page.is === 'call' && this.page.id === message.call && document.hasFocus()) return;
      if (!this.ringing.includes(message.call)) this.ringing = [...this.ringing, message.call];
      this.startTone();
    }
    if (message.t === 'call') {
      // Answered by another desk of this side, or taken back by the far side: nothing is left to ring for.
      if (!message.call.attention) this.answerRing(message.call.id);
      this.halfway = this.halfway.filter((c) => c.id !== message.call.id || message.call.phase === 'proposed');
    }
    if (message.t === 'clips') this.clips = { ...this.clips, [message.call]: (this.clips[message.call] ?? 0) + 1 };
    if (message.t === 'replaced') this.silence();
    if (message.t === 'refused') this.trouble = new Trouble('refusal', message.code, message.args);
  }
}
