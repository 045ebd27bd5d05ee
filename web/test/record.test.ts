import { describe, expect, it } from 'vitest';
import { comparedWith, heldThisMonth, metHalfway, offerFor, offerOf, replacedBy, shelve } from '../src/record/calls';
import { changes } from '../src/record/terms';
import { A, B, offer, summary, terms, view } from './made';

describe('differences between terms', () => {
  it('are none between a thing and its copy, however lists are ordered', () => {
    const t = terms({ topics: ['x', 'y'], languages: ['en', 'ru'] });
    expect(changes(t, structuredClone(t))).toEqual([]);
    expect(changes(t, { ...t, topics: ['y', 'x'], languages: ['ru', 'en'], zones: t.zones.toReversed(), roster: t.roster.toReversed() })).toEqual([]);
    expect(changes(t, { ...t, start: '2021-12-30T20:35:00.000Z' })).toEqual([]);
  });

  it('name each field that differs, once', () => {
    const before = terms();
    const after = terms({
      medium: 'sound',
      start: '2021-12-30T21:00:00Z',
      minutes: 60,
      zones: [{ ...before.zones[0]!, place: 'Wilmington' }, before.zones[1]!],
      topics: ['EXAMPLE topic', 'another'],
      reason: 'other',
      languages: ['en'],
      footage: { minutes: 3, persons: [1, 2], recorders: [A], release: 'both', releasers: [A], embargo: { until: 'none' } },
      roster: [{ ...before.roster[0]!, place: 'Wilmington' }, { id: 3, side: B, role: 'aide', title: 'Aide', place: 'Moscow' }],
    });
    const found = changes(before, after);
    expect(found.map((c) => c.field)).toEqual(['medium', 'start', 'minutes', 'zones', 'topics', 'reason', 'languages', 'roster', 'footage']);
    expect(found.find((c) => c.field === 'topics')).toMatchObject({ added: ['another'], removed: [] });
    expect(found.find((c) => c.field === 'languages')).toMatchObject({ added: [], removed: ['ru'] });
    expect(found.find((c) => c.field === 'roster')).toMatchObject({
      added: [{ id: 3 }],
      removed: [{ id: 2 }],
      changed: [{ before: { place: 'Washington' }, after: { place: 'Wilmington' } }],
    });
  });

  it('show how a call is interpreted, and which way each interpreter interprets', () => {
    const interpreter = { id: 3, side: A, role: 'interpreter' as const, title: 'Interpreter', place: 'Washington' };
    const before = terms({ roster: [...terms().roster, interpreter] });
    const after = terms({ interpretation: 'simultaneous', roster: [...terms().roster, { ...interpreter, interprets: { from: 'en', to: 'ru' } }] });
    expect(changes(before, after).map((c) => c.field)).toEqual(['interpretation', 'roster']);
    const nulls = [...terms().roster, interpreter].map((p) => Object.assign({}, p, { interprets: null }));
    expect(changes(before, { ...before, interpretation: 'none', roster: nulls })).toEqual([]);
  });

  it('show what is filmed and announced, whoever wrote it down and in which order', () => {
    const footage = { minutes: 3, persons: [1, 2], recorders: [A, B], release: 'both' as const, releasers: [A, B], embargo: { until: 'time' as const, at: '2021-12-30T21:30:00Z' } };
    const before = terms({ footage });
    const again = { embargo: { at: '2021-12-30T21:30:00.000Z', until: 'time' as const }, releasers: [B, A], release: 'both' as const, recorders: [B, A], persons: [2, 1], minutes: 3 };
    expect(changes(before, terms({ footage: again, announce: 'nothing' }))).toEqual([]);
    for (const other of [{ minutes: 4 }, { persons: [1] }, { recorders: [A] }, { release: 'either' as const }, { releasers: [A] }, { embargo: { until: 'end' as const } }, { embargo: { until: 'time' as const, at: '2021-12-30T21:31:00Z' } }]) {
      expect(changes(before, terms({ footage: { ...footage, ...other } })).map((c) => c.field)).toEqual(['footage']);
    }
    expect(changes(before, { ...before, announce: 'topics' }).map((c) => c.field)).toEqual(['announce']);
  });

  it('do not take the place in the row of offers for a difference', () => {
    expect(changes(terms(), terms({ replaces: 'ff'.repeat(32) }))).toEqual([]);
  });
});

