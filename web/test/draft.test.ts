import { describe, expect, it } from 'vitest';
import { copy, faults, fresh, nextHour, startOf, switchZone, terms as termsOf } from '../src/state/draft';
import { A, B, terms } from './made';

const own = { id: A, name: 'A', place: 'Washington', zone: 'America/New_York' };
const far = { id: B, name: 'B', place: 'Moscow', zone: 'Europe/Moscow' };
const now = new Date('2021-12-29T18:20:00Z');
const draft = () => ({ ...fresh(own, far, now, (role) => role), topics: ['EXAMPLE'], reason: 'EXAMPLE' });

describe('a request', () => {
  it('begins at a full hour that leaves an hour to answer', () => {
    expect(nextHour(now).toISOString()).toBe('2021-12-29T20:00:00.000Z');
    expect(startOf(draft(), own, far)?.toISOString()).toBe('2021-12-29T20:00:00.000Z');
  });

  it('needs a topic and a reason, and nothing else typed', () => {
    expect(faults(draft(), own, far, now)).toEqual([]);
    expect(faults(fresh(own, far, now, (role) => role), own, far, now)).toEqual(['topics', 'reason']);
  });

  it('means the same instant when the other capital’s clock is typed', () => {
    const d = draft();
    const at = startOf(d, own, far);
    switchZone(d, own, far);
    expect([d.zoneOf, d.date, d.time]).toEqual(['far', '2021-12-29', '23:00']);
    expect(startOf(d, own, far)).toEqual(at);
  });

  it('finds what the rules would refuse, before it is sent', () => {
    const check = (change: (d: ReturnType<typeof draft>) => void) => {
      const d = draft();
      change(d);
      return faults(d, own, far, now);
    };
    expect(check((d) => (d.date = ''))).toEqual(['start']);
    expect(check((d) => (d.date = '2021-12-01'))).toEqual(['past']);
    expect(check((d) => (d.minutes = 0))).toEqual(['minutes']);
    expect(check((d) => (d.minutes = 1.5))).toEqual(['minutes']);
    expect(check((d) => (d.topics = ['  ']))).toEqual(['topics']);
    expect(check((d) => (d.topics = ['я'.repeat(121)]))).toEqual(['topics']);
    expect(check((d) => (d.reason = ' \n '))).toEqual(['reason']);
    expect(check((d) => d.roster.pop())).toEqual(['principals']);
    expect(check((d) => (d.roster[0]!.title = ''))).toEqual(['title']);
    expect(check((d) => (d.roster[0]!.place = ''))).toEqual(['place']);
  });

  it('asks of each interpreter for two languages once interpretation is agreed, and for an interpreter', () => {
    const d = draft();
    d.interpretation = 'simultaneous';
    expect(faults(d, own, far, now)).toEqual(['interpreters']);
    d.roster.push({ id: 3, side: A, role: 'interpreter', title: 'Interpreter', place: 'Washington' });
    expect(faults(d, own, far, now)).toEqual(['direction']);
    d.roster[2]!.interprets = { from: 'en', to: 'en-US' };
    expect(faults(d, own, far, now)).toEqual(['direction']);
    d.roster[2]!.interprets = { from: 'en', to: 'ru' };
    expect(faults(d, own, far, now)).toEqual([]);
    const made = termsOf(d, own, far, null, null);
    expect([made.interpretation, made.roster[2]!.interprets]).toEqual(['simultaneous', { from: 'en', to: 'ru' }]);
    expect(termsOf(copy(made, own), own, far, made, null)).toEqual(made);
    // Half a direction says nothing, with or without an agreement; nothing at all needs none.
    d.interpretation = 'none';
    d.roster[2]!.interprets = { from: 'en', to: '' };
    expect(faults(d, own, far, now)).toEqual(['direction']);
    d.roster[2]!.interprets = null;
    expect(faults(d, own, far, now)).toEqual([]);
    expect(termsOf(d, own, far, null, null)).not.toHaveProperty('interpretation');
    // Whoever interprets no more has no direction left.
    d.roster[2]!.interprets = { from: 'en', to: 'ru' };
    d.roster[2]!.role = 'aide';
    expect(termsOf(d, own, far, null, null).roster[2]).not.toHaveProperty('interprets');
  });

  it('becomes terms in plain lines and in the order of the roster', () => {
    const d = draft();
    d.topics = [' one\ttwo ', '', 'one two', 'three\u202e'];
    d.reason = 'first\nsecond';
    d.roster.reverse();
    const made = termsOf(d, own, far, null, null);
    expect(made.topics).toEqual(['one two', 'three']);
    expect(made.reason).toBe('first second');
    expect(made.roster.map((p) => p.id)).toEqual([1, 2]);
    expect(made.start).toBe('2021-12-29T20:00:00Z');
    expect(made.zones.map((z) => z.zone)).toEqual(['America/New_York', 'Europe/Moscow']);
  });
});

describe('other terms', () => {
  it('start as a faithful copy', () => {
    const base = terms({ footage: { minutes: 2, persons: [1], recorders: [A], release: 'both', releasers: [A], embargo: { until: 'none' } } });
    expect(termsOf(copy(base, own), own, far, base, null)).toEqual(base);
  });

  it('do not touch the original while they are edited', () => {
    const base = terms();
    const before = structuredClone(base);
    const d = copy(base, own);
    d.topics.push('x');
    d.roster[0]!.title = 'changed';
    d.languages.pop();
    expect(base).toEqual(before);
  });
});
