// What statements say: the nineteen kinds (docs/record.md, section 2).

import { hex, type Hex } from './bytes';
import type { Reader } from './cbor';
import { NAME_BYTES_MAX, ROSTER_MAX, ascending, id, lineOfText, must, person, personId, readTerms, time, type Person, type Terms } from './terms';

/** The kinds, in the order of their numbers on the wire, from 1. */
export const KINDS = [
  'offer',
  'agree',
  'decline',
  'withdraw',
  'lapse',
  'gather',
  'preflight',
  'vouch',
  'admit',
  'strike',
  'begin',
  'open',
  'close',
  'lost',
  'back',
  'end',
  'rekey',
  'release',
  'recall',
] as const;

/** What a statement is. */
export type Kind = (typeof KINDS)[number];

/** One side is enough for these, at once; a chain's last places are kept for them, and they are never void. */
export const CLOSINGS: ReadonlySet<Kind> = new Set<Kind>(['decline', 'withdraw', 'lapse', 'strike', 'close', 'end', 'recall']);

/** One side's part of what takes every side. */
export const HALVES: ReadonlySet<Kind> = new Set<Kind>(['offer', 'agree', 'begin', 'open', 'admit', 'release']);

/** How one seat's preflight went. */
export interface SeatCheck {
  seat: Hex;
  /** Its microphone was heard at the far end. */
  heard: boolean;
  /** Its camera was seen at the far end. */
  seen: boolean;
  /** Its loudspeaker was heard in the room. */
  hears: boolean;
  round_trip_ms: number;
  loss_permille: number;
  remark: string | null;
}

/** One member a kind, so that a kind alone tells the fields. */
type Says<K extends Kind, Fields> = K extends Kind ? { kind: K } & Fields : never;

/** What a statement says. */
export type Body =
  | Says<'offer', { terms: Terms }>
  | Says<'agree' | 'decline' | 'withdraw' | 'lapse', { offer: Hex }>
  | Says<'gather' | 'begin' | 'open', { terms: Hex }>
  | Says<'preflight', { terms: Hex; seats: SeatCheck[] }>
  | Says<'vouch', { seat: Hex; person: number | null }>
  | Says<'admit', { terms: Hex; person: Person }>
  | Says<'strike', { person: number }>
  | Says<'close' | 'end', object>
  | Says<'lost' | 'back', { far: Hex; since: number }>
  | Says<'rekey', { key: Hex; proof: Hex }>
  /** The SHA-256 of a clip's file, and of the file whose place it takes. */
  | Says<'release', { clip: Hex; instead: Hex | null }>
  | Says<'recall', { clip: Hex }>;

type Bodies = { [K in Kind]: Extract<Body, { kind: K }> };

/** The body of that kind. */
export type BodyOf<K extends Kind> = Bodies[K];

const ROUND_TRIP_MS_MAX = 65_535;
const LOSS_PERMILLE_MAX = 1_000;

function seatCheck(input: Reader): SeatCheck {
  input.map(5);
  input.key(1);
  const seat = id(input);
  input.key(2);
  const flags = input.uint(7);
  input.key(3);
  const roundTrip = input.uint(ROUND_TRIP_MS_MAX);
  input.key(4);
  const loss = input.uint(LOSS_PERMILLE_MAX);
  input.key(5);
  const remark = input.maybe(() => lineOfText(input, NAME_BYTES_MAX));
  return { seat, heard: (flags & 1) !== 0, seen: (flags & 2) !== 0, hears: (flags & 4) !== 0, round_trip_ms: roundTrip, loss_permille: loss, remark };
}

function seatChecks(input: Reader): SeatCheck[] {
  const seats = input.list(ROSTER_MAX, () => seatCheck(input));
  must(seats.length > 0 && ascending(seats.map((one) => one.seat)));
  return seats;
}

/** Enters a map of one or two entries and reads key 1. */
function first<T>(input: Reader, entries: 1 | 2, item: () => T): T {
  input.map(entries);
  input.key(1);
  return item();
}

function second<T>(input: Reader, item: () => T): T {
  input.key(2);
  return item();
}

function release(clip: Hex, instead: Hex | null): Body {
  must(instead !== clip);
  return { kind: 'release', clip, instead };
}

/** The body of a statement of that kind. */
export function readBody(kind: Kind, input: Reader): Body {
  switch (kind) {
    case 'offer':
      return { kind, terms: readTerms(input) };
    case 'agree':
    case 'decline':
    case 'withdraw':
    case 'lapse':
      return { kind, offer: first(input, 1, () => id(input)) };
    case 'gather':
    case 'begin':
    case 'open':
      return { kind, terms: first(input, 1, () => id(input)) };
    case 'preflight':
      return { kind, terms: first(input, 2, () => id(input)), seats: second(input, () => seatChecks(input)) };
    case 'vouch':
      return { kind, seat: first(input, 2, () => id(input)), person: second(input, () => input.maybe(() => personId(input))) };
    case 'admit':
      return { kind, terms: first(input, 2, () => id(input)), person: second(input, () => person(input)) };
    case 'strike':
      return { kind, person: first(input, 1, () => personId(input)) };
    case 'close':
    case 'end':
      input.map(0);
      return { kind };
    case 'lost':
    case 'back':
      return { kind, far: first(input, 2, () => id(input)), since: second(input, () => time(input)) };
    case 'rekey':
      return { kind, key: first(input, 2, () => id(input)), proof: second(input, () => hex(input.bytesOf(64))) };
    case 'release':
      return release(first(input, 2, () => id(input)), second(input, () => input.maybe(() => id(input))));
    case 'recall':
      return { kind, clip: first(input, 1, () => id(input)) };
  }
}
