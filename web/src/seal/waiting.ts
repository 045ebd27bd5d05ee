// The key packages that wait, as the node tells them, read and checked once each. Pure but for WebCrypto.

import { fromBase64, same } from './bytes';
import { MAX_PACKAGE } from './messages';
import { MAX_MEMBERS, type Member, type Mls, type ReadPackage } from './mls';

/** Packages taken from one message of the node; a call has fewer terminals. */
const WAITING_MOST = 2 * MAX_MEMBERS;
/** Packages that were in a group once and are never added again. */
const SPENT_MOST = 256;

export class Waiting {
  /** By their base64, so that what was read is not read again. Null: refused. */
  private read = new Map<string, ReadPackage | null>();
  private list: ReadPackage[] = [];
  private spent = new Set<string>();
  /** Whether the node has told its set since it was last asked. */
  told = false;

  constructor(private readonly mls: Mls) {}

  async take(packages: readonly { key: string; bytes: string }[]): Promise<void> {
    const read = new Map<string, ReadPackage | null>();
    const list: ReadPackage[] = [];
    for (const { key, bytes } of packages.slice(0, WAITING_MOST)) {
      if (typeof bytes !== 'string' || read.has(bytes)) continue;
      const known = this.read.has(bytes) ? this.read.get(bytes)! : await this.check(bytes);
      read.set(bytes, known);
      // Whose it is, is said by the package alone; a node that says otherwise is not believed, nor is one of two of a seat.
      if (known && known.key === key && !list.some((p) => p.key === key)) list.push(known);
    }
    this.read = read;
    this.list = list;
    this.told = true;
  }

  private async check(bytes: string): Promise<ReadPackage | null> {
    const raw = fromBase64(bytes, MAX_PACKAGE);
    if (!raw) return null;
    return this.mls.read(raw).catch(() => null);
  }

  has(bytes: Uint8Array): boolean {
    return this.list.some((p) => same(p.bytes, bytes));
  }

  spend(signature: string): void {
    this.spent.add(signature);
    for (const oldest of this.spent) {
      if (this.spent.size <= SPENT_MOST) break;
      this.spent.delete(oldest);
    }
  }

  /** Seats whose packages wait, in the order of their keys. */
  keys(good: (key: string) => boolean): string[] {
    return this.list.map((p) => p.key).filter(good).toSorted();
  }

  /** What a member would add: of good seats, not its own, and not what is or was in the group already. */
  wanted(member: Member | null, me: string, good: (key: string) => boolean): ReadPackage[] {
    const fresh = (p: ReadPackage) => !this.spent.has(mark(p.keyPackage.leafNode.signature)) && !member?.leaves.some((l) => same(l.signature, p.keyPackage.leafNode.signature));
    return this.list.filter((p) => p.key !== me && good(p.key) && fresh(p)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}

/** A leaf node's signature stands for the package that it came with: a character a byte. */
export const mark = (signature: Uint8Array) => String.fromCharCode(...signature);
