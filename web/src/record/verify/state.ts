// The state of a call: a pure function of its chains (docs/record.md, section 4).

import type { Hex } from './bytes';
import type { Chains, Entry } from './chains';
import type { ReleaseState } from './clips';
import type { Person, Terms } from './terms';
import { View, type Offered } from './view';

/** Where a call is in its life. */
export type Phase = 'proposed' | 'agreed' | 'gathering' | 'in_session' | 'ended' | 'declined' | 'withdrawn' | 'lapsed';

/** How an offer stands. */
export type Standing = 'open' | 'agreed' | 'declined' | 'withdrawn' | 'lapsed' | 'replaced';

/** An offer that is not void. */
export interface OfferState {
  hash: Hex;
  by: Hex;
  /** Milliseconds since 1970, by that side's clock; so are all times here. */
  at: number;
  terms: Terms;
  standing: Standing;
  /** The other sides that have agreed, whatever closed it since. */
  agreed_by: Hex[];
}

/** A cut, as one side dates it. */
export interface Gap {
  /** Who says so. */
  side: Hex;
  /** Who was out of reach. */
  far: Hex;
  from: number;
  /** null while it lasts, or where nobody said `back`. */
  to: number | null;
}

/** Who sits at a seat, by its side's word. */
export interface Seat {
  side: Hex;
  key: Hex;
  person: number;
  /** The person is on the roster for that side, no other side claims the key, and the call is not over. */
  good: boolean;
  /** The statement that says so. */
  vouch: Hex;
}

/** What the chains of a call come to. Lists of sides are ascending. */
export interface State {
  call: Hex;
  asked_by: Hex;
  sides: Hex[];
  phase: Phase;
  /** In the order of their sides' clocks. */
  offers: OfferState[];
  /** Ascending. Two or more: crossed. After the end, what was in force then. */
  in_force: Hex[];
  crossed: boolean;
  /** A side has said two things in one place: the call is over. */
  forked: boolean;
  /** The sides that have gathered. */
  gathered: Hex[];
  /** The sides whose half of the session's beginning counts. */
  begin_by: Hex[];
  /** When the session began. */
  begun: number | null;
  /** A session stands, and the call is not over. */
  running: boolean;
  /** The time of the earliest `end`. */
  ended: number | null;
  gaps: Gap[];
  /** By id. */
  roster: Person[];
  /** By side, then person, then key. */
  seats: Seat[];
  /** The hashes of the `open` halves by which footage is open, ascending by their sides; null while it is closed. */
  footage_open: Hex[] | null;
  /** The sides whose half of footage stands, alone or together. */
  footage_asked_by: Hex[];
  /** Every release that is not void, in the order in which it was first said by the sides' clocks. */
  releases: ReleaseState[];
}

/** The state that these chains make. With a fork, everything before it counts, and the call is over. */
export function stateOf(chains: Chains): State {
  const view = new View(chains, chains.standing());
  const over = chains.forked || view.ended;
  const sidesThat = (rule: (side: number) => boolean) => chains.sides.filter((_, side) => rule(side));
  const ends = view.said('end').map((entry) => entry.statement.at);
  const begun = view.begun?.statement.at ?? null;
  const footage = over ? null : view.footage;
  return {
    call: chains.call,
    asked_by: chains.sides[chains.asker] ?? '',
    sides: [...chains.sides],
    phase: phase(view, over, begun !== null),
    offers: view.offers.map((offer) => offerState(view, offer)).toSorted((a, b) => a.at - b.at || compare(a.by, b.by) || compare(a.hash, b.hash)),
    in_force: view.inForce.map((offer) => offer.hash).toSorted(),
    crossed: view.crossed,
    forked: chains.forked,
    gathered: sidesThat((side) => view.gathered(side)),
    begin_by: sidesThat((side) => [...view.begins].some(([terms, halves]) => halves[side] && !view.closed(terms))),
    begun,
    running: !over && view.running,
    ended: ends.length ? Math.min(...ends) : null,
    gaps: gaps(view),
    roster: [...view.roster],
    seats: seats(view, over),
    footage_open: footage?.map((half) => half.statement.hash) ?? null,
    footage_asked_by: over || !view.running ? [] : sidesThat((side) => view.inForce.some((offer) => view.openHalves(offer.hash)[side])),
    releases: view.clips.releases(),
  };
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

/** By time, then side, then number. */
const byClock = ({ statement: a }: Entry, { statement: b }: Entry) => a.at - b.at || compare(a.side, b.side) || a.number - b.number;

/** The first that applies, as section 4 lists them. */
function phase(view: View, over: boolean, begun: boolean): Phase {
  if (over) return 'ended';
  if (view.running) return 'in_session';
  if (begun) return 'ended';
  if (view.inForce.length) return view.chains.sides.some((_, side) => view.gathered(side)) ? 'gathering' : 'agreed';
  if (view.offers.some((offer) => !offer.closings.length && !view.replaced.has(offer.hash))) return 'proposed';
  return closedAs(view.offers.flatMap((offer) => offer.closings)) ?? 'withdrawn';
}

/** What the newest of an offer's closings, or of several offers', makes of it. */
function closedAs(closings: readonly Entry[]): 'declined' | 'withdrawn' | 'lapsed' | null {
  switch (closings.toSorted(byClock).at(-1)?.statement.body.kind) {
    case undefined:
      return null;
    case 'decline':
      return 'declined';
    case 'lapse':
      return 'lapsed';
    default:
      return 'withdrawn';
  }
}

function offerState(view: View, { hash, entry, terms, halves, closings }: Offered): OfferState {
  const inForce = view.inForce.some((offer) => offer.hash === hash);
  const unclosed = inForce ? 'agreed' : view.replaced.has(hash) ? 'replaced' : 'open';
  const agreedBy = view.chains.sides.filter((_, side) => side !== entry.side && halves[side]);
  const { side: by, at } = entry.statement;
  return { hash, by, at, terms, standing: closedAs(closings) ?? unclosed, agreed_by: agreedBy };
}

/** A valid `lost` begins a gap, for its side and the side it names; the next valid `back` ends it. */
function gaps(view: View): Gap[] {
  const cuts = [...view.valid('lost'), ...view.valid('back')].toSorted((a, b) => a.side - b.side || a.statement.number - b.statement.number);
  const found: Gap[] = [];
  for (const { statement } of cuts) {
    const { side, body } = statement;
    if (body.kind === 'lost') {
      found.push({ side, far: body.far, from: body.since, to: null });
      continue;
    }
    const last = found.findLast((gap) => gap.side === side && gap.far === body.far);
    if (last) last.to = body.since;
  }
  return found.toSorted((a, b) => a.from - b.from || compare(a.side, b.side));
}

function seats(view: View, over: boolean): Seat[] {
  const found: Seat[] = [];
  for (const [key, words] of view.vouches) {
    const claims = view.sitters(key).filter((person) => person !== null).length;
    for (const word of words) {
      const person = word?.statement.body.person ?? null;
      if (!word || person === null) continue;
      const { side, hash } = word.statement;
      const listed = view.roster.some((one) => one.id === person && one.side === side);
      found.push({ side, key, person, good: listed && claims === 1 && !over, vouch: hash });
    }
  }
  return found.toSorted((a, b) => compare(a.side, b.side) || a.person - b.person || compare(a.key, b.key));
}
