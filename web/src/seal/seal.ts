// One call's sealing as a terminal holds it: the record that it checks itself, the group's worker, the frames' worker,
// and what a person is told of them. It holds no secret: keys and roots stay in the workers.

import { Record as CallRecord, STATEMENT_BYTES_MAX, type State } from '../record/verify';
import type { Guard } from '../media/connection';
import type { FromNode, ToNode, TrackView } from '../signalling/protocol';
import { SealGuard, type TrackCounts } from './guard';
import { fromBase64 } from './bytes';
import { type Opened, openedBy } from './opened';
import { Remembered } from './remembered';
import { sealSeats } from './seats';
import type { FootageSaid, FromGroup, SealFromNode, SealSeat, SealStatus, SealToNode, ToGroup } from './messages';

/** Frames that did not open: so many in one look at the counts let the mark fall... */
const FALLEN_FRAMES = 3;
/** ...for this long after the last such look. Milliseconds. */
const FALLEN_MS = 5_000;
/** What two clocks of one side may be apart when one of them says when footage ends. Milliseconds. */
const SLACK_MS = 2_000;

/** What a person is told. */
export interface SealView {
  status: SealStatus | null;
  /** Frames came lately that the seat did not seal, or not for this place. They were dropped. */
  fallen: boolean;
  /** Sealing stopped for good in this page: frames went past the worker, or a worker is gone. */
  broken: boolean;
}

/** Whether frames that passed since the last counts were under footage keys. */
export interface Flows {
  sent: boolean;
  received: boolean;
}

type Close = ToNode & { t: 'footage.close' };

export interface SealEvents {
  send(message: SealToNode | Close): boolean;
  changed(view: SealView): void;
  /** How the window of footage stands, at each change. */
  footage(said: FootageSaid): void;
  /** Frames of this terminal, and of others that opened, were under footage keys just now. */
  flows(footage: Flows): void;
  /** Sealing is over in this page: all media must stop. */
  broken(): void;
  /** A note of another member's page, opened. `from`: its seat's key. */
  note(from: string, kind: number, bytes: Uint8Array): void;
}

/** The terminal's own, from its enrolment. */
export interface Holder {
  seat: string;
  key: CryptoKey;
  side: string;
  sideKey: string;
}

