// What a terminal remembers of the order, to know a second commit for one epoch and a group that is over. Pure.

import { type Bytes, same } from './bytes';

const GROUPS_MOST = 64;
const COMMITS_MOST = 64;

export class Past {
  /** Groups that another one followed. */
  private over = new Set<string>();
  private applied: { epoch: number; commit: Bytes }[] = [];

  isOver = (group: string): boolean => this.over.has(group);

  end(group: string): void {
    this.over.add(group);
    for (const oldest of this.over) if (this.over.size > GROUPS_MOST) this.over.delete(oldest);
  }

  add(epoch: number, commit: Bytes): void {
    this.applied = [...this.applied, { epoch, commit }].slice(-COMMITS_MOST);
  }

  /** Another commit than the one that was applied to this epoch. */
  forks(epoch: number, commit: Bytes): boolean {
    const before = this.applied.find((a) => a.epoch === epoch);
    return before !== undefined && !same(before.commit, commit);
  }

  /** The group was left; what was applied in it may be met again in another order. */
  leave(): void {
    this.applied = [];
  }
}
