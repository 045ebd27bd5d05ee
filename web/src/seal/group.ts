// The MLS group of one call as one terminal takes part in it: when it creates, joins, commits, applies, leaves and says
// that something is wrong. Time, randomness and delivery are given to it. One thing happens at a time: what comes in
// waits its turn, so no await can see half a change. Whatever comes in wrong leaves the present state as it is.

import { type Bytes, fromBase64, same, toBase64 } from './bytes';
import { Epochs, rootOf } from './epochs';
import type { GroupDeps } from './deps';
import { Heard, LEASE_MS } from './heard';
import { type Alarm, type FootageTold, MAX_COMMIT, MAX_WELCOME, type SealFromNode, type SealSeat } from './messages';
import { type Applied, type Member, MlsRefused } from './mls';
import { HEARTBEAT } from './notes';
import { Openings } from './openings';
import { Outside } from './outside';
import { Past } from './past';
import { type View, make, need } from './plan';
import { Proposals } from './proposals';
import { Seats } from './seats';
import { isSealMessage } from './shape';
import { Spoken } from './spoken';
import { HEARTBEAT_MS, Talk } from './talk';
import { Told } from './told';
import { Waiting, mark } from './waiting';

/** The old epoch is sent under for so long at most after the next one was applied. Milliseconds. */
const SWITCH_MS = 1_000;
/** A commit or Welcome with a seat that the record does not name yet waits so long for the record. Milliseconds. */
export const HOLD_MS = 5_000;
/** Behind what others send for so long: this terminal leaves and joins anew. Milliseconds. */
const BEHIND_MS = 3_000;
/** At most one question for what was accepted in this time. Milliseconds. */
const SINCE_MS = 1_000;
/** Messages that wait their turn. */
const QUEUE_MOST = 512;

type CommitMessage = SealFromNode & { t: 'seal.commit' };

export class Group {
  private work: Promise<void> = Promise.resolve();
  private queued = 0;
  private readonly seated = new Seats();
  private isOnline = false;
  private closed = false;
  private alarmed: Alarm | null = null;

  private member: Member | null = null;
  private joinedAt: number | null = null;
  private appliedAt = 0;
  private renewedAt = 0;
  /** This epoch excludes somebody who could read the one before: it is sent under at once. */
  private urgent = false;
  private readonly past = new Past();
  private heldCommit: { message: CommitMessage; until: number } | null = null;
  private behindSince: number | null = null;
  private unreadable = 0;
  private sinceAt = -Infinity;
  private needSeen: { name: string; at: number } | null = null;
  private stuckSince: number | null = null;
  private tryAt = 0;

  private readonly outside: Outside;
  private readonly waiting: Waiting;
  private readonly proposals = new Proposals();
  private readonly epochs: Epochs;
  private readonly heard = new Heard();
  private spoken = new Spoken();
  private readonly talk: Talk;
  private readonly told: Told;
  private readonly openings: Openings;

  constructor(private readonly deps: GroupDeps) {
    this.waiting = new Waiting(deps.mls);
    this.epochs = new Epochs(deps.frames);
    this.told = new Told(this.seated, this.heard, deps);
    this.openings = new Openings(deps);
    const out = (bytes: string) => deps.send({ t: 'seal.note', call: deps.call, bytes });
    this.talk = new Talk({ ...deps, out }, this.epochs, this.heard);
    this.outside = new Outside(deps, this.waiting, this.proposals, this.seated.good);
  }

  /** The whole set of seats, as this terminal's own check of the record has it. */
  seats(list: readonly SealSeat[]): Promise<void> {
    return this.run(() => this.seated.set(list));
  }

  /** The socket is ready, or gone. After each readiness the node is told and asked everything anew. */
  online(online: boolean): Promise<void> {
    return this.run(() => {
      this.isOnline = online;
      this.waiting.told = false;
      this.sinceAt = -Infinity;
      this.openings.again();
      if (!online) return;
      if (this.alarmed) return this.outside.withdraw();
      if (this.member) this.deps.send({ t: 'seal.package', call: this.deps.call, bytes: null });
      else this.outside.renew();
      this.ask();
    });
  }

  /** What the node said. Anything that is not as it should be is dropped. */
  take(message: SealFromNode): Promise<void> {
    return this.run(async () => {
      if (!isSealMessage(message) || message.call !== this.deps.call || this.alarmed) return;
      if (message.t === 'seal.packages') await this.waiting.take(message.packages);
      else if (message.t === 'seal.commit') await this.takeCommit(message);
      else if (message.t === 'seal.late') this.late(message);
      else if (message.t === 'seal.away') this.proposals.isAway(this.deps.now());
      else if (message.t === 'seal.note') await this.takeNote(message.from, message.bytes);
    });
  }

