// This terminal's own proposals for one epoch, until the order says which commit ends it. A proposal without an answer,
// or one that met a cut line, may have been taken all the same: its next state is kept until the epoch is over. Pure.

import { type Bytes, same } from './bytes';
import type { Member } from './mls';

/** Without an answer for so long, what was accepted is asked for. Milliseconds. */
export const ANSWER_MS = 4_000;
/** A late proposal means that the epoch is over; what ended it must come within this. Milliseconds. */
const SETTLE_MS = 3_000;
/** Before another try on a cut line; doubles. Milliseconds. */
const AWAY_MS = 1_000;
const AWAY_MOST_MS = 4_000;
const KEPT = 4;

export interface Proposal {
  group: string;
  epoch: number;
  /** What it is for: the same need is proposed with the same bytes. */
  need: string;
  commit: Bytes;
  welcome: Bytes | null;
  next: Member;
}

export class Proposals {
  private kept: Proposal[] = [];
  private until = 0;
  private away = AWAY_MS;
  /** The newest one has no answer yet. */
  private open = false;

  /** Whether something else may be proposed. */
  free(now: number): boolean {
    return now >= this.until;
  }

  again(group: string, epoch: number, need: string): Proposal | undefined {
    return this.kept.find((p) => p.group === group && p.epoch === epoch && p.need === need);
  }

  sent(proposal: Proposal, now: number): void {
    this.kept = [...this.kept.filter((p) => p !== proposal), proposal].slice(-KEPT);
    this.until = now + ANSWER_MS;
    this.open = true;
  }

  /** An answer is overdue: true once for each proposal. */
  overdue(now: number): boolean {
    if (!this.open || now < this.until) return false;
    this.open = false;
    return true;
  }

  late(group: string, epoch: number, now: number): boolean {
    if (!this.kept.some((p) => p.group === group && p.epoch === epoch)) return false;
    this.open = false;
    this.until = now + SETTLE_MS;
    return true;
  }

  isAway(now: number): void {
    this.open = false;
    this.until = now + this.away;
    this.away = Math.min(2 * this.away, AWAY_MOST_MS);
  }

  /** The state to which one's own accepted commit leads. */
  find(group: string, epoch: number, commit: Bytes): Member | null {
    return this.kept.find((p) => p.group === group && p.epoch === epoch && same(p.commit, commit))?.next ?? null;
  }

  /** The epoch is over, or the group is. */
  clear(keep: Member | null): void {
    for (const { next } of this.kept) if (next !== keep) next.wipe();
    this.kept = [];
    this.until = 0;
    this.away = AWAY_MS;
    this.open = false;
  }
}
