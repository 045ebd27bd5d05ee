import { describe, expect, it } from 'vitest';
import type { ClipView } from '../src/signalling/clips';
import type { StatementView } from '../src/signalling/protocol';
import { fours, joined, lastTenth, moment, moved, needsBoth, ordered, several, spanOf, wasOpen, ways, whole } from '../src/state/clips';
import { pageOf } from '../src/state/desk.svelte';
import { A, B, offer, terms, view } from './made';

const clip = (more: Partial<ClipView> = {}): ClipView => ({
  sha256: '1c'.repeat(32), footage: 1, cut: 'pool', side: null, file: 'a.mp4', bytes: 1, ms: 151_233, from: null, made: '2021-12-30T21:26:00Z', shortens: null, by: null,
  here: true, poster: true, signed_by: 'A', time_stamp: null, sounds: [], state: 'kept', instead: null, url: null, acts: [],
  may: { release: null, recall: false, shorten: true, correct: [] }, ...more,
});
const footage = (release: 'either' | 'both') => ({ minutes: 3, persons: [1], recorders: [A, B], release, releasers: [A, B], embargo: { until: 'end' as const } });
const act = (at: string): ClipView['acts'][number] => ({ act: 'released', side: B, name: null, at });
const said = (kind: string, side: string) => ({ kind, side }) as StatementView;

describe('the page of a call’s clips', () => {
  it('has an address of its own', () => expect(pageOf('#/calls/c1/clips')).toEqual({ is: 'clips', id: 'c1' }));

  it('is offered where both sides opened footage', () => {
    expect(wasOpen(view({ timeline: [said('open', A), said('open', A), said('close', B)] }))).toBe(false);
    expect(wasOpen(view({ timeline: [said('open', A), said('open', B)] }))).toBe(true);
  });

  it('asks for both sides’ word as soon as one of the agreed terms does', () => {
    const either = terms({ footage: footage('either') });
    const both = terms({ footage: footage('both') });
    expect(needsBoth({ terms: either })).toBe(false);
    expect(needsBoth({ terms: both })).toBe(true);
    expect(needsBoth(view({ terms: either, offers: [offer({ terms: both, standing: 'replaced' })] }))).toBe(true);
    expect(needsBoth(view({ terms: either, offers: [offer({ terms: both, standing: 'declined' })] }))).toBe(false);
  });

  it('begins with the far side’s, then goes as footage went; a word said moves none', () => {
    const clips = [
      clip({ sha256: 'd', footage: 2 }),
      clip({ sha256: 'b', cut: 'side', side: A }),
      clip({ sha256: 'c', cut: 'side', side: A, shortens: 'b', made: '2021-12-30T21:40:00Z' }),
      clip({ sha256: 'f', here: false, footage: null, cut: null, made: null, state: 'theirs', acts: [act('2021-12-30T21:50:00Z')] }),
      clip({ sha256: 'e', here: false, footage: null, cut: null, made: null, state: 'recalled', acts: [act('2021-12-30T21:45:00Z')] }),
      clip({ sha256: 'a' }),
    ];
    const order = (all: ClipView[]) => ordered(all).map((one) => one.sha256).join('');
    expect(order(clips)).toBe('efabcd');
    for (const one of clips) one.state = 'released';
    expect(order(clips)).toBe('efabcd');
  });

  it('tells footage apart only where there is more than one', () => {
    expect(several({ clips: [clip(), clip({ footage: null })], work: [] })).toBe(false);
    expect(several({ clips: [clip()], work: [{ footage: 2 }] })).toBe(true);
  });

  it('shows a whole hash in fours', () => {
    expect(fours('1c'.repeat(32))).toHaveLength(16);
    expect(fours('1c'.repeat(32)).join('')).toBe('1c'.repeat(32));
  });
});

describe('what may be done about a clip', () => {
  it('is what the node allows, and a release is named by what it brings about', () => {
    expect(ways(clip(), true, false)).toMatchObject({ release: 'alone', recall: false, shorten: true });
    expect(ways(clip(), true, true).release).toBe('first');
    expect(ways(clip({ state: 'theirs' }), true, true).release).toBe('second');
    expect(ways(clip({ state: 'released', may: { release: 'said_already', recall: true, shorten: true, correct: [] } }), true, true)).toMatchObject({ release: null, refused: null, recall: true });
  });

  it('joins the other side’s word as it was said, and begins anew after a recall', () => {
    expect(joined(clip({ state: 'theirs', instead: '1d' }))).toBe('1d');
    expect(joined(clip({ state: 'released', instead: '1d' }))).toBe('1d');
    expect(joined(clip({ state: 'recalled', instead: '1d' }))).toBe(null);
  });

  it('says why not where one would look for it', () => {
    const embargoed = { release: 'embargoed', recall: false, shorten: true, correct: [] };
    expect(ways(clip({ may: embargoed }), true, true)).toMatchObject({ release: null, refused: 'embargoed' });
    expect(ways(clip({ state: 'ours', may: { ...embargoed, release: 'said_already' } }), true, true).refused).toBe(null);
  });

  it('is for operators, but for the shorter whole', () => {
    const may = { release: null, recall: true, shorten: true, correct: ['1d'] };
    expect(ways(clip({ may }), false, true)).toEqual({ release: null, refused: null, recall: false, shorten: true, correct: [] });
  });
});

describe('a shorter whole', () => {
  const length = 151_233;

  it('is given in tenths, and its last tenth is the end of the film', () => {
    expect(whole(length)).toEqual({ from: 0, to: 151.2 });
    expect(lastTenth(2_000)).toBe(2);
    expect(spanOf({ from: 1.5, to: 10.3 }, length)).toEqual({ from_ms: 1_500, to_ms: 10_300 });
    expect(spanOf({ from: 0.1, to: 151.2 }, length)).toEqual({ from_ms: 100, to_ms: 151_233 });
  });

  it('does not come of anything that the node would refuse', () => {
    expect(spanOf({ from: null, to: 3 }, length)).toBe('number');
    expect(spanOf({ from: 0, to: Number.NaN }, length)).toBe('number');
    expect(spanOf({ from: -1, to: 3 }, length)).toBe('outside');
    expect(spanOf({ from: 0, to: 151.3 }, length)).toBe('outside');
    expect(spanOf({ from: 3, to: 3.9 }, length)).toBe('least');
    expect(spanOf({ from: 9, to: 3 }, length)).toBe('least');
    expect(spanOf({ from: 3, to: 4 }, length)).toEqual({ from_ms: 3_000, to_ms: 4_000 });
    expect(spanOf(whole(length), length)).toBe('whole');
  });

  it('has handles that stay a second apart and within the film', () => {
    expect(moved({ from: 0, to: 10 }, 'from', 12, length)).toEqual({ from: 9, to: 10 });
    expect(moved({ from: 5, to: 10 }, 'to', 2, length)).toEqual({ from: 5, to: 6 });
    expect(moved({ from: 5, to: 10 }, 'to', 999, length)).toEqual({ from: 5, to: 151.2 });
    expect(moved({ from: 5, to: 10 }, 'from', -4, length)).toEqual({ from: 0, to: 10 });
    expect(moved({ from: null, to: null }, 'from', 1.2345, length)).toEqual({ from: 1.2, to: null });
  });

  it('is read as a clock with tenths', () => {
    expect(moment(65_340, 'en')).toBe('1:05.3');
    expect(moment(65_340, 'ru')).toBe('1:05,3');
    expect(moment(59_960, 'ar')).toBe('1:00.0');
    expect(moment(0, 'en')).toBe('0:00.0');
  });
});
