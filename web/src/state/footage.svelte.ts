// Footage as a terminal shows it: the window as the group's worker holds it, what the frames' worker says went and came,
// the seconds left, and the sound at its beginning and end.

import { Chime } from '../media/chime';
import type { Flows } from '../seal/seal';
import type { FootageSaid } from '../seal/messages';
import { markOf, secondsLeft, type FootageMark } from './footage';

/** How often the seconds left are looked at. Milliseconds. */
const LOOK_MS = 200;
/** Frames under footage keys say so for this long: two of the worker's counts. Milliseconds. */
const FLOWS_MS = 600;
const CLOSED: FootageSaid = { is: 'closed', context: null, why: null };

export class TerminalFootage {
  said = $state.raw<FootageSaid>(CLOSED);
  /** Seconds. */
  left = $state(0);
  mark = $state<FootageMark>('off');
  /** Frames of this terminal go out under footage keys. */
  sends = $state(false);
  /** The light stood in this window: its end is worth a word. */
  wasLit = $state(false);
  private endsAt = 0;
  private sentAt = -Infinity;
  private receivedAt = -Infinity;
  private closedAt = -Infinity;
  private timer: ReturnType<typeof setInterval> | undefined;
  private chime = new Chime();

  take(said: FootageSaid): void {
    const before = this.lit;
    if (said.is === 'closed') {
      if (this.said.is !== 'closed') this.closedAt = performance.now();
    } else this.endsAt = performance.now() + said.leftMs;
    this.said = said;
    if (this.lit) this.wasLit = true;
    else if (said.is === 'closed' && said.context === null) this.wasLit = false;
    if (this.lit !== before) this.chime.strike(this.lit ? 'opens' : 'closes');
    this.look();
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  flows({ sent, received }: Flows): void {
    const now = performance.now();
    if (sent) this.sentAt = now;
    if (received) this.receivedAt = now;
    if (sent || received || this.mark !== 'off') this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.said = CLOSED;
    this.wasLit = false;
    this.sentAt = this.receivedAt = this.closedAt = -Infinity;
    this.look();
  }

  private get lit(): boolean {
    return this.said.is === 'light' || this.said.is === 'open';
  }

  private look(): void {
    const now = performance.now();
    this.left = this.said.is === 'closed' ? 0 : secondsLeft(this.endsAt, now);
    this.sends = now - this.sentAt < FLOWS_MS;
    this.mark = markOf({ said: this.said, sent: this.sends, received: now - this.receivedAt < FLOWS_MS, closedMs: now - this.closedAt });
  }
}
