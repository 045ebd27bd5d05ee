// The check of one seat before Begin: a sentence or a phrase must be heard at the far end and the picture seen there, a
// tone must be heard here. Says which step is due, and in the end what was found. Pure: time is an argument.

import type { CheckFault, CheckResult, Light } from '../signalling/protocol';
import { TONE_MS } from './phrase';

/** How long the far end's proof is waited for. Milliseconds, as all here. */
export const SPEAK_MS = 15_000;
/** What the own microphone picks up may come late. */
const TONE_LATE_MS = 800;
/** How long a person may think about what he heard. */
export const ANSWER_MS = 20_000;
/** So much of a tone in the room is the tone. */
const TONE_SHARE = 0.4;
const TONE_HEARD_MS = 200;
/** Who spoke less has not been picked up. */
const SPOKE_LEAST_MS = 200;

export type Step = 'speak' | 'tone' | 'ask' | 'done';

export interface CheckSight {
  /** Both sides' halves of the check stand, and the call gathers. */
  open: boolean;
  /** A far terminal is there. */
  there: boolean;
  picture: boolean;
  camera: boolean;
  /** It is open and works. */
  microphone: boolean;
  /** Somebody speaks into it, and it is on. */
  speaking: boolean;
  sent: Light;
  /** When a far decoder last proved this person heard. */
  provenAt: number;
  /** A far terminal's last word on this seat's sound is that it decodes silence. */
  silent: boolean;
  /** When a far decoder last said that this person's picture moves. */
  seenAt: number;
  rttMs: number;
  lossPermille: number;
}

export class Check {
  step: Step = 'speak';
  result: CheckResult | null = null;
  heard = false;
  seen = false;
  private since: number;
  private spokeMs = 0;
  private lookedAt: number;
  private toneMs = 0;
  private hears = false;
  private last: CheckSight | null = null;

  constructor(private readonly startedAt: number) {
    this.since = startedAt;
    this.lookedAt = startedAt;
  }

  look(sight: CheckSight, now: number): void {
    if (this.step === 'done') return;
    const passed = now - this.lookedAt;
    this.lookedAt = now;
    if (!sight.open) {
      this.finish(this.last ?? sight, 'stopped');
      return;
    }
    this.last = sight;
    if (this.step === 'speak') {
      if (sight.speaking) this.spokeMs += passed;
      this.heard ||= sight.provenAt >= this.startedAt;
      this.seen ||= sight.seenAt >= this.startedAt;
      const enough = (this.heard || !sight.microphone) && (this.seen || !sight.picture || !sight.camera);
      // A device may still be opening: its lack counts after a moment.
      if ((enough && (this.heard || now - this.startedAt >= 2_000)) || now - this.since >= SPEAK_MS) this.enter('tone', now);
    } else if (this.step === 'tone' && now - this.since >= TONE_MS + TONE_LATE_MS) this.enter('ask', now);
    else if (this.step === 'ask' && now - this.since >= ANSWER_MS) this.finish(sight, null);
  }

  /** How much of what the microphone picked up in the last `ms` was the tone. */
  tone(share: number, ms: number): void {
    if (this.step !== 'tone' && this.step !== 'ask') return;
    this.toneMs = share >= TONE_SHARE ? this.toneMs + ms : 0;
    if (this.toneMs >= TONE_HEARD_MS) this.answer(true);
  }

  /** The person's own word on the tone. */
  answer(hears: boolean): void {
    if ((this.step !== 'tone' && this.step !== 'ask') || !this.last) return;
    this.hears = hears;
    this.finish(this.last, null);
  }

  /** The tone is played once more. */
  again(now: number): void {
    if (this.step === 'ask' || this.step === 'tone') this.enter('tone', now);
  }

  /** The test phrase begins: it gets its own time. */
  phrase(now: number): void {
    if (this.step === 'speak') this.since = now;
  }

  private enter(step: Step, now: number): void {
    this.step = step;
    this.since = now;
    this.toneMs = 0;
  }

  private finish(sight: CheckSight, stopped: 'stopped' | null): void {
    this.step = 'done';
    const { heard, seen, hears } = this;
    const clamp = (n: number, most: number) => Math.max(0, Math.min(most, Math.round(n) || 0));
    this.result = { heard, seen, hears, round_trip_ms: clamp(sight.rttMs, 65_535), loss_permille: clamp(sight.lossPermille, 1_000), fault: stopped ?? this.fault(sight) };
  }

  /** The first thing to mend. */
  private fault(sight: CheckSight): CheckFault | null {
    if (!this.heard) {
      if (!sight.microphone) return 'no_microphone';
      if (this.spokeMs < SPOKE_LEAST_MS) return 'silent_microphone';
      if (!sight.there) return 'nobody_there';
      if (sight.sent !== 'good') return 'not_sent';
      return sight.silent ? 'heard_silent' : 'not_heard';
    }
    if (sight.picture && !this.seen) return sight.camera ? 'not_seen' : 'no_camera';
    return this.hears ? null : 'no_loudspeaker';
  }
}
