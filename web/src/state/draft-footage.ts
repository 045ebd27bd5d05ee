// Footage in the form of terms: off until an operator asks for it, then with the choices that most calls make.

import type { Announce, Embargo, Footage, Person, Role, SideView, Terms } from '../signalling/protocol';
import { fields, instant } from './clocks';

export interface FootageDraft {
  on: boolean;
  minutes: number;
  /** Numbers on the roster of those in the picture. */
  persons: number[];
  /** The sides whose recorders take part. */
  recorders: string[];
  release: Footage['release'];
  releasers: string[];
  embargo: Embargo['until'];
  /** Of an embargo to a time, by the clock by which the form's other times are typed. */
  date: string;
  time: string;
  announce: Announce;
  /** What a recorder that the form adds to the roster is called. */
  recorder: string;
}

export type FootageFault = 'footage-minutes' | 'footage-persons' | 'footage-recorders' | 'footage-releasers' | 'footage-embargo';

const MINUTES_MAX = 1440;
const USUAL_MINUTES = 3;

/** No footage; once it is asked for, both sides record and release it together, after the call. */
export function usual(sides: readonly string[], recorder: string): FootageDraft {
  return { on: false, minutes: USUAL_MINUTES, persons: [], recorders: [...sides], release: 'both', releasers: [...sides], embargo: 'end', date: '', time: '', announce: 'nothing', recorder };
}

export function copied(terms: Terms, zone: string, recorder: string): FootageDraft {
  const sides = terms.zones.map((one) => one.side);
  const draft = { ...usual(sides, recorder), announce: terms.announce ?? 'nothing' };
  const { footage } = terms;
  if (!footage) return draft;
  const { minutes, persons, recorders, release, releasers, embargo } = footage;
  const until = embargo.until === 'time' ? fields(new Date(embargo.at), zone) : {};
  return { ...draft, on: true, minutes, persons: [...persons], recorders: [...recorders], release, releasers: [...releasers], embargo: embargo.until, ...until };
}

/** Who may be in the picture: people, of either side. */
export const filmable = <P extends Pick<Person, 'role'>>(roster: readonly P[]) => roster.filter((person) => person.role !== 'recorder');

/** Those chosen who are still on the roster. */
const filmed = (draft: FootageDraft, roster: readonly Pick<Person, 'id' | 'role'>[]) => filmable(roster).filter((person) => draft.persons.includes(person.id));

/** Turned on for the first time, footage shows the principals. */
export function turnOn(draft: FootageDraft, roster: readonly Pick<Person, 'id' | 'role'>[]): void {
  draft.on = true;
  if (!filmed(draft, roster).length) draft.persons = roster.filter((person) => person.role === 'principal').map((person) => person.id);
}

const until = (draft: FootageDraft, zone: string) => instant(draft.date, draft.time, zone);

export function footageFaults(draft: FootageDraft, roster: readonly Pick<Person, 'id' | 'role'>[], zone: string): FootageFault[] {
  const out: FootageFault[] = [];
  if (!draft.on) return out;
  if (!Number.isInteger(draft.minutes) || draft.minutes < 1 || draft.minutes > MINUTES_MAX) out.push('footage-minutes');
  if (!filmed(draft, roster).length) out.push('footage-persons');
  if (!draft.recorders.length) out.push('footage-recorders');
  if (!draft.releasers.length) out.push('footage-releasers');
  if (draft.embargo === 'time' && !until(draft, zone)) out.push('footage-embargo');
  return out;
}

/** What both sides would sign; null for none. */
export function footageOf(draft: FootageDraft, roster: readonly Pick<Person, 'id' | 'role'>[], zone: string): Footage | null {
  if (!draft.on) return null;
  const at = until(draft, zone);
  const embargo: Embargo = draft.embargo === 'time' ? { until: 'time', at: (at ?? new Date(0)).toISOString().replace('.000Z', 'Z') } : { until: draft.embargo };
  const persons = filmed(draft, roster).map((person) => person.id);
  return { minutes: draft.minutes, persons: persons.toSorted((a, b) => a - b), recorders: draft.recorders.toSorted(), release: draft.release, releasers: draft.releasers.toSorted(), embargo };
}

interface Listed {
  id: number;
  side: string;
  role: Role;
  title: string;
  place: string;
}

/** The roster with a recorder of each side whose recorder takes part, and of no other. */
export function withRecorders<P extends Listed>(draft: FootageDraft, roster: readonly P[], sides: readonly SideView[]): (P | Listed)[] {
  const takesPart = (side: string) => draft.on && draft.recorders.includes(side);
  const kept: (P | Listed)[] = roster.filter((person) => person.role !== 'recorder' || takesPart(person.side));
  for (const { id, place } of sides) {
    if (!takesPart(id) || kept.some((person) => person.role === 'recorder' && person.side === id)) continue;
    const next = [...roster, ...kept].reduce((most, person) => Math.max(most, person.id), 0) + 1;
    kept.push({ id: next, side: id, role: 'recorder', title: draft.recorder, place });
  }
  return kept;
}
