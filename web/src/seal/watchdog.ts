// Tells whether a sender lets frames past its transform: packets leave, and nothing was sealed for them. Pure: it is
// handed what the browser counted and what the worker counted, and says a verdict.

/** One look at one sender. The browser's numbers must have been read before the worker's. */
export interface Look {
  /** Milliseconds on a clock that only goes forward. */
  at: number;
  /** Packets sent, without those sent again. */
  packets: number;
  /** Bytes of payload sent, without those sent again: padding is packets without them. */
  bytes: number;
  /** Frames that the worker sealed for this sender; null when it did not answer. */
  sealed: number | null;
}

/** `silent`: nothing was ever sealed. `stands`: packets flow on while the counter stands. */
export type Breach = 'silent' | 'stands';

/** How long what was sealed before may still be leaving: a large picture waits in the sender for up to two seconds. */
export const STANDS_MS = 2_500;
/** Packets after that which are a flow. */
export const PACKETS_LEAST = 3;

/** Watches one sender for as long as it lives. */
export class Watchdog {
  private sealed = 0;
  private last: Look | null = null;
  /** When the counter was last seen to move. A worker that does not answer is one whose counter stands. */
  private movedAt = 0;
  /** The first look after what was sealed before has left; from here on no packet should. */
  private quiet: Look | null = null;
  private breach: Breach | null = null;

  /** Takes a look. Once a breach is said it stays. */
  look(look: Look): Breach | null {
    this.breach ??= this.judge(look);
    this.last = look;
    return this.breach;
  }

  private judge(look: Look): Breach | null {
    const { last } = this;
    if (look.sealed === 0 && look.packets > 0 && look.bytes > 0) return 'silent';
    const moves = look.sealed !== null && look.sealed !== this.sealed;
    // Numbers that went down belong to a stream that was made anew: what came before it says nothing.
    const anew = !last || look.packets < last.packets || look.bytes < last.bytes;
    if (moves || anew) {
      this.sealed = look.sealed ?? this.sealed;
      this.movedAt = look.at;
      this.quiet = null;
      return null;
    }
    if (!this.quiet) {
      if (look.at - this.movedAt >= STANDS_MS) this.quiet = look;
      return null;
    }
    return look.packets - this.quiet.packets >= PACKETS_LEAST && look.bytes > this.quiet.bytes ? 'stands' : null;
  }
}
