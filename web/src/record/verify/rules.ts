// What may be said (docs/record.md, section 5): the rules that make a statement void, each judged in its signer's past.

import { CLOSINGS, HALVES, type Body, type BodyOf } from './body';
import type { Hex } from './bytes';
import { RELEASES_MAX } from './clips';
import { ROSTER_MAX, type Footage, type Terms } from './terms';
import type { Offered, View } from './view';

/** Most offers that one side may make in one call. */
export const OFFERS_MAX = 64;
/** Most halves of admissions that one side may say in one call. */
export const ADMITS_MAX = 256;

/** A rule that said no. The codes are those of the nodes. */
export type Rule =
  | 'ended'
  | 'crossed'
  | 'other_parties'
  | 'too_many_offers'
  | 'unknown_offer'
  | 'terms_changed'
  | 'own_offer'
  | 'offer_closed'
  | 'said_already'
  | 'replaced'
  | 'not_agreed'
  | 'not_in_force'
  | 'in_session'
  | 'not_in_session'
  | 'not_gathered'
  | 'no_footage'
  | 'never_open'
  | 'not_a_releaser'
  | 'embargoed'
  | 'unknown_clip'
  | 'clip_replaced'
  | 'not_a_party'
  | 'count'
  | 'on_roster'
  | 'roster_full'
  | 'others_seat'
  | 'not_vouched'
  | 'not_on_roster'
  | 'not_ours'
  | 'already_lost'
  | 'not_lost'
  | 'wrong_chain';

/** The rule that was against what `side`, seeing this, says at a time of its clock; null where it is valid. Closings always are. */
export function judge(view: View, side: number, body: Body, at: number): Rule | null {
  if (CLOSINGS.has(body.kind)) return null;
  // Clips are made of what is over, and outlive the call.
  if (body.kind === 'release') return judgeRelease(view, side, body, at);
  if (view.ended) return 'ended';
  if (view.crossed && (HALVES.has(body.kind) || body.kind === 'gather')) return 'crossed';
  switch (body.kind) {
    case 'offer':
      return judgeOffer(view, side, body.terms);
    case 'agree':
      return judgeAgree(view, side, body.offer);
    case 'gather':
      return judgeGather(view, side, body.terms);
    case 'begin':
      return judgeBegin(view, side, body.terms);
    case 'preflight':
      return notInForce(view, body.terms);
    case 'open':
      return judgeOpen(view, side, body.terms);
    case 'admit':
      return judgeAdmit(view, side, body);
    case 'vouch':
      return judgeVouch(view, side, body);
    case 'lost':
    case 'back':
      return judgeCut(view, side, body);
    default:
      return 'wrong_chain';
  }
}

function notInForce(view: View, terms: Hex): Rule | null {
  if (!view.inForce.length) return 'not_agreed';
  return view.inForce.some((offer) => offer.hash === terms) ? null : 'not_in_force';
}

/** While terms are in force, others can only come to be agreed in their place. */
function notReplacing(view: View, terms: Terms): Rule | null {
  const replaced = view.ancestors(terms);
  return view.inForce.every((offer: Offered) => replaced.has(offer.hash)) ? null : 'terms_changed';
}

const countOf = (view: View, kind: 'offer' | 'admit' | 'release', side: number) => view.said(kind).filter((entry) => entry.side === side).length;

function judgeOffer(view: View, side: number, terms: Terms): Rule | null {
  const { sides } = view.chains;
  const same = terms.parties.length === sides.length && terms.parties.every((party, at) => party.side === sides[at]);
  if (!same) return 'other_parties';
  if (countOf(view, 'offer', side) >= OFFERS_MAX) return 'too_many_offers';
  if (terms.replaces !== null && !view.offer(terms.replaces)) return 'unknown_offer';
  return notReplacing(view, terms);
}

function judgeAgree(view: View, side: number, hash: Hex): Rule | null {
  const offer = view.offer(hash);
  if (!offer) return 'unknown_offer';
  if (offer.entry.side === side) return 'own_offer';
  if (offer.closings.length) return 'offer_closed';
  if (offer.halves[side]) return 'said_already';
  if (view.replaced.has(hash)) return 'replaced';
  return notReplacing(view, offer.terms);
}