export class Seal {
  readonly guard: Guard;
  private readonly frames: SealGuard;
  private readonly group: Worker;
  private record: Promise<CallRecord>;
  private work: Promise<void> = Promise.resolve();
  private seats: SealSeat[] = [];
  private view: SealView = { status: null, fallen: false, broken: false };
  private failed = new Map<number, number>();
  private sealed = new Map<number, number>();
  private footage = new Map<number, number>();
  private opened: Opened | null = null;
  private readonly seat: string;
  private readonly remembered: Remembered;
  /** When its node says that footage ends, by this machine's clock. It can only shorten. */
  private endsAt = Infinity;
  /** Close was pressed here for these Opens, and the node could not be told. */
  private unsaid: { context: string; close: Close } | null = null;
  private risen: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    holder: Holder,
    private call: string,
    private events: SealEvents,
  ) {
    this.record = CallRecord.open(holder.side, holder.sideKey, call);
    this.seat = holder.seat;
    this.remembered = new Remembered(holder.seat, localStorage, Date.now);
    this.frames = new SealGuard(holder.seat, {
      counts: (counts) => this.count(counts),
      breach: () => this.breach(),
      broken: () => this.breach(),
    });
    this.guard = this.frames;
    this.group = new Worker(new URL('./group.worker.ts', import.meta.url), { type: 'module', name: 'group' });
    this.group.addEventListener('message', ({ data }: MessageEvent<FromGroup>) => this.heard(data));
    this.group.addEventListener('error', () => this.breach());
    const { port1, port2 } = new MessageChannel();
    this.frames.join(port1);
    this.tell({ do: 'frames', port: port2 }, [port2]);
    this.tell({ do: 'open', call, seat: holder.seat, key: holder.key, seats: [] });
  }

  /** The socket is ready or gone. */
  online(online: boolean): void {
    this.tell({ do: 'online', online });
  }

  take(message: FromNode): void {
    if (!('call' in message) || message.call !== this.call) return;
    if (message.t === 'chain') this.work = this.work.then(() => this.chain(message)).catch(() => this.breach());
    else if (message.t.startsWith('seal.')) this.tell({ do: 'node', message: message as SealFromNode });
  }

  /** A note of the page's own to every other terminal, sealed; nothing goes while this one may not send. */
  note(kind: number, bytes: Uint8Array): void {
    this.tell({ do: 'note', kind, bytes });
  }

  /** Somebody at this terminal closes footage: here at once and for good, whoever can be told of it. `pressed`: when, by the node's clock. */
  closeFootage(pressed: Date): void {
    const { context } = this.opened ?? {};
    if (context) this.shut(context);
    if (context) this.tell({ do: 'footage.press', context });
    const close: Close = { t: 'footage.close', call: this.call, pressed: pressed.toISOString() };
    this.unsaid = !this.events.send(close) && context ? { context, close } : null;
  }

  /** When the node says that footage ends, by this machine's clock; null: it says nothing. */
  footageEnds(at: number | null): void {
    const endsAt = at ?? Infinity;
    if (endsAt === this.endsAt) return;
    this.endsAt = endsAt;
    this.told();
  }

  /** How many frames of this terminal's sound were sealed so far, as the worker counts. */
  get sealedSound(): number {
    return [...this.sealed.values()].reduce((sum, passed) => sum + passed, 0);
  }

  close(): void {
    if (this.closed) return;
    clearTimeout(this.risen);
    this.tell({ do: 'close' });
    this.closed = true;
    this.frames.close();
    // The worker says goodbye to the group before it goes.
    setTimeout(() => this.group.terminate(), 1_000);
  }

  private tell(message: ToGroup, transfer: Transferable[] = []): void {
    if (!this.closed) this.group.postMessage(message, { transfer });
  }

  /** Statements as the node hands them on. What is refused is left out, and nothing rests on it. */
  private async chain({ sides, statements }: FromNode & { t: 'chain' }): Promise<void> {
    const record = await this.record;
    const keys = sides.map(({ key, rekeys }) => ({ key, rekeys: rekeys.flatMap((one) => fromBase64(one, STATEMENT_BYTES_MAX) ?? []) }));
    // The far side's key is believed by the first offer, which may stand in this very message.
    for (const { key, rekeys } of keys) await record.addSide(key, rekeys);
    for (const one of statements) {
      const bytes = fromBase64(one, STATEMENT_BYTES_MAX);
      if (bytes) await record.insert(bytes);
    }
    for (const { key, rekeys } of keys) await record.addSide(key, rekeys);
    if (this.closed) return;
    this.judge(record);
    await this.window(record);
  }

  /** Whether footage is open, by the record alone. What closes goes past the group, which may have other things to do. */
  private async window(record: CallRecord): Promise<void> {
    const opened = await openedBy(record.state(), record.introduced, this.seat);
    if (this.closed) return;
    const before = this.opened?.context;
    if (before && before !== opened?.context) {
      this.shut(before);
      // What its node said was of the window before.
      this.endsAt = Infinity;
    }
    this.opened = opened;
    this.told();
    if (!this.unsaid) return;
    if (this.unsaid.context !== opened?.context || this.events.send(this.unsaid.close)) this.unsaid = null;
  }

  private told(): void {
    const { opened } = this;
    const left = opened && Math.min(opened.lengthMs - this.remembered.spent(opened.context), this.endsAt - Date.now() + SLACK_MS);
    this.tell({ do: 'footage', told: opened && left !== null ? { ...opened, leftMs: Math.max(0, left) } : null });
  }

  private shut(context: string): void {
    this.frames.shut(context);
    this.remembered.closed(context);
  }

  private judge(record: CallRecord): void {
    const state: State | null = record.state();
    this.seats = sealSeats(state, record.introduced);
    this.tell({ do: 'seats', seats: this.seats });
    const good = new Map(this.seats.filter((seat) => seat.good).map((seat) => [seat.key, seat.side]));
    const persons = new Map((state?.seats ?? []).map((seat) => [seat.key, seat.person]));
    // Whose a track is its node says; that this seat is that person's, and good, the record says.
    this.frames.setSeats((track: TrackView) => (good.get(track.key) === track.side && persons.get(track.key) === track.person ? track.key : null));
  }

  private heard(message: FromGroup): void {
    if (this.closed) return;
    if (message.say === 'send') this.events.send(message.message);
    else if (message.say === 'status') this.show({ status: message.status });
    else if (message.say === 'footage') {
      if (message.said.is === 'closed' && message.said.context !== null) this.shut(message.said.context);
      this.events.footage(message.said);
    } else if (message.say === 'note') this.events.note(message.from, message.kind, message.bytes);
  }

  private count(counts: TrackCounts[]): void {
    let more = 0;
    const flows: Flows = { sent: false, received: false };
    for (const { id, way, kind, passed, footage, failed, replayed } of counts) {
      if (footage > (this.footage.get(id) ?? 0)) flows[way === 'send' ? 'sent' : 'received'] = true;
      this.footage.set(id, footage);
      if (way === 'send' && kind === 'sound') this.sealed.set(id, passed);
      if (way !== 'receive') continue;
      more += failed + replayed - (this.failed.get(id) ?? 0);
      this.failed.set(id, failed + replayed);
    }
    this.events.flows(flows);
    if (more < FALLEN_FRAMES) return;
    this.show({ fallen: true });
    clearTimeout(this.risen);
    this.risen = setTimeout(() => this.show({ fallen: false }), FALLEN_MS);
  }

  private breach(): void {
    if (this.closed) return;
    this.show({ broken: true });
    this.frames.close();
    this.events.broken();
  }

  private show(change: Partial<SealView>): void {
    if (this.closed) return;
    this.view = { ...this.view, ...change };
    this.events.changed(this.view);
  }
}
