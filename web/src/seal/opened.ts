// What a record's state says about footage: whether both sides' Opens stand, for how long, of whom, and for whose
// recorders. It asks nobody else. Pure but for WebCrypto. Where anything is not plain, footage is not open.

import { hex } from '../signalling/proofs';
import type { State } from '../record/verify';
import { footageContext } from './footage';

/** Recorders that are given anything in one call; with more than that on the roster, the first by their keys. */
export const RECORDERS_MOST = 8;
const MINUTE_MS = 60_000;

export interface Opened {
  /** SHA-256 of the standing Opens' hashes, hexadecimal. */
  context: string;
  lengthMs: number;
  /** The person at this terminal is named in the terms of footage. */
  named: boolean;
  /** X25519 keys of the recorders that get it, hexadecimal, ascending. */
  recorders: string[];
}

/** Of the record's state, what footage follows from. */
export type FootageJudged = Pick<State, 'running' | 'forked' | 'crossed' | 'in_force' | 'offers' | 'footage_open' | 'roster' | 'seats' | 'sides'>;

/** `seat`: this terminal's key. Null while footage is not open. */
export async function openedBy(state: FootageJudged | null, introduced: boolean, seat: string): Promise<Opened | null> {
  if (!state || !introduced || !state.running || state.forked || state.crossed || state.in_force.length !== 1) return null;
  const terms = state.offers.find((offer) => offer.hash === state.in_force[0])?.terms.footage;
  const halves = state.footage_open;
  // A half of every side, and each another's.
  if (!terms || !halves || halves.length !== state.sides.length || new Set(halves).size !== halves.length) return null;
  const context = await footageContext(halves);
  if (!context) return null;
  const person = state.seats.find((one) => one.key === seat && one.good)?.person;
  return {
    context: hex(context),
    lengthMs: terms.minutes * MINUTE_MS,
    named: person !== undefined && terms.persons.includes(person),
    recorders: recordersOf(state, terms.recorders),
  };
}

/** The keys of recorders that their sides vouch for: of sides whose recorders take part, and recorders only. */
function recordersOf({ seats, roster }: FootageJudged, sides: readonly string[]): string[] {
  const records = (side: string, person: number) => {
    const roles = roster.filter((one) => one.side === side && one.id === person).map((one) => one.role);
    return roles.length > 0 && roles.every((role) => role === 'recorder');
  };
  const keys = seats.filter(({ side, person, good }) => good && sides.includes(side) && records(side, person)).map(({ key }) => key);
  return keys.toSorted().slice(0, RECORDERS_MOST);
}
