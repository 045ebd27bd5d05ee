// Who has been heard, and in which epoch: from sealed notes alone, never from what a node says. Pure.

/** A member that is not confirmed, or not heard, for so long is shown as unable to hear. Milliseconds. */
export const LATE_MS = 3_000;
/** Without an authenticated heartbeat of the far side for so long, what needs both sides ends. Milliseconds. */
export const LEASE_MS = 2_000;
/** A member that is alive may be expected to commit. Milliseconds. */
const ALIVE_MS = 2_500;
/** So many notes of the present epoch that do not open, and none that does for so long: the group has split. */
const SHUT_NOTES = 5;
const SHUT_MS = 3_000;

interface Mark {
  at: number;
  epoch: number;
  shut: { count: number; since: number };
}

export class Heard {
  private marks = new Map<string, Mark>();

  private of(key: string): Mark {
    const known = this.marks.get(key) ?? { at: -Infinity, epoch: -1, shut: { count: 0, since: 0 } };
    this.marks.set(key, known);
    return known;
  }

  opened(key: string, epoch: number, now: number): void {
    const mark = this.of(key);
    mark.at = now;
    mark.epoch = Math.max(mark.epoch, epoch);
    mark.shut.count = 0;
  }

  /** A note of the present epoch did not open. */
  shut(key: string, now: number): void {
    const { shut } = this.of(key);
    if (shut.count === 0) shut.since = now;
    shut.count += 1;
  }

  /**
   * Whether notes that do not open can be no accident. Asked as time goes by, not only when another note comes: whoever
   * sees the split first falls silent, and the other side must see it all the same.
   */
  split(now: number): boolean {
    return [...this.marks.values()].some(({ shut }) => shut.count >= SHUT_NOTES && now - shut.since >= SHUT_MS);
  }

  confirmed(key: string, epoch: number): boolean {
    return (this.marks.get(key)?.epoch ?? -1) >= epoch;
  }

  alive(key: string, now: number): boolean {
    return now - this.at(key) <= ALIVE_MS;
  }

  /** When it was last heard, in this group. */
  at(key: string): number {
    return this.marks.get(key)?.at ?? -Infinity;
  }

  /** Keeps the members only, after each commit. */
  keep(keys: readonly string[]): void {
    for (const key of this.marks.keys()) if (!keys.includes(key)) this.marks.delete(key);
  }

  /** A new epoch: its notes are judged afresh. */
  renew(): void {
    for (const mark of this.marks.values()) mark.shut.count = 0;
  }

  clear(): void {
    this.marks.clear();
  }
}