  /** Sends a note of the page's own to every other terminal, if this one may send. */
  note(kind: number, bytes: Uint8Array): Promise<void> {
    return this.run(async () => {
      if (kind !== HEARTBEAT && this.member && this.isOnline && !this.blocked()) await this.talk.send(this.member, kind, bytes);
    });
  }

  /** What this terminal's own check of the record says about footage. */
  footage(told: FootageTold | null): Promise<void> {
    return this.run(() => this.openings.tell(told, this.deps.now()));
  }

  /** Somebody at this terminal pressed Close: these Opens open nothing here any more. */
  pressed(context: string): Promise<void> {
    return this.run(() => this.openings.press(context));
  }

  tick(): Promise<void> {
    return this.run(() => undefined);
  }

  /** When `tick` is wanted at the latest. */
  next(): number {
    const now = this.deps.now();
    const quiet = this.isOnline && this.member && !this.needSeen && this.epochs.sending === this.member.epoch;
    const due = quiet ? this.talk.beatAt + HEARTBEAT_MS : now + 100;
    return Math.max(now + 20, Math.min(due, this.openings.next({ now, heardAt: this.farAt() })));
  }

  /** Whether an authenticated heartbeat of the far side came within the lease. */
  farHeard(now: number): boolean {
    return now - this.farAt() <= LEASE_MS;
  }

  /** When anybody of the far side was last heard. */
  private farAt(): number {
    return Math.max(-Infinity, ...this.far().map((key) => this.heard.at(key)));
  }

  /** The seat keys of the present members. */
  inspect(): string[] {
    return this.member?.leaves.map((l) => l.key) ?? [];
  }

  /** The call is over: nothing is sent or opened any more. */
  close(): Promise<void> {
    return this.run(() => {
      this.closed = true;
      this.drop();
      this.outside.withdraw();
    });
  }

  private run(task: () => Promise<void> | void): Promise<void> {
    // Too much at once: what is lost shows as a gap, and is asked for again.
    if (this.queued >= QUEUE_MOST || this.closed) return this.work;
    this.queued += 1;
    this.work = this.work
      .then(task)
      .then(() => (this.closed ? undefined : this.settle()))
      .catch(() => this.rejoin())
      .finally(() => (this.queued -= 1));
    return this.work;
  }

  private others(): string[] {
    return this.member?.leaves.map((l) => l.key).filter((key) => key !== this.deps.seat) ?? [];
  }

  private far(): string[] {
    return this.others().filter((key) => this.seated.good(key) && this.seated.apart(key, this.deps.seat));
  }

  private ask(): void {
    const now = this.deps.now();
    if (!this.isOnline || now - this.sinceAt < SINCE_MS) return;
    this.sinceAt = now;
    this.deps.send({ t: 'seal.since', call: this.deps.call, group: this.member?.group ?? null, epoch: this.member?.epoch ?? 0 });
  }

  private raise(alarm: Alarm): void {
    this.alarmed = alarm;
    this.epochs.clear();
    this.proposals.clear(null);
    this.outside.withdraw();
  }

  /** Out of the group, secrets gone. */
  private drop(): void {
    this.member?.wipe();
    this.member = null;
    this.joinedAt = null;
    this.openings.left();
    this.epochs.clear();
    this.proposals.clear(null);
    this.heard.clear();
    this.spoken = new Spoken();
    this.past.leave();
    this.heldCommit = null;
    this.behindSince = null;
    this.unreadable = 0;
    this.stuckSince = null;
    this.needSeen = null;
  }

  /** Cannot go on in this state: leave, and join with a fresh key package. */
  private rejoin(): void {
    this.drop();
    this.outside.renew();
    this.sinceAt = -Infinity;
    this.ask();
  }

  private async takeCommit(message: CommitMessage): Promise<void> {
    const { group, epoch } = message;
    const whole = /^[0-9a-f]{32}$/.test(group) && Number.isSafeInteger(epoch) && epoch >= 0;
    const commit = fromBase64(message.commit, MAX_COMMIT);
    const welcome = message.welcome === null ? null : fromBase64(message.welcome, MAX_WELCOME);
    if (!whole || !commit || (message.welcome !== null && !welcome) || this.past.isOver(group)) return;
    if (this.member && group !== this.member.group) {
      this.past.end(this.member.group);
      this.rejoin();
    }
    if (this.member) return this.follow(this.member, message, commit);
    const joined = await this.outside.commit(group, epoch, commit, welcome);
    if (joined) await this.joined(joined);
  }

