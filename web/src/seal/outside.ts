// What a terminal does while it is no member: it waits with a key package, looks for itself in every Welcome, and
// creates the group when nobody else is in one.

import { hex } from '../signalling/proofs';
import { type Bytes, toBase64 } from './bytes';
import type { SealToNode } from './messages';
import { MAX_COMMIT, MAX_WELCOME, NONE } from './messages';
import type { Member, Mls, OwnPackage } from './mls';
import type { Proposals } from './proposals';
import type { Waiting } from './waiting';

/** Who waits with the first key creates the group after so long; each later one leaves it as much again. Milliseconds. */
const CREATE_MS = 300;
/** A group is there but takes nobody in: perhaps nobody of it is left. Milliseconds. */
const EMPTY_MS = 3_000;
/** No Welcome for a package: what was accepted is asked for, then the package is taken to be lost. Milliseconds. */
const ASK_MS = 4_000;
const LOST_MS = 9_000;
/** At most one fresh package in this time. Milliseconds. */
const FRESH_MS = 1_000;
/** A Welcome with a seat that the record does not name yet waits so long for the record. Milliseconds. */
const HOLD_MS = 5_000;
const ADDS_MOST = 16;

interface Deps {
  call: string;
  seat: string;
  mls: Mls;
  now(): number;
  random(length: number): Bytes;
  send(message: SealToNode): void;
}

export class Outside {
  private own: { package: OwnPackage; at: number } | null = null;
  private wantFresh = true;
  private freshAt = -Infinity;
  private askedAt = -Infinity;
  /** A group's commits were seen, so that it is for its members to take this terminal in. */
  private known: string | null = null;
  private knownAt = 0;
  /** Since when nothing stands against creating a group. */
  private ready: number | null = null;
  private candidate: { member: Member; until: number } | null = null;

  constructor(
    private readonly deps: Deps,
    private readonly waiting: Waiting,
    private readonly proposals: Proposals,
    private readonly good: (key: string) => boolean,
  ) {}

  get waits(): boolean {
    return this.own !== null;
  }

  /** A fresh package at the next occasion: the one before may have been used. */
  renew(): void {
    this.own = null;
    this.candidate?.member.wipe();
    this.candidate = null;
    this.wantFresh = true;
    this.ready = null;
  }

  withdraw(): void {
    this.renew();
    this.deps.send({ t: 'seal.package', call: this.deps.call, bytes: NONE });
  }

  joined(): void {
    this.own = null;
    this.candidate = null;
    this.wantFresh = false;
    this.known = null;
    this.ready = null;
    this.deps.send({ t: 'seal.package', call: this.deps.call, bytes: null });
  }

  /** An accepted commit; the member that this terminal has become by it, or null. */
  async commit(group: string, epoch: number, commit: Bytes, welcome: Bytes | null): Promise<Member | null> {
    this.known = group;
    this.knownAt = this.deps.now();
    const created = this.proposals.find(group, epoch, commit);
    if (created) return this.ifGood(created);
    if (!welcome || !this.own || this.candidate) return null;
    let member: Member | null;
    try {
      member = await this.deps.mls.join(welcome, this.own.package);
    } catch {
      // It names this package, and does not hold: the package has been used up.
      this.renew();
      return null;
    }
    if (member && (member.group !== group || member.epoch !== epoch + 1)) {
      this.renew();
      return null;
    }
    return member && this.ifGood(member);
  }

  /** Nobody joins a group with a member whom the record does not name: it waits for the record, and then gives up. */
  private ifGood(member: Member): Member | null {
    if (member.leaves.every((l) => this.good(l.key))) return member;
    this.candidate = { member, until: this.deps.now() + HOLD_MS };
    return null;
  }

  async settle(now: number): Promise<Member | null> {
    if (this.candidate) {
      const { member, until } = this.candidate;
      if (member.leaves.every((l) => this.good(l.key))) return member;
      if (now < until) return null;
      this.renew();
    }
    if (this.own && this.known !== null && now - this.own.at >= LOST_MS) this.renew();
    if (this.wantFresh && now - this.freshAt >= FRESH_MS) {
      this.freshAt = now;
      this.wantFresh = false;
      this.own = { package: await this.deps.mls.package(), at: now };
      this.askedAt = now;
      this.deps.send({ t: 'seal.package', call: this.deps.call, bytes: toBase64(this.own.package.bytes) });
    }
    await this.create(now);
    return null;
  }

  /** Whether to ask what was accepted: a Welcome may have been lost on the way. */
  asks(now: number): boolean {
    if (!this.own || now - this.askedAt < ASK_MS) return false;
    this.askedAt = now;
    return true;
  }

  private async create(now: number): Promise<void> {
    const able = this.own !== null && this.waiting.told && this.waiting.has(this.own.package.bytes) && this.proposals.free(now);
    if (!able) {
      this.ready = null;
      return;
    }
    this.ready ??= now;
    const rank = this.waiting.keys(this.good).indexOf(this.deps.seat);
    const since = this.known === null ? this.ready : Math.max(this.ready, this.knownAt);
    if (rank < 0 || now - since < (this.known === null ? CREATE_MS : EMPTY_MS) + rank * CREATE_MS) return;
    const own = this.own!.package;
    const id = this.deps.random(16);
    const group = hex(id);
    const alone = await this.deps.mls.create(id, own);
    const add = this.waiting.wanted(null, this.deps.seat, this.good).slice(0, ADDS_MOST);
    const made = await alone.commit([], add);
    alone.wipe();
    if (made.commit.length > MAX_COMMIT || (made.welcome?.length ?? 0) > MAX_WELCOME) return;
    this.proposals.sent({ group, epoch: 0, need: 'create', ...made }, now);
    const { commit, welcome } = made;
    this.deps.send({ t: 'seal.commit', call: this.deps.call, group, epoch: 0, commit: toBase64(commit), welcome: welcome && toBase64(welcome) });
  }
}