describe('the shelf of calls', () => {
  it('puts what waits first, then by time; past ones newest first', () => {
    const shelf = shelve([
      summary({ id: 'late', terms: terms({ start: '2026-02-01T00:00:00Z' }) }),
      summary({ id: 'soon', terms: terms({ start: '2026-01-01T00:00:00Z' }) }),
      summary({ id: 'waits', attention: true, terms: terms({ start: '2026-03-01T00:00:00Z' }) }),
      summary({ id: 'on', phase: 'in_session' }),
      summary({ id: 'old', phase: 'ended', begun: '2021-12-07T15:07:00Z' }),
      summary({ id: 'older', phase: 'declined', terms: terms({ start: '2021-12-01T00:00:00Z' }) }),
    ]);
    expect(shelf.live.map((c) => c.id)).toEqual(['on']);
    expect(shelf.coming.map((c) => c.id)).toEqual(['waits', 'soon', 'late']);
    expect(shelf.past.map((c) => c.id)).toEqual(['old', 'older']);
  });

  it('counts the calls held this month by the own capital’s calendar', () => {
    const calls = [
      summary({ id: '1', phase: 'ended', begun: '2021-12-07T15:07:00Z' }),
      summary({ id: '2', phase: 'ended', begun: '2021-12-30T20:35:00Z' }),
      // Already January in Moscow, still December in Washington.
      summary({ id: '3', phase: 'ended', begun: '2021-12-31T21:30:00Z' }),
      summary({ id: '4', phase: 'declined' }),
      summary({ id: '5', phase: 'ended', begun: '2020-12-30T20:35:00Z' }),
    ];
    const newYear = new Date('2021-12-31T22:00:00Z');
    expect(heldThisMonth(calls, newYear, 'America/New_York')).toBe(3);
    expect(heldThisMonth(calls, newYear, 'Europe/Moscow')).toBe(1);
  });
});

describe('two requests that met halfway', () => {
  const theirs = summary({ id: 'theirs', asked_by: B });
  it('offers the own open request on the same line, and no other', () => {
    const calls = [
      theirs,
      summary({ id: 'mine' }),
      summary({ id: 'elsewhere', line: 'cc' }),
      summary({ id: 'settled', phase: 'agreed' }),
      summary({ id: 'theirs too', asked_by: B }),
    ];
    expect(metHalfway(calls, theirs, A).map((c) => c.id)).toEqual(['mine']);
    expect(metHalfway(calls, summary({ id: 'mine' }), A)).toEqual([]);
  });
});

describe('offers', () => {
  it('finds whose word is waited for', () => {
    const call = view({ offers: [offer({ standing: 'withdrawn' }), offer({ hash: '2', by: B }), offer({ hash: '3', by: A, standing: 'declined' })] });
    expect(offerFor(call, A)?.hash).toBe('2');
    expect(offerOf(call, A)).toBeNull();
    expect(offerOf(call, B)?.hash).toBe('2');
  });

  it('leaves aside what agreed terms have overtaken, but not what would replace them', () => {
    const agreed = offer({ hash: '1', standing: 'agreed' });
    const overtaken = offer({ hash: '2', by: B });
    const next = offer({ hash: '3', by: B, terms: terms({ replaces: '1' }) });
    expect(offerFor(view({ offers: [agreed, overtaken] }), A)).toBeNull();
    expect(offerFor(view({ offers: [agreed, overtaken, next] }), A)?.hash).toBe('3');
  });

  it('compares with what is replaced, else with the one before', () => {
    const first = offer({ hash: '1', standing: 'agreed' });
    const second = offer({ hash: '2', by: B });
    const third = offer({ hash: '3', by: B, terms: terms({ replaces: '1' }) });
    const call = view({ offers: [first, second, third] });
    expect(comparedWith(call, first)).toBeNull();
    expect(comparedWith(call, second)?.hash).toBe('1');
    expect(comparedWith(call, third)?.hash).toBe('1');
  });

  it('replaces what is answered, and agreed terms that it does not lead back to', () => {
    const first = offer({ hash: '1' });
    const second = offer({ hash: '2', by: B, terms: terms({ replaces: '1' }) });
    const rival = offer({ hash: '3', by: B });
    expect(replacedBy(view({ offers: [first, second] }), second)).toBe('2');
    const agreed = { ...first, standing: 'agreed' as const };
    expect(replacedBy(view({ offers: [agreed, second, rival] }), second)).toBe('2');
    expect(replacedBy(view({ offers: [agreed, second, rival] }), rival)).toBe('1');
  });
});
