// Says a thing when it changes, at once where it may, and never more often than its pace. Pure: time is an argument.

export class Paced<T> {
  private said = '';
  private at = -Infinity;

  constructor(private readonly everyMs: number) {}

  /** The thing as it stands now; returns it when it is to be said. */
  offer(thing: T, now: number): T | null {
    const text = JSON.stringify(thing);
    if (text === this.said || now - this.at < this.everyMs) return null;
    this.said = text;
    this.at = now;
    return thing;
  }

  /** Whoever it is said to knows nothing any more. */
  forget(): void {
    this.said = '';
  }
}
