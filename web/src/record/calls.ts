// Sorts calls as a desk reads them: what waits, what comes, what was; how many this month; what met halfway.

import type { CallSummary, CallView, OfferView, Phase } from '../signalling/protocol';
import { wall } from '../state/clocks';

const OPEN: readonly Phase[] = ['proposed', 'agreed', 'gathering', 'in_session'];

export const isOpen = (phase: Phase) => OPEN.includes(phase);

/** In which the terminals of this side have work. */
export const isLive = (phase: Phase) => phase === 'gathering' || phase === 'in_session';

export interface Shelf {
  /** Running or being gathered. */
  live: CallSummary[];
  /** Soonest first. */
  coming: CallSummary[];
  /** Newest first. */
  past: CallSummary[];
}

/** When a call is to be found in a list: when it began, else when it was to begin. */
export const when = (call: CallSummary) => Date.parse(call.begun ?? call.terms.start);

export function shelve(calls: readonly CallSummary[]): Shelf {
  const live = calls.filter((c) => isLive(c.phase));
  const coming = calls.filter((c) => c.phase === 'proposed' || c.phase === 'agreed');
  const past = calls.filter((c) => !isOpen(c.phase));
  return {
    live: live.toSorted((a, b) => when(a) - when(b)),
    coming: coming.toSorted((a, b) => Number(b.attention) - Number(a.attention) || when(a) - when(b)),
    past: past.toSorted((a, b) => when(b) - when(a)),
  };
}

/** Calls that were held (begun) in the month of `now`, by the calendar of `zone`. */
export function heldThisMonth(calls: readonly CallSummary[], now: Date, zone: string): number {
  const today = wall(now, zone);
  return calls.filter((call) => {
    if (!call.begun) return false;
    const at = wall(new Date(call.begun), zone);
    return at.year === today.year && at.month === today.month;
  }).length;
}

/** Own requests on the same line that are still open beside `call`: two requests that met halfway. */
export function metHalfway(calls: readonly CallSummary[], call: CallSummary, own: string): CallSummary[] {
  if (call.asked_by === own) return [];
  return calls.filter((other) => other.id !== call.id && other.line === call.line && other.asked_by === own && other.phase === 'proposed');
}

/** Whether an open offer can still come into force: beside agreed terms, only one that would replace them. */
function stands(call: CallView, offer: OfferView): boolean {
  if (offer.standing !== 'open') return false;
  const agreed = call.offers.filter((o) => o.standing === 'agreed');
  return !agreed.length || agreed.some((o) => o.hash === offer.terms.replaces);
}

/** The open offer that waits for `own` side's word, newest last in the view. */
export function offerFor(call: CallView, own: string): OfferView | null {
  return call.offers.findLast((offer) => stands(call, offer) && offer.by !== own) ?? null;
}

/** The own offer that the other side has not answered. */
export function offerOf(call: CallView, own: string): OfferView | null {
  return call.offers.findLast((offer) => stands(call, offer) && offer.by === own) ?? null;
}

/** What an offer is compared with: the terms it names as replaced, else the offer before it. */
export function comparedWith(call: CallView, offer: OfferView): OfferView | null {
  const named = call.offers.find((o) => o.hash === offer.terms.replaces);
  if (named) return named;
  const at = call.offers.findIndex((o) => o.hash === offer.hash);
  return at > 0 ? (call.offers[at - 1] ?? null) : null;
}

/**
 * What other terms than `base` must name as replaced: `base`, unless terms are agreed that it does not lead back to
 * (then no offer stands that does not replace those).
 */
export function replacedBy(call: CallView, base: OfferView): string {
  const agreed = call.offers.findLast((o) => o.standing === 'agreed');
  if (!agreed) return base.hash;
  const seen = new Set<string>();
  for (let at: OfferView | undefined = base; at && !seen.has(at.hash); ) {
    if (at.hash === agreed.hash) return base.hash;
    seen.add(at.hash);
    const before: string | null = at.terms.replaces;
    at = call.offers.find((o) => o.hash === before);
  }
  return agreed.hash;
}
