// What a desk shows of clips, what may be pressed, and the choice of a shorter whole. Pure.

import type { ClipState, ClipView, Work } from '../signalling/clips';
import type { CallView, Footage } from '../signalling/protocol';
import { elapsed } from './clocks';

/** No clip is shorter. Milliseconds. */
export const LEAST_MS = 1_000;
const TENTH_MS = 100;

/** Whether footage was open: as far as the halves of both sides tell. */
export const wasOpen = (call: Pick<CallView, 'timeline'>): boolean => new Set(call.timeline.filter((s) => s.kind === 'open').map((s) => s.side)).size > 1;

/**
 * Whether a release needs the other side's word: unless all footage that was agreed lets a side release alone. Of
 * several terms only the node knows under which footage was open; the stricter are said.
 */
export function needsBoth(call: Pick<CallView, 'terms'> & Partial<Pick<CallView, 'offers'>>): boolean {
  const agreed = (call.offers ?? []).filter((offer) => offer.standing === 'agreed' || offer.standing === 'replaced').map((offer) => offer.terms);
  return [call.terms, ...agreed].some(({ footage }) => footage?.release === 'both');
}

/** The sides that may say a release first. */
export const releasers = (footage: Footage | null): readonly string[] => footage?.releasers ?? [];

/** What an operator may do about a clip; a press officer looks at it. */
export interface Ways {
  /** Alone; as the first of two; as the second of two. */
  release: 'alone' | 'first' | 'second' | null;
  /** Why it may not be released, where somebody would look for it. */
  refused: string | null;
  recall: boolean;
  shorten: boolean;
  correct: readonly string[];
}

/** States in which one looks for a way to release. */
const WAITING: readonly ClipState[] = ['kept', 'theirs', 'recalled'];

export function ways({ state, may }: Pick<ClipView, 'state' | 'may'>, operator: boolean, both: boolean): Ways {
  const free = operator && may.release === null;
  const second = state === 'theirs' ? 'second' : both ? 'first' : 'alone';
  return {
    release: free ? second : null,
    refused: operator && WAITING.includes(state) ? may.release : null,
    recall: operator && may.recall,
    shorten: may.shorten,
    correct: operator ? may.correct : [],
  };
}

/** What a release of it names: exactly what the other side's standing word names, which the own side joins; else nothing. */
export const joined = ({ state, instead }: Pick<ClipView, 'state' | 'instead'>): string | null => (state === 'theirs' || state === 'released' ? instead : null);

/**
 * The far side's first, since that is where the own side is asked something; then as footage was, the pool cut before each
 * side's picture, shorter ones after. A press moves nothing.
 */
export function ordered(clips: readonly ClipView[]): ClipView[] {
  const rank = (clip: ClipView) => [clip.here ? 1 : 0, clip.footage ?? Infinity, clip.cut === 'pool' ? 0 : 1, clip.side ?? '', clip.made ?? clip.acts[0]?.at ?? ''];
  return clips.toSorted((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    const at = one.findIndex((value, i) => value !== other[i]);
    return at < 0 ? 0 : one[at]! < other[at]! ? -1 : 1;
  });
}

/** Whether footage was open more than once, so that clips are told apart by it. */
export const several = ({ clips, work }: { clips: readonly Pick<ClipView, 'footage'>[]; work: readonly Pick<Work, 'footage'>[] }): boolean =>
  new Set([...clips, ...work].map((one) => one.footage).filter((n) => n !== null)).size > 1;

/** A whole SHA-256 in fours, as two people read it to each other. */
export const fours = (hash: string): string[] => hash.match(/.{1,4}/g) ?? [];

/** '1:05.3'; in Russian with a comma. */
export function moment(ms: number, language: string): string {
  const tenths = Math.round(ms / TENTH_MS);
  return `${elapsed(Math.floor(tenths / 10) * 1_000)}${language === 'ru' ? ',' : '.'}${tenths % 10}`;
}

/** Begin and end of a shorter whole, in seconds with tenths as their fields have them; null where a field is empty. */
export interface Span {
  from: number | null;
  to: number | null;
}

/** The last tenth of a second of a film, in seconds: what its end field can hold. */
export const lastTenth = (length: number): number => Math.floor(length / TENTH_MS) / 10;

/** The whole film. */
export const whole = (length: number): Span => ({ from: 0, to: lastTenth(length) });

export type SpanFault = 'number' | 'outside' | 'least' | 'whole';

const toMs = (seconds: number) => Math.round(seconds * 10) * TENTH_MS;

/** What the node takes. The last tenth stands for the film's end, however far behind it that is. */
export function spanOf({ from, to }: Span, length: number): { from_ms: number; to_ms: number } | SpanFault {
  if (from === null || to === null || !Number.isFinite(from) || !Number.isFinite(to)) return 'number';
  const last = toMs(lastTenth(length));
  const [begin, end] = [toMs(from), toMs(to)];
  if (begin < 0 || end < 0 || begin > last || end > last) return 'outside';
  const to_ms = end === last ? length : end;
  if (to_ms - begin < LEAST_MS) return 'least';
  return begin === 0 && to_ms === length ? 'whole' : { from_ms: begin, to_ms };
}

/** A handle moved to a place, never closer to the other than the least length. */
export function moved(span: Span, which: keyof Span, to: number, length: number): Span {
  const least = LEAST_MS / 1_000;
  const last = lastTenth(length);
  const tenths = (seconds: number) => Math.round(seconds * 10) / 10;
  const bound = (low: number, high: number) => tenths(Math.min(Math.max(to, low), Math.max(high, low)));
  return which === 'from' ? { ...span, from: bound(0, (span.to ?? last) - least) } : { ...span, to: bound((span.from ?? 0) + least, last) };
}
