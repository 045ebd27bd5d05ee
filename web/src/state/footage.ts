// What a screen shows of footage. Pure.

import type { FootageView, RecorderState } from '../signalling/protocol';
import type { FootageSaid } from '../seal/messages';

/**
 * light: it begins in a moment; on: frames go or come under its keys; idle: it is open, and nothing goes or comes under
 * them; still: it is closed here, and frames of others still come under them.
 */
export type FootageMark = 'off' | 'light' | 'on' | 'idle' | 'still';

/** Counts come four times a second: frames that were under way when footage closed are no sign of anything. Milliseconds. */
export const SETTLES_MS = 700;

export interface FootageSight {
  said: FootageSaid;
  /** Frames were lately sent, or came and opened, under footage keys. */
  sent: boolean;
  received: boolean;
  /** Milliseconds since the window was closed; as many as one likes while it never was open. */
  closedMs: number;
}

export function markOf({ said, sent, received, closedMs }: FootageSight): FootageMark {
  if (said.is === 'closed') return received && closedMs > SETTLES_MS ? 'still' : 'off';
  if (said.is === 'light') return 'light';
  return sent || received ? 'on' : 'idle';
}

/** Seconds left as they are shown: the last one is 1. Zero once the time is over. */
export const secondsLeft = (endsAt: number, now: number): number => Math.max(0, Math.ceil((endsAt - now) / 1_000));

/** Seconds left at which a screen reader says them. */
const SAID_AT = [60, 30, 10] as const;

/** Of the seconds that a screen reader is told: the least that has been passed; null while none has. */
export const saidLeft = (seconds: number): number | null => SAID_AT.findLast((mark) => seconds <= mark) ?? null;

/** What of its recorder an operator must be told at once. */
const ALARMS: readonly RecorderState[] = ['nothing', 'disk_low', 'disk_full'];

export const recorderAlarm = (view: FootageView | null): RecorderState | null => {
  const state = view?.recorder?.state;
  return state && ALARMS.includes(state) ? state : null;
};

/** Bytes as people read them: the unit's name and how many, with one digit behind the point below ten. */
export function size(bytes: number): { unit: 'kb' | 'mb' | 'gb'; n: number } {
  const of = (unit: number) => (bytes / unit < 10 ? Math.round((bytes / unit) * 10) / 10 : Math.round(bytes / unit));
  if (bytes < 1e6) return { unit: 'kb', n: Math.round(bytes / 1e3) };
  return bytes < 1e9 ? { unit: 'mb', n: of(1e6) } : { unit: 'gb', n: of(1e9) };
}
