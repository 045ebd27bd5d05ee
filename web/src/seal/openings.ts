// What footage asks of a terminal in its group: the window, a root for each epoch in it, an envelope of that root for
// each recorder, and the leave to seal under it, given again and again. Time and the ways out are given to it.

import { fromHex, toBase64, type Bytes } from './bytes';
import { footageRoot, sealFootage } from './footage';
import type { ToFrames } from './frames.messages';
import { rootKey } from './keys';
import type { FootageSaid, FootageTold, SealToNode } from './messages';
import type { Member } from './mls';
import { RECORDERS_MOST } from './opened';
import { Window, type WindowSight, type WindowState } from './window';

/** Frames of others that were under way when footage closed still open for so long: the lease, and a second on the way. Milliseconds. */
export const LINGER_MS = 3_000;

const CLOSED: FootageSaid = { is: 'closed', context: null, why: null };

interface Deps {
  call: string;
  send(message: SealToNode): void;
  frames(message: ToFrames): void;
  footage(said: FootageSaid): void;
}

export interface OpeningsSight extends WindowSight {
  /** Null while this terminal is no member, or may not send. */
  member: Pick<Member, 'group' | 'epoch' | 'export'> | null;
  online: boolean;
}

/** One epoch of one group under certain Open statements. */
interface Place {
  group: string;
  epoch: number;
  context: string;
  /** Every recorder that was entitled to this epoch's root at any time. */
  entitled: Set<string>;
  /** Those to whom it was sent since the socket was last ready. */
  sent: Set<string>;
  /** Somebody may hold the root of this epoch who should not: nothing is sealed under it. */
  spoilt: boolean;
}

export class Openings {
  private readonly window = new Window();
  private told: FootageTold | null = null;
  private place: Place | null = null;
  /** Epochs whose footage root the frames' worker has. */
  private rooted = new Set<number>();
  private lingerUntil = Infinity;
  private until = -Infinity;
  private permitted: string | null = null;
  private said = JSON.stringify(CLOSED);
  /** A closing of this terminal's own that its node has not been told yet. */
  private unsaid: { context: string; why: 'clock' | 'lease' } | null = null;

  constructor(private readonly deps: Deps) {}

  /** What this terminal's own check of the record says; null: no Opens stand. */
  tell(told: FootageTold | null, now: number): void {
    this.told = told && { ...told, recorders: told.recorders.slice(0, RECORDERS_MOST) };
    this.window.tell(told, now);
  }

  /** Somebody here pressed Close. */
  press(context: string): void {
    if (this.told?.context === context) this.window.close('close');
  }

  /** The socket is ready again: what went out on the one before may be lost. */
  again(): void {
    this.place?.sent.clear();
  }

  /** The group was left, and with it its epochs. */
  left(): void {
    this.place = null;
    this.rooted.clear();
  }

  /** Whether the present epoch must give way to another, so that somebody who holds its root can open nothing more. */
  get renews(): boolean {
    return this.place?.spoilt ?? false;
  }

  next(sight: Pick<WindowSight, 'now' | 'heardAt'>): number {
    return Math.min(this.window.next(sight), this.rooted.size > 0 ? this.lingerUntil : Infinity);
  }

  /** What follows at this moment. `clock`: the time after something was waited for. */
  async settle(sight: OpeningsSight, clock: () => number): Promise<void> {
    const state = this.window.look(sight);
    this.note(state, sight.now);
    if (state.is === 'closed') return this.closed(state, sight);
    this.lingerUntil = Infinity;
    if (sight.member) await this.rooting(sight.member, state, sight.online);
    this.permit({ ...sight, now: clock() });
  }

  /** Shown at each change. */
  private note(state: WindowState, now: number): void {
    const said: FootageSaid = state.is === 'closed' ? state : { is: state.is, context: state.context, leftMs: Math.max(0, state.endsAt - now) };
    // What is left runs by itself; when it ends is what may change.
    const text = JSON.stringify(state.is === 'closed' ? state : { is: state.is, context: state.context, endsAt: Math.round(state.endsAt / 100) });
    if (text === this.said) return;
    this.said = text;
    this.deps.footage(said);
    if (state.is === 'closed' && state.context !== null && state.why !== null && state.why !== 'close') this.unsaid = { context: state.context, why: state.why };
  }