  private async joined(member: Member): Promise<void> {
    this.outside.joined();
    this.joinedAt = this.deps.now();
    this.renewedAt = this.joinedAt;
    await this.adopt(member, null);
    this.sinceAt = -Infinity;
    this.ask();
  }

  /** A commit of the group that this terminal is in. */
  private async follow(member: Member, message: CommitMessage, commit: Bytes): Promise<void> {
    const { epoch } = message;
    if (await this.past.forks(epoch, commit)) return this.raise('fork');
    if (epoch < member.epoch || this.heldCommit) return;
    if (epoch > member.epoch) return this.behind();
    const own = this.proposals.find(member.group, epoch, commit);
    if (own) {
      const added = own.leaves.filter((l) => !member.leaves.some((m) => same(m.signature, l.signature)));
      for (const { signature } of added) this.waiting.spend(mark(signature));
      const removed = member.leaves.filter((l) => !own.leaves.some((o) => o.leaf === l.leaf && o.key === l.key));
      return this.adopt(own, { commit, renewed: removed.length > 0 || added.length === 0 || added.some((l) => l.leaf === own.self) });
    }
    let applied: Applied;
    try {
      applied = await member.apply(commit);
    } catch (error) {
      if (error instanceof MlsRefused && error.why === 'forbidden') return this.raise('forbidden');
      // Perhaps it was broken on the way: the second time it is not.
      this.unreadable += 1;
      return this.unreadable > 1 ? this.rejoin() : this.ask();
    }
    const { next } = applied;
    if (next === 'removed') return this.rejoin();
    if (!next.leaves.every((l) => this.seated.good(l.key) || this.seated.everGood(l.key) || member.leaves.some((m) => m.key === l.key))) {
      next.wipe();
      this.heldCommit = { message, until: this.deps.now() + HOLD_MS };
      return;
    }
    for (const bytes of applied.added) this.waiting.spend(await this.deps.mls.read(bytes).then((p) => mark(p.keyPackage.leafNode.signature)));
    await this.adopt(next, { commit, renewed: applied.renewed });
  }

  private async adopt(next: Member, by: { commit: Bytes; renewed: boolean } | null): Promise<void> {
    const now = this.deps.now();
    const old = this.member;
    const root = await rootOf(next);
    if (by && old) await this.past.add(old.epoch, by.commit);
    const both = new Set(next.leaves.flatMap((l) => this.seated.side(l.key) ?? [])).size > 1;
    this.spoken.epoch(next.epoch, await next.export('visavis words', new Uint8Array(), 16), both, next.epoch === 1);
    this.epochs.add(next.group, next.epoch, root);
    this.urgent = old?.leaves.some((l) => !next.leaves.some((n) => n.key === l.key)) ?? false;
    this.member = next;
    this.appliedAt = now;
    if (by?.renewed) this.renewedAt = now;
    old?.wipe();
    this.proposals.clear(next);
    this.heard.keep(next.leaves.map((l) => l.key));
    this.heard.renew();
    this.behindSince = null;
    this.unreadable = 0;
    this.needSeen = null;
    this.stuckSince = null;
    this.tryAt = 0;
    // Others may use the epoch as soon as they know that this terminal has it.
    await this.heartbeat();
  }

  private behind(): void {
    this.behindSince ??= this.deps.now();
    this.ask();
  }

  private late({ group, epoch }: { group: string; epoch: number }): void {
    if (!this.proposals.late(group, epoch, this.deps.now())) return;
    this.sinceAt = -Infinity;
    this.ask();
  }

  private async takeNote(from: string, text: string): Promise<void> {
    const { member } = this;
    if (!member || !this.others().includes(from) || !this.seated.good(from)) return;
    const follows = await this.talk.take(member, from, text, this.spoken, this.deps.now());
    if (follows === 'behind') this.behind();
    else if (follows) this.raise(follows);
  }

  private async heartbeat(): Promise<void> {
    if (this.member && this.isOnline && !this.blocked()) await this.talk.beat(this.member, this.spoken, this.deps.now());
  }

  /** Somebody who is not good could read what this terminal would send. */
  private blocked(): boolean {
    return this.alarmed !== null || !this.member || !this.member.leaves.every((l) => this.seated.good(l.key));
  }

