// Terms: what the sides agree to (docs/record.md, section 2). Every list and text has a bound; every list has one order.

import { hex, type Hex } from './bytes';
import { Malformed, type Reader } from './cbor';

/** Most sides in one call. */
export const SIDES_MAX = 16;
/** Most people and machines on a roster. */
export const ROSTER_MAX = 64;
/** Bytes of a title, a place or a remark. */
export const NAME_BYTES_MAX = 120;
const TOPICS_MAX = 32;
const TOPIC_BYTES_MAX = 240;
const REASON_BYTES_MAX = 2_000;
const LANGUAGES_MAX = 16;
const LANGUAGE_BYTES_MAX = 35;
const ZONE_BYTES_MAX = 64;
const MINUTES_MAX = 24 * 60;
const TIME_MAX = 253_402_300_799_999;
const PERSON_ID_MAX = 65_535;

const MEDIA = ['picture', 'sound'] as const;
const ROLES = ['principal', 'aide', 'interpreter', 'operator', 'press', 'recorder'] as const;
const RELEASES = ['either', 'both'] as const;
const EMBARGOES = ['none', 'end', 'time'] as const;
const ANNOUNCEMENTS = ['nothing', 'call', 'topics'] as const;
const INTERPRETATIONS = ['none', 'consecutive', 'simultaneous'] as const;

/** Sound and picture, or sound only. */
export type Medium = (typeof MEDIA)[number];
/** What someone or something is on the roster for. */
export type Role = (typeof ROLES)[number];
/** Whether a releaser's word is enough, or every side's is needed. */
export type Release = (typeof RELEASES)[number];
/** Until when nothing of the footage is released: not at all, the end of the call, a time. */
export type Embargo = { until: 'none' | 'end' } | { until: 'time'; at: number };
/** What each side may say publicly of the call beforehand: nothing, that it is, who asked and the topics too. */
export type Announce = (typeof ANNOUNCEMENTS)[number];
/** Whether interpreters take part, and how they speak. */
export type Interpretation = (typeof INTERPRETATIONS)[number];

/** A side as the terms name it: where it sits and by which clock it lives. */
export interface Party {
  side: Hex;
  zone: string;
  place: string;
}

/** Someone or something on the roster. */
export interface Person {
  id: number;
  side: Hex;
  role: Role;
  title: string;
  place: string;
  /** Which way an interpreter interprets; nobody else does. */
  interprets: { from: string; to: string } | null;
}

/** The terms of footage. */
export interface Footage {
  minutes: number;
  persons: number[];
  recorders: Hex[];
  release: Release;
  /** The sides that may release a clip. */
  releasers: Hex[];
  embargo: Embargo;
}

/** What the sides agree to. */
export interface Terms {
  medium: Medium;
  /** Milliseconds since 1970. */
  start: number;
  minutes: number;
  parties: Party[];
  topics: string[];
  reason: string;
  roster: Person[];
  languages: string[];
  interpretation: Interpretation;
  footage: Footage | null;
  announce: Announce;
  /** The offer that these terms replace once agreed. */
  replaces: Hex | null;
}

/** Refuses bytes whose meaning breaks a rule of the format. */
export function must(rule: boolean): void {
  if (!rule) throw new Malformed('value');
}

/** Whether each is greater than the one before it: a list's one order, with nothing twice. */
export function ascending<T extends number | string>(items: readonly T[]): boolean {
  return items.every((item, at) => at === 0 || (items[at - 1] as T) < item);
}

/** 32 bytes: an id, a key or a hash. */
export const id = (input: Reader): Hex => hex(input.bytesOf(32));

/** An instant from 1970 to 9999. */
export function time(input: Reader): number {
  const at = input.uint();
  must(at <= TIME_MAX);
  return at;
}

/** A number that names one person on a call's roster. */
export const personId = (input: Reader): number => input.uint(PERSON_ID_MAX);

/** Nothing that breaks a line, turns its direction or cannot be seen. */
const UNFIT = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/u;
const BLANK = /^\p{White_Space}*$/u;

/** One line of text that can be shown anywhere, of at most `max` bytes. */
export function lineOfText(input: Reader, max: number): string {
  const text = input.text(max);
  must(!BLANK.test(text) && !UNFIT.test(text));
  return text;
}

/** One of `words` by its number on the wire, from 1. */
function word<T>(input: Reader, words: readonly T[]): T {
  const found = words[input.uint() - 1];
  if (found === undefined) throw new Malformed('value');
  return found;
}

