// The form in which an operator asks for a call or answers with other terms: plain values, checked, turned into terms.

import type { Interpretation, Person, Role, SideView, Terms } from '../signalling/protocol';
import { sameLanguage } from '../listen/route';
import { fields, instant } from './clocks';
import { copied, footageFaults, footageOf, usual, withRecorders, type FootageDraft, type FootageFault } from './draft-footage';

export interface DraftPerson {
  id: number;
  side: string;
  role: Role;
  title: string;
  place: string;
  /** An interpreter's languages as they are chosen; an empty one is not chosen yet. */
  interprets?: { from: string; to: string } | null;
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
  interpretation: Interpretation;
  /** Footage, and what may be announced beforehand. */
  footage: FootageDraft;
}

/** The bounds of the rules (call::terms); lengths are in bytes of UTF-8, so a field in Cyrillic holds half the letters. */
export const LIMITS = { minutes: 1440, topics: 32, topic: 240, reason: 2000, roster: 64, name: 120, languages: 16 } as const;

const utf8 = new TextEncoder();
const bytes = (text: string) => utf8.encode(text).length;

export type Fault = FootageFault | 'start' | 'past' | 'minutes' | 'topics' | 'principals' | 'title' | 'place' | 'roster' | 'languages' | 'reason' | 'interpreters' | 'direction';

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
    interpretation: 'none',
    footage: usual([own.id, far.id], title('recorder')),
  };
}

export function copy(terms: Terms, own: SideView, title: (role: Role) => string): Draft {
  const zone = terms.zones.find((z) => z.side === own.id)?.zone ?? own.zone;
  return {
    medium: terms.medium,
    zoneOf: 'own',
    ...fields(new Date(terms.start), zone),
    minutes: terms.minutes,
    topics: terms.topics.length ? [...terms.topics] : [''],
    reason: terms.reason,
    roster: terms.roster.map((p) => ({ ...p, interprets: p.interprets ? { ...p.interprets } : null })),
    languages: [...terms.languages],
    interpretation: terms.interpretation ?? 'none',
    footage: copied(terms, zone, title('recorder')),
  };
}

export const nextId = (roster: readonly Pick<Person, 'id'>[]) => roster.reduce((most, p) => Math.max(most, p.id), 0) + 1;

export function startOf(draft: Draft, own: SideView, far: SideView): Date | null {
  return instant(draft.date, draft.time, zoneOf(draft, own, far));
}

const zoneOf = (draft: Draft, own: SideView, far: SideView) => (draft.zoneOf === 'own' ? own.zone : far.zone);

/** Says the same instants in the other capital's words when the operator switches whose clock is typed. */
export function switchZone(draft: Draft, own: SideView, far: SideView): void {
  const before = zoneOf(draft, own, far);
  draft.zoneOf = draft.zoneOf === 'own' ? 'far' : 'own';
  for (const typed of [draft, draft.footage]) {
    const at = instant(typed.date, typed.time, before);
    if (at) Object.assign(typed, fields(at, zoneOf(draft, own, far)));
  }
}

/** A term is one line: what was pasted with breaks and odd spaces becomes plain words. */
const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').replaceAll(/[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '').trim();

const tidy = (list: readonly string[]) => list.map(oneLine).filter((s, i, all) => s && all.indexOf(s) === i);

export function faults(draft: Draft, own: SideView, far: SideView, now: Date): Fault[] {
  const out: Fault[] = [];
  const at = startOf(draft, own, far);
  if (!at) out.push('start');
  // A call may be wanted at once: only what is plainly over is questioned.
  else if (at.getTime() < now.getTime() - HOUR) out.push('past');
  if (!Number.isInteger(draft.minutes) || draft.minutes < 1 || draft.minutes > LIMITS.minutes) out.push('minutes');
  const topics = tidy(draft.topics);
  if (!topics.length || topics.length > LIMITS.topics || topics.some((t) => bytes(t) > LIMITS.topic)) out.push('topics');
  const reason = oneLine(draft.reason);
  if (!reason || bytes(reason) > LIMITS.reason) out.push('reason');
  for (const side of [own.id, far.id]) {
    if (!draft.roster.some((p) => p.side === side && p.role === 'principal')) {
      out.push('principals');
      break;
    }
  }
  const unfit = (text: string) => !oneLine(text) || bytes(oneLine(text)) > LIMITS.name;
  if (draft.roster.some((p) => unfit(p.title))) out.push('title');
  if (draft.roster.some((p) => unfit(p.place))) out.push('place');
  if (withRecorders(draft.footage, draft.roster, [own, far]).length > LIMITS.roster) out.push('roster');
  if (draft.languages.length > LIMITS.languages) out.push('languages');
  const interpreters = draft.roster.filter((p) => p.role === 'interpreter');
  if (draft.interpretation !== 'none' && !interpreters.length) out.push('interpreters');
  if (interpreters.some((p) => !fits(p, draft.interpretation))) out.push('direction');
  out.push(...footageFaults(draft.footage, draft.roster, zoneOf(draft, own, far)));
  return out;
}

/** Two different languages; none at all where nobody is interpreted by agreement. */
export function fits(person: Pick<DraftPerson, 'interprets'>, interpretation: Interpretation): boolean {
  const { from, to } = person.interprets ?? { from: '', to: '' };
  return from && to ? !sameLanguage(from, to) : !from && !to && interpretation === 'none';
}

/** A person as the rules take one: plain lines, and a direction for interpreters alone. */
export function agreed(person: DraftPerson): Person {
  const { id, side, role, title, place, interprets } = person;
  const plain: Person = { id, side, role, title: oneLine(title), place: oneLine(place) };
  return role === 'interpreter' && interprets?.from && interprets.to ? { ...plain, interprets: { from: interprets.from, to: interprets.to } } : plain;
}

/** `base` is what a counter-proposal copies; its zones are kept. */
export function terms(draft: Draft, own: SideView, far: SideView, base: Terms | null, replaces: string | null): Terms {
  const at = startOf(draft, own, far) ?? new Date(0);
  return {
    medium: draft.medium,
    start: at.toISOString().replace('.000Z', 'Z'),
    minutes: draft.minutes,
    zones: base?.zones ?? [own, far].map((s) => ({ side: s.id, zone: s.zone, place: s.place })),
    topics: tidy(draft.topics),
    reason: oneLine(draft.reason),
    roster: withRecorders(draft.footage, draft.roster, [own, far])
      .map(agreed)
      .toSorted((a, b) => a.id - b.id),
    languages: tidy(draft.languages),
    ...(draft.interpretation === 'none' && !base?.interpretation ? {} : { interpretation: draft.interpretation }),
    footage: footageOf(draft.footage, draft.roster, zoneOf(draft, own, far)),
    ...(draft.footage.announce === 'nothing' && !base?.announce ? {} : { announce: draft.footage.announce }),
    replaces,
  };
}
