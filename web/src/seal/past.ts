// What a terminal remembers of the order, to know a second commit for one epoch and a group that is over. Pure but for
// WebCrypto.

import { type Bytes, same } from './bytes';

const GROUPS_MOST = 64;
const COMMITS_MOST = 64;

export class Past {
  /** Groups that another one followed. */
  private over = new Set<string>();
  /** By their hashes: a commit is up to 128 KiB long. */
  private applied: { epoch: number; hash: Bytes }[] = [];

  isOver = (group: string): boolean => this.over.has(group);

  end(group: string): void {
    this.over.add(group);
    for (const oldest of this.over) if (this.over.size > GROUPS_MOST) this.over.delete(oldest);
  }

  async add(epoch: number, commit: Bytes): Promise<void> {
    const hash = await hashOf(commit);
    this.applied = [...this.applied, { epoch, hash }].slice(-COMMITS_MOST);
  }

  /** Another commit than the one that was applied to this epoch. */
  async forks(epoch: number, commit: Bytes): Promise<boolean> {
    const before = this.applied.find((a) => a.epoch === epoch);
    return before !== undefined && !same(before.hash, await hashOf(commit));
  }

  /** The group was left; what was applied in it may be met again in another order. */
  leave(): void {
    this.applied = [];
  }
}

const hashOf = async (commit: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', commit));