function minutes(input: Reader): number {
  const value = input.uint();
  must(value >= 1 && value <= MINUTES_MAX);
  return value;
}

function party(input: Reader): Party {
  input.map(3);
  input.key(1);
  const side = id(input);
  input.key(2);
  const zone = input.text(ZONE_BYTES_MAX);
  must(/^[A-Za-z0-9_+/-]+$/.test(zone));
  input.key(3);
  return { side, zone, place: lineOfText(input, NAME_BYTES_MAX) };
}

function language(input: Reader): string {
  const tag = input.text(LANGUAGE_BYTES_MAX);
  must(/^[A-Za-z0-9-]+$/.test(tag));
  return tag;
}

function direction(input: Reader): { from: string; to: string } {
  input.map(2);
  input.key(1);
  const from = language(input);
  input.key(2);
  const to = language(input);
  must(from !== to);
  return { from, to };
}

/** A person, field by field. */
export function person(input: Reader): Person {
  input.map(6);
  input.key(1);
  const number = personId(input);
  input.key(2);
  const side = id(input);
  input.key(3);
  const role = word(input, ROLES);
  input.key(4);
  const title = lineOfText(input, NAME_BYTES_MAX);
  input.key(5);
  const place = lineOfText(input, NAME_BYTES_MAX);
  input.key(6);
  const interprets = input.maybe(() => direction(input));
  must(interprets === null || role === 'interpreter');
  return { id: number, side, role, title, place, interprets };
}

function embargo(input: Reader): Embargo {
  input.map(2);
  input.key(1);
  const until = word(input, EMBARGOES);
  input.key(2);
  const at = input.maybe(() => time(input));
  if (until !== 'time') {
    must(at === null);
    return { until };
  }
  if (at === null) throw new Malformed('value');
  return { until, at };
}

function footage(input: Reader): Footage {
  input.map(6);
  input.key(1);
  const length = minutes(input);
  input.key(2);
  const persons = input.list(ROSTER_MAX, () => personId(input));
  input.key(3);
  const recorders = input.list(SIDES_MAX, () => id(input));
  input.key(4);
  const release = word(input, RELEASES);
  input.key(5);
  const releasers = input.list(SIDES_MAX, () => id(input));
  input.key(6);
  const until = embargo(input);
  must(persons.length > 0 && ascending(persons));
  must(recorders.length > 0 && ascending(recorders));
  must(releasers.length > 0 && ascending(releasers));
  return { minutes: length, persons, recorders, release, releasers, embargo: until };
}

/** What must hold between the fields of terms. */
function checkTerms(terms: Terms): void {
  const sides = terms.parties.map((one) => one.side);
  const people = terms.roster.map((one) => one.id);
  must(sides.length >= 2 && ascending(sides));
  must(ascending(people));
  must(terms.roster.every((one) => sides.includes(one.side)));
  must(new Set(terms.languages).size === terms.languages.length);
  if (!terms.footage) return;
  must(terms.footage.persons.every((one) => people.includes(one)));
  must([...terms.footage.recorders, ...terms.footage.releasers].every((one) => sides.includes(one)));
}

/** Terms, with everything that section 2 asks of them. */
export function readTerms(input: Reader): Terms {
  input.map(12);
  input.key(1);
  const medium = word(input, MEDIA);
  input.key(2);
  const start = time(input);
  input.key(3);
  const length = minutes(input);
  input.key(4);
  const parties = input.list(SIDES_MAX, () => party(input));
  input.key(5);
  const topics = input.list(TOPICS_MAX, () => lineOfText(input, TOPIC_BYTES_MAX));
  input.key(6);
  const reason = lineOfText(input, REASON_BYTES_MAX);
  input.key(7);
  const roster = input.list(ROSTER_MAX, () => person(input));
  input.key(8);
  const languages = input.list(LANGUAGES_MAX, () => language(input));
  input.key(9);
  const recorded = input.maybe(() => footage(input));
  input.key(10);
  const replaces = input.maybe(() => id(input));
  input.key(11);
  const interpretation = word(input, INTERPRETATIONS);
  input.key(12);
  const announce = word(input, ANNOUNCEMENTS);
  const terms = { medium, start, minutes: length, parties, topics, reason, roster, languages, interpretation, footage: recorded, announce, replaces };
  checkTerms(terms);
  return terms;
}