  private closed(state: WindowState & { is: 'closed' }, { now, online }: OpeningsSight): void {
    this.end();
    this.place = null;
    if (this.rooted.size > 0) {
      if (this.lingerUntil === Infinity) this.lingerUntil = now + LINGER_MS;
      if (now >= this.lingerUntil) {
        for (const epoch of this.rooted) this.deps.frames({ do: 'footage', epoch, root: null });
        this.rooted.clear();
      }
    }
    // Once the Opens stand no more, there is nothing left to close.
    if (this.unsaid?.context !== this.told?.context) this.unsaid = null;
    if (!this.unsaid || !online || state.why === 'close') return;
    this.deps.send({ t: 'footage.closed', call: this.deps.call, why: this.unsaid.why });
    this.unsaid = null;
  }

  /** The frames' worker goes back to the sealed key. */
  private end(): void {
    if (this.permitted !== null) this.deps.frames({ do: 'permit', context: this.permitted, ms: 0 });
    this.permitted = null;
    this.until = -Infinity;
  }

  /** Leave to seal under footage until the next look is due, and no longer. */
  private permit(sight: OpeningsSight): void {
    const until = this.window.sendsUntil(sight);
    const { place } = this;
    if (until === null || !place || place.spoilt || !sight.member) return this.end();
    if (until === this.until && this.permitted === place.context) return;
    this.until = until;
    this.permitted = place.context;
    this.deps.frames({ do: 'permit', context: place.context, ms: until - sight.now });
  }

  private async rooting(member: NonNullable<OpeningsSight['member']>, state: WindowState, online: boolean): Promise<void> {
    const { told } = this;
    if (!told) return;
    const { group, epoch } = member;
    const here = this.place;
    if (here?.group !== group || here.epoch !== epoch || here.context !== told.context) {
      this.place = { group, epoch, context: told.context, entitled: new Set(told.recorders), sent: new Set(), spoilt: false };
    }
    const place = this.place!;
    const spoilt = [...place.entitled].some((recorder) => !told.recorders.includes(recorder));
    // Whoever was struck may hold the root: not one frame more under it, also while the next epoch is not in use yet.
    if (spoilt && !place.spoilt) {
      place.spoilt = true;
      this.end();
      this.deps.frames({ do: 'footage', epoch, root: null });
    }
    if (place.spoilt) return;
    for (const recorder of told.recorders) place.entitled.add(recorder);
    const fresh = !this.rooted.has(epoch) || here !== place;
    const lit = state.is === 'light' || state.is === 'open';
    const due = online && lit && told.named ? told.recorders.filter((recorder) => !place.sent.has(recorder)) : [];
    const context = fromHex(told.context);
    if ((!fresh && due.length === 0) || !context) return;
    const root = await footageRoot(member, context);
    try {
      if (fresh) {
        this.deps.frames({ do: 'footage', epoch, root: await rootKey(root.slice()), context: told.context });
        this.rooted.add(epoch);
      }
      for (const recorder of due) await this.envelope(root, place, recorder, context);
    } finally {
      root.fill(0);
    }
  }

  private async envelope(root: Bytes, place: Place, recorder: string, context: Bytes): Promise<void> {
    place.sent.add(recorder);
    const [key, group] = [fromHex(recorder), fromHex(place.group)];
    if (key?.length !== 32 || group?.length !== 16) return;
    // A key that is no point of the curve's good part is its side's own trouble: nothing is sent to it.
    const envelope = await sealFootage(root, { recorder: key, group, epoch: place.epoch, context }).catch(() => null);
    if (!envelope) return;
    const { epoch } = place;
    this.deps.send({ t: 'footage.root', call: this.deps.call, group: place.group, epoch, context: place.context, recorder, envelope: toBase64(envelope) });
  }
}