function judgeGather(view: View, side: number, terms: Hex): Rule | null {
  const not = notInForce(view, terms);
  if (not) return not;
  if (view.running) return 'in_session';
  return view.gathers.get(terms)?.[side] ? 'said_already' : null;
}

function judgeBegin(view: View, side: number, terms: Hex): Rule | null {
  const not = notInForce(view, terms);
  if (not) return not;
  if (view.running) return 'in_session';
  if (!view.gathered(side)) return 'not_gathered';
  return view.begins.get(terms)?.[side] ? 'said_already' : null;
}

function judgeOpen(view: View, side: number, terms: Hex): Rule | null {
  const not = notInForce(view, terms);
  if (not) return not;
  if (!view.running) return 'not_in_session';
  if (!view.offer(terms)?.terms.footage) return 'no_footage';
  return view.openHalves(terms)[side] ? 'said_already' : null;
}

function judgeAdmit(view: View, side: number, { terms, person }: BodyOf<'admit'>): Rule | null {
  const not = notInForce(view, terms);
  if (not) return not;
  if (!view.chains.sides.includes(person.side)) return 'not_a_party';
  if (countOf(view, 'admit', side) >= ADMITS_MAX) return 'count';
  if (view.roster.some((other) => other.id === person.id)) return 'on_roster';
  if (view.roster.length >= ROSTER_MAX) return 'roster_full';
  return view.admitHalves(terms, person)[side] ? 'said_already' : null;
}

function judgeVouch(view: View, side: number, { seat, person }: BodyOf<'vouch'>): Rule | null {
  const sitters = view.sitters(seat);
  if (sitters.some((sitter, other) => other !== side && sitter !== null)) return 'others_seat';
  if (person === null) return sitters[side] === null ? 'not_vouched' : null;
  if (!view.inForce.length) return 'not_agreed';
  const named = view.roster.filter((one) => one.id === person);
  if (!named.length) return 'not_on_roster';
  if (!named.some((one) => one.side === view.chains.sides[side])) return 'not_ours';
  return sitters[side] === person ? 'said_already' : null;
}

function judgeRelease(view: View, side: number, { clip, instead }: BodyOf<'release'>, at: number): Rule | null {
  if (countOf(view, 'release', side) >= Math.floor(RELEASES_MAX / view.chains.sides.length)) return 'count';
  const { opened } = view.clips;
  if (!opened.length) return view.offers.some((offer) => offer.consented && offer.terms.footage) ? 'never_open' : 'no_footage';
  for (const footage of opened) {
    if (!mayRelease(view, side, footage, { clip, instead })) return 'not_a_releaser';
    const { embargo } = footage;
    if (embargo.until === 'end' ? !view.ended : embargo.until === 'time' && at < embargo.at) return 'embargoed';
  }
  if (view.clips.supplanted(side, clip)) return 'clip_replaced';
  if (view.clips.half(side, clip)) return 'said_already';
  return instead !== null && !view.clips.released(side, instead) ? 'unknown_clip' : null;
}

/** A releaser may speak first. Where every side's word is needed, the others consent to what a releaser has said. */
function mayRelease(view: View, side: number, footage: Footage, { clip, instead }: { clip: Hex; instead: Hex | null }): boolean {
  const { sides } = view.chains;
  const releases = (of: number) => footage.releasers.includes(sides[of] ?? '');
  const asked = sides.some((_, by) => releases(by) && view.clips.half(by, clip)?.statement.body.instead === instead);
  return releases(side) || (footage.release === 'both' && asked);
}

function judgeCut(view: View, side: number, { kind, far }: BodyOf<'lost' | 'back'>): Rule | null {
  const { sides } = view.chains;
  if (far === sides[side] || !sides.includes(far)) return 'not_a_party';
  if (!view.running) return 'not_in_session';
  const lost = view.showsLost(side, far);
  if (kind === 'lost') return lost ? 'already_lost' : null;
  return lost ? null : 'not_lost';
}