  /** After everything that happens: what follows from the present state at the present time. */
  private async settle(): Promise<void> {
    const now = this.deps.now();
    if (!this.alarmed && this.heard.split(now)) this.raise('split');
    if (this.alarmed) {
      await this.opening();
      return this.tell(now);
    }
    if (!this.seated.good(this.deps.seat)) {
      if (this.member || this.outside.waits) {
        this.drop();
        this.outside.withdraw();
      }
      await this.opening();
      return this.tell(now);
    }
    if (this.heldCommit) await this.retry(now);
    if (this.behindSince !== null && now - this.behindSince >= BEHIND_MS) this.rejoin();
    if (this.proposals.overdue(now)) this.ask();
    this.epochs.tick(now);
    await this.opening();
    this.switch(now);
    if (this.member) {
      this.spoken.tick(this.far().some((key) => this.heard.at(key) > -Infinity), now);
      if (now - this.talk.beatAt >= HEARTBEAT_MS) await this.heartbeat();
      if (this.isOnline) await this.propose(this.member, now);
    } else if (this.isOnline) {
      const joined = await this.outside.settle(now);
      if (joined) await this.joined(joined);
      if (this.outside.asks(now)) this.ask();
    }
    await this.tell(now);
  }

  /** Footage, before the epoch that it may be in is sent under. */
  private async opening(): Promise<void> {
    const member = this.blocked() ? null : this.member;
    const { joinedAt, isOnline: online, deps } = this;
    await this.openings.settle({ now: deps.now(), joinedAt, heardAt: this.farAt(), member, online }, deps.now);
  }

  private async retry(now: number): Promise<void> {
    const { message, until } = this.heldCommit!;
    this.heldCommit = null;
    await this.takeCommit(message);
    // Held again: the record still does not name the seat.
    const held = this.heldCommit as { message: CommitMessage; until: number } | null;
    if (held && now >= until) this.raise('forbidden');
    else if (held) held.until = until;
    else this.ask();
  }

  /** Make before break: the new epoch is sent under once everyone can open it, or soon after. */
  private switch(now: number): void {
    const { member } = this;
    if (this.blocked() || !member) return this.epochs.stop();
    const ready = this.urgent || now - this.appliedAt >= SWITCH_MS || this.others().every((key) => this.heard.confirmed(key, member.epoch));
    if (ready) this.epochs.send(member.epoch, now);
  }

  private async propose(member: Member, now: number): Promise<void> {
    if (this.heldCommit || this.behindSince !== null || !this.proposals.free(now) || now < this.tryAt) return;
    const wanted = need(member, this.waiting, this.view(now));
    if (!wanted) {
      this.needSeen = null;
      return;
    }
    if (this.needSeen?.name !== wanted.name) this.needSeen = { name: wanted.name, at: now };
    if (now - this.needSeen.at < wanted.delay) return;
    let proposal = this.proposals.again(member.group, member.epoch, wanted.name);
    if (!proposal) {
      const made = await make(member, wanted);
      // A tree that takes no newcomer yet: those that it does not know must commit first.
      this.stuckSince = made ? null : (this.stuckSince ?? now);
      if (!made) this.tryAt = now + 1_000;
      if (!made) return;
      proposal = { group: member.group, epoch: member.epoch, need: wanted.name, ...made };
    }
    this.proposals.sent(proposal, now);
    const { commit, welcome, group, epoch } = proposal;
    this.deps.send({ t: 'seal.commit', call: this.deps.call, group, epoch, commit: toBase64(commit), welcome: welcome && toBase64(welcome) });
  }

  private view(now: number): View {
    return {
      me: this.deps.seat,
      now,
      good: this.seated.good,
      alive: (key) => this.heard.alive(key, now),
      heard: (key) => Math.max(this.heard.at(key), this.appliedAt),
      appliedAt: this.appliedAt,
      renewedAt: this.openings.renews ? -Infinity : this.renewedAt,
      stuckSince: this.stuckSince,
    };
  }

  private tell(now: number): Promise<void> {
    const { member, appliedAt, spoken } = this;
    const farEver = this.far().some((key) => this.heard.at(key) > -Infinity);
    return this.told.tell({
      seat: this.deps.seat,
      member,
      alarm: this.alarmed,
      blocked: this.blocked(),
      sending: this.epochs.sending !== null,
      appliedAt,
      spoken,
      farEver,
      lease: this.farHeard(now),
      now,
    });
  }
}
