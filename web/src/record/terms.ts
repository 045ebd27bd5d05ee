// Compares two versions of terms, field by field, so that an operator signs what changed and not what was skimmed.

import type { Footage, Person, Terms } from '../signalling/protocol';

export type Field = 'medium' | 'start' | 'minutes' | 'zones' | 'topics' | 'reason' | 'roster' | 'languages' | 'interpretation' | 'footage' | 'announce';

export type Change =
  | { field: 'medium' | 'start' | 'minutes' | 'reason' | 'interpretation' | 'footage' | 'announce' | 'zones'; before: Terms; after: Terms }
  | { field: 'topics' | 'languages'; added: string[]; removed: string[] }
  | { field: 'roster'; added: Person[]; removed: Person[]; changed: { before: Person; after: Person }[] };

const sameJson = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function lists(before: readonly string[], after: readonly string[]): { added: string[]; removed: string[] } {
  return { added: after.filter((x) => !before.includes(x)), removed: before.filter((x) => !after.includes(x)) };
}

const personKey = (p: Person) => `${p.side}/${p.id}`;

function rosters(before: readonly Person[], after: readonly Person[]) {
  const was = new Map(before.map((p) => [personKey(p), p]));
  const is = new Map(after.map((p) => [personKey(p), p]));
  const changed: { before: Person; after: Person }[] = [];
  for (const [key, person] of is) {
    const old = was.get(key);
    if (old && (old.role !== person.role || old.title !== person.title || old.place !== person.place || !sameJson(old.interprets ?? null, person.interprets ?? null))) changed.push({ before: old, after: person });
  }
  return {
    added: after.filter((p) => !was.has(personKey(p))),
    removed: before.filter((p) => !is.has(personKey(p))),
    changed,
  };
}

const zoneMap = (t: Terms) => t.zones.toSorted((a, b) => (a.side < b.side ? -1 : 1)).map((z) => [z.side, z.zone, z.place]);

/** Footage as a list of what it says, whoever wrote it down and in which order. */
function footageKey(footage: Footage | null) {
  if (!footage) return null;
  const { minutes, persons, recorders, release, releasers, embargo } = footage;
  const at = embargo.until === 'time' ? Date.parse(embargo.at) : null;
  return [minutes, persons.toSorted((a, b) => a - b), recorders.toSorted(), release, releasers.toSorted(), embargo.until, at];
}

/** What differs, in the order in which terms are read. Order inside lists of topics and languages says nothing by itself. */
export function changes(before: Terms, after: Terms): Change[] {
  const out: Change[] = [];
  if (before.medium !== after.medium) out.push({ field: 'medium', before, after });
  if (Date.parse(before.start) !== Date.parse(after.start)) out.push({ field: 'start', before, after });
  if (before.minutes !== after.minutes) out.push({ field: 'minutes', before, after });
  if (!sameJson(zoneMap(before), zoneMap(after))) out.push({ field: 'zones', before, after });
  const topics = lists(before.topics, after.topics);
  if (topics.added.length || topics.removed.length) out.push({ field: 'topics', ...topics });
  if (before.reason !== after.reason) out.push({ field: 'reason', before, after });
  const languages = lists(before.languages, after.languages);
  if (languages.added.length || languages.removed.length) out.push({ field: 'languages', ...languages });
  if ((before.interpretation ?? 'none') !== (after.interpretation ?? 'none')) out.push({ field: 'interpretation', before, after });
  const roster = rosters(before.roster, after.roster);
  if (roster.added.length || roster.removed.length || roster.changed.length) out.push({ field: 'roster', ...roster });
  if (!sameJson(footageKey(before.footage), footageKey(after.footage))) out.push({ field: 'footage', before, after });
  if ((before.announce ?? 'nothing') !== (after.announce ?? 'nothing')) out.push({ field: 'announce', before, after });
  return out;
}
