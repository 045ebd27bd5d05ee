// What each listener hears of each voice. Pure.
//
// Floor: whoever speaks for himself. Interpreted: an interpreter with a direction. In turn (consecutive), everybody hears
// everybody. At the same time (simultaneous), a listener hears the floor, or its interpretation into his own language, or
// both with the floor under it; an interpreter hears the floor of the language that he interprets from, and no other.
// Nobody is given words interpreted into another language than his own unless he chooses that language.

import type { Interpretation, Person, TrackView } from '../signalling/protocol';

export const HEARINGS = ['original', 'interpretation', 'both'] as const;
export type Hearing = (typeof HEARINGS)[number];

export interface Choice {
  hearing: Hearing;
  /** The language to hear interpretation in; null: the own side's. */
  into: string | null;
  /** An interpreter hears both floors, not only the one that he interprets. */
  floors: 'from' | 'all';
}

/** Both, so that nobody misses the voice and nobody misses the words. */
export const FIRST: Choice = { hearing: 'both', into: null, floors: 'from' };

export interface Listener {
  side: string;
  person: number | null;
  /** Key of the own seat: its own sound never comes back. */
  key: string;
  /** The language on this screen: how a side's language is told where the roster leaves it open. */
  reads: string;
}

export interface Part {
  track: number;
  /** Null: a floor voice. */
  interpreter: Person | null;
  gain: 0 | 1;
  /** Tracks under which it goes while they speak. */
  under: number[];
}

export interface Route {
  parts: Part[];
  /** Whether there is anything to choose, and between what: languages into which this listener may hear. */
  languages: string[];
  /** The language that interpretation is heard in; for an interpreter, the one that he interprets from. */
  into: string | null;
  /** The listener interprets himself. */
  interprets: { from: string; to: string } | null;
  /** Interpretation was chosen and nobody gives it at this moment: the floor is heard instead. */
  instead: boolean;
}

const base = (tag: string) => tag.toLowerCase().split('-')[0] ?? '';
export const sameLanguage = (a: string, b: string) => base(a) === base(b);

/** An interpreter whose direction is agreed. */
export const directed = (p: Person): p is Person & { interprets: { from: string; to: string } } => p.role === 'interpreter' && !!p.interprets && !sameLanguage(p.interprets.from, p.interprets.to);

/**
 * The language of each side's floor. Each side brings the interpreter who puts its own words into the other's language;
 * where that leaves it open (both directions on one side, or the same one on both), the language on the own screens says it.
 */
export function tongues(roster: readonly Person[], own: { side: string; reads: string }): Map<string, string> {
  const out = new Map<string, string>();
  const interpreters = roster.filter(directed);
  const sides = [...new Set([own.side, ...roster.map((p) => p.side)])];
  const spoken = [...new Map(interpreters.flatMap((p) => [p.interprets.from, p.interprets.to]).map((tag) => [base(tag), tag])).values()];
  const only = (tags: string[]) => (new Set(tags.map(base)).size === 1 ? tags[0] : undefined);
  for (const side of sides) {
    const from = only(interpreters.filter((p) => p.side === side).map((p) => p.interprets.from));
    if (from) out.set(side, from);
  }
  if (new Set([...out.values()].map(base)).size < out.size) out.clear();
  if (!out.size) {
    const read = spoken.find((tag) => sameLanguage(tag, own.reads));
    if (read) out.set(own.side, read);
  }
  // Of two sides and two languages, one of each is left.
  const [left, ...more] = sides.filter((s) => !out.has(s));
  const rest = spoken.filter((tag) => ![...out.values()].some((known) => sameLanguage(known, tag)));
  if (out.size && left && !more.length && rest.length === 1 && rest[0]) out.set(left, rest[0]);
  return out;
}

export interface Call {
  interpretation: Interpretation;
  roster: readonly Person[];
}

const personOf = (call: Call, track: Pick<TrackView, 'side' | 'person'>) => call.roster.find((p) => p.side === track.side && p.id === track.person) ?? null;

