// Calls and terms for the tests; nobody's real ones.
import type { CallSummary, CallView, OfferView, Terms } from '../src/signalling/protocol';

export const A = 'aa'.repeat(32);
export const B = 'bb'.repeat(32);

export function terms(more: Partial<Terms> = {}): Terms {
  return {
    medium: 'picture',
    start: '2021-12-30T20:35:00Z',
    minutes: 50,
    zones: [
      { side: A, zone: 'America/New_York', place: 'Washington' },
      { side: B, zone: 'Europe/Moscow', place: 'Moscow' },
    ],
    topics: ['EXAMPLE topic'],
    reason: 'EXAMPLE reason',
    roster: [
      { id: 1, side: A, role: 'principal', title: 'Principal', place: 'Washington' },
      { id: 2, side: B, role: 'principal', title: 'Principal', place: 'Sochi' },
    ],
    languages: ['en', 'ru'],
    footage: null,
    replaces: null,
    ...more,
  };
}

export function summary(more: Partial<CallSummary> = {}): CallSummary {
  return { id: 'c1', line: B, phase: 'proposed', asked_by: A, terms: terms(), begun: null, ended: null, attention: false, ...more };
}

export function offer(more: Partial<OfferView> = {}): OfferView {
  return { hash: 'c1', by: A, at: '2021-12-29T10:00:00Z', terms: terms(), standing: 'open', ...more };
}

export function view(more: Partial<CallView> = {}): CallView {
  return { ...summary(), offers: [offer()], crossed: false, forked: false, gathered: [], begin_by: [], interrupted: [], gaps: [], seats: [], timeline: [], may: [], roster: terms().roster, checking: { own: false, far: false }, preflights: [], topic: null, footage: null, ...more };
}
