// The form in which an operator asks for a call or answers with other terms: plain values, checked, turned into terms.

import type { Person, Role, SideView, Terms } from '../signalling/protocol';
import { fields, instant } from './clocks';

export interface DraftPerson {
  id: number;
  side: string;
  role: Role;
  title: string;
  place: string;
}

export interface Draft {
  medium: 'picture' | 'sound';
  /** Of which capital the date and time below are. */
  zoneOf: 'own' | 'far';
  date: string;
  time: string;
  minutes: number;
  topics: string[];
  reason: string;
  roster: DraftPerson[];
  languages: string[];
}

export const LIMITS = { minutes: 720, topics: 16, topic: 200, reason: 1000, roster: 64, title: 80, languages: 8 } as const;

export type Fault = 'start' | 'past' | 'minutes' | 'topics' | 'principals' | 'title' | 'roster' | 'languages' | 'reason';

const HOUR = 3_600_000;

/** The next full hour at least an hour away, so that a plain request needs no typing but its topic. */
export function nextHour(now: Date): Date {
  return new Date(Math.ceil((now.getTime() + HOUR) / HOUR) * HOUR);
}

export function fresh(own: SideView, far: SideView, now: Date, title: (role: Role) => string): Draft {
  const at = fields(nextHour(now), own.zone);
  return {
    medium: 'picture',
    zoneOf: 'own',
    ...at,
    minutes: 60,
    topics: [''],
    reason: '',
    roster: [
      { id: 1, side: far.id, role: 'principal', title: title('principal'), place: far.place },
      { id: 2, side: own.id, role: 'principal', title: title('principal'), place: own.place },
    ],
    languages: [],
  };
}

export function copy(terms: Terms, own: SideView): Draft {
  const zone = terms.zones.find((z) => z.side === own.id)?.zone ?? own.zone;
  return {
    medium: terms.medium,
    zoneOf: 'own',
    ...fields(new Date(terms.start), zone),
    minutes: terms.minutes,
    topics: terms.topics.length ? [...terms.topics] : [''],
    reason: terms.reason,
    roster: terms.roster.map((p) => ({ ...p })),
    languages: [...terms.languages],
  };
}

export const nextId = (roster: readonly Pick<Person, 'id'>[]) => roster.reduce((most, p) => Math.max(most, p.id), 0) + 1;

export function startOf(draft: Draft, own: SideView, far: SideView): Date | null {
  return instant(draft.date, draft.time, draft.zoneOf === 'own' ? own.zone : far.zone);
}

/** Says the same instant in the other capital's words when the operator switches whose clock is typed. */
export function switchZone(draft: Draft, own: SideView, far: SideView): void {
  const at = startOf(draft, own, far);
  draft.zoneOf = draft.zoneOf === 'own' ? 'far' : 'own';
  if (at) Object.assign(draft, fields(at, draft.zoneOf === 'own' ? own.zone : far.zone));
}

const tidy = (list: readonly string[]) => list.map((s) => s.trim()).filter((s, i, all) => s && all.indexOf(s) === i);

export function faults(draft: Draft, own: SideView, far: SideView, now: Date): Fault[] {
  const out: Fault[] = [];
  const at = startOf(draft, own, far);
  if (!at) out.push('start');
  // A call may be wanted at once: only what is plainly over is questioned.
  else if (at.getTime() < now.getTime() - HOUR) out.push('past');
  if (!Number.isInteger(draft.minutes) || draft.minutes < 1 || draft.minutes > LIMITS.minutes) out.push('minutes');
  const topics = tidy(draft.topics);
  if (!topics.length || topics.length > LIMITS.topics || topics.some((t) => t.length > LIMITS.topic)) out.push('topics');
  if (draft.reason.length > LIMITS.reason) out.push('reason');
  for (const side of [own.id, far.id]) {
    if (!draft.roster.some((p) => p.side === side && p.role === 'principal')) {
      out.push('principals');
      break;
    }
  }
  if (draft.roster.some((p) => !p.title.trim() || p.title.length > LIMITS.title)) out.push('title');
  if (draft.roster.length > LIMITS.roster) out.push('roster');
  if (draft.languages.length > LIMITS.languages) out.push('languages');
  return out;
}

/** `base` is what a counter-proposal copies; its zones, footage and place in the row of offers are kept. */
export function terms(draft: Draft, own: SideView, far: SideView, base: Terms | null, replaces: string | null): Terms {
  const at = startOf(draft, own, far) ?? new Date(0);
  return {
    medium: draft.medium,
    start: at.toISOString().replace('.000Z', 'Z'),
    minutes: draft.minutes,
    zones: base?.zones ?? [own, far].map((s) => ({ side: s.id, zone: s.zone, place: s.place })),
    topics: tidy(draft.topics),
    reason: draft.reason.trim(),
    roster: draft.roster.map((p) => ({ ...p, title: p.title.trim(), place: p.place.trim() })),
    languages: tidy(draft.languages),
    footage: base?.footage ?? null,
    replaces,
  };
}