/** `failing`: interpreters (side and number) who are missing or silent although they are needed. */
export function route(call: Call, tracks: readonly TrackView[], listener: Listener, choice: Choice, failing: ReadonlySet<string> = new Set()): Route {
  const sounds = tracks.filter((t) => t.kind === 'sound');
  const interpreterOf = (t: TrackView) => {
    const person = personOf(call, t);
    return person && directed(person) ? person : null;
  };
  const self = call.roster.find((p) => p.side === listener.side && p.id === listener.person);
  const interprets = self && directed(self) ? self.interprets : null;
  const plain = (t: TrackView): Part => ({ track: t.id, interpreter: interpreterOf(t), gain: t.key === listener.key ? 0 : 1, under: [] });
  if (call.interpretation !== 'simultaneous' || !call.roster.some(directed)) {
    return { parts: sounds.map(plain), languages: [], into: null, interprets: call.interpretation === 'none' ? null : interprets, instead: false };
  }
  const spoken = tongues(call.roster, listener);
  if (interprets) {
    const known = [...spoken.values()].some((tag) => sameLanguage(tag, interprets.from));
    const hears = (t: TrackView) => {
      if (t.key === listener.key || interpreterOf(t)) return false;
      const tongue = spoken.get(t.side);
      return choice.floors === 'all' || !known || !tongue || sameLanguage(tongue, interprets.from);
    };
    const parts = sounds.map((t): Part => ({ track: t.id, interpreter: interpreterOf(t), gain: hears(t) ? 1 : 0, under: [] }));
    return { parts, languages: [], into: interprets.from, interprets, instead: false };
  }
  const languages = [...new Map(call.roster.filter(directed).map((p) => [base(p.interprets.to), p.interprets.to])).values()];
  const into = intoOf(languages, spoken.get(listener.side), listener, choice);
  const speaksIt = (t: TrackView) => {
    const interpreter = interpreterOf(t);
    return !!interpreter && !!into && sameLanguage(interpreter.interprets.to, into) && t.key !== listener.key;
  };
  const voices = sounds.filter(speaksIt);
  const working = voices.filter((t) => !failing.has(personKey(t)));
  const instead = choice.hearing !== 'original' && !working.length;
  const parts = sounds.map((t): Part => {
    const part = plain(t);
    if (part.interpreter) {
      if (choice.hearing === 'original' || !speaksIt(t)) part.gain = 0;
      return part;
    }
    const tongue = spoken.get(t.side);
    // Whoever speaks the listener's own language needs no interpreter.
    if (instead || choice.hearing === 'original' || (into && tongue && sameLanguage(tongue, into))) return part;
    if (choice.hearing === 'interpretation') part.gain = 0;
    else part.under = working.map((v) => v.id);
    return part;
  });
  return { parts, languages, into, interprets: null, instead };
}

export const personKey = (p: { side: string; person: number }) => `${p.side}/${p.person}`;

function intoOf(languages: readonly string[], tongue: string | undefined, listener: Listener, choice: Choice): string | null {
  for (const wish of [choice.into, tongue, listener.reads]) {
    const found = wish && languages.find((tag) => sameLanguage(tag, wish));
    if (found) return found;
  }
  return null;
}

/** One press further: what is heard, and at the end of the row the next language. */
export function next(choice: Choice, route: Route): Choice {
  if (route.interprets) return { ...choice, floors: choice.floors === 'from' ? 'all' : 'from' };
  if (!route.languages.length) return choice;
  const at = HEARINGS.indexOf(choice.hearing);
  return { ...choice, hearing: HEARINGS[(at + 1) % HEARINGS.length] ?? 'original' };
}

/** Under a voice that speaks, an original stands at this gain: -18 dB. */
export const UNDER = 10 ** (-18 / 20);
/** It stays there over the pauses between an interpreter's words. */
export const UNDER_MS = 600;

/** The gain of a part at `now`; `spoke`: when each track last spoke, the same clock. */
export function gainOf(part: Part, spoke: ReadonlyMap<number, number>, now: number): number {
  if (part.gain === 0) return 0;
  return part.under.some((id) => now - (spoke.get(id) ?? -Infinity) < UNDER_MS) ? UNDER : 1;
}
