import { describe, expect, it } from 'vitest';
import { copy, faults, fresh, nextHour, nextId, startOf, switchZone, terms as termsOf } from '../src/state/draft';
import { turnOn } from '../src/state/draft-footage';
import { A, B, terms } from './made';

const own = { id: A, name: 'A', place: 'Washington', zone: 'America/New_York' };
const far = { id: B, name: 'B', place: 'Moscow', zone: 'Europe/Moscow' };
const now = new Date('2021-12-29T18:20:00Z');
const role = (name: string) => name;
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
    expect(termsOf(copy(made, own, role), own, far, made, null)).toEqual(made);
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

describe('footage', () => {
  const filmed = () => {
    const d = draft();
    turnOn(d.footage, d.roster);
    return d;
  };

  it('is off, with nothing announced, until somebody asks for it', () => {
    const made = termsOf(draft(), own, far, null, null);
    expect([made.footage, made.announce, made.roster.length]).toEqual([null, undefined, 2]);
  });

  it('is of the principals, by both sides’ recorders, released by both after the call, and seats the recorders by itself', () => {
    const made = termsOf(filmed(), own, far, null, null);
    expect(made.footage).toEqual({ minutes: 3, persons: [1, 2], recorders: [A, B], release: 'both', releasers: [A, B], embargo: { until: 'end' } });
    expect(made.roster.slice(2)).toEqual([
      { id: 3, side: A, role: 'recorder', title: 'recorder', place: 'Washington' },
      { id: 4, side: B, role: 'recorder', title: 'recorder', place: 'Moscow' },
    ]);
  });

  it('takes a recorder off the roster again with its side, and every recorder with footage', () => {
    const d = copy(termsOf(filmed(), own, far, null, null), own, role);
    d.footage.recorders = [B];
    expect(termsOf(d, own, far, null, null).roster.map((p) => [p.id, p.side, p.role])).toEqual([[1, B, 'principal'], [2, A, 'principal'], [4, B, 'recorder']]);
    // Whoever is added beside them gets a number of their own.
    d.roster.push({ id: nextId(d.roster), side: A, role: 'aide', title: 'Aide', place: 'Washington' });
    d.footage.recorders = [A, B];
    const ids = termsOf(d, own, far, null, null).roster.map((p) => p.id);
    expect(ids).toEqual([1, 2, 3, 4, 5]);
    d.footage.on = false;
    expect(termsOf(d, own, far, null, null).roster.map((p) => p.role)).toEqual(['principal', 'principal', 'aide']);
  });

  it('needs a length, somebody in the picture who is on the roster, a recorder, a releaser and a real time', () => {
    const check = (change: (d: ReturnType<typeof draft>) => void) => {
      const d = filmed();
      change(d);
      return faults(d, own, far, now);
    };
    expect(check(() => undefined)).toEqual([]);
    expect(check((d) => (d.footage.minutes = 0))).toEqual(['footage-minutes']);
    expect(check((d) => (d.footage.persons = []))).toEqual(['footage-persons']);
    expect(check((d) => (d.footage.persons = [9]))).toEqual(['footage-persons']);
    expect(check((d) => (d.footage.recorders = []))).toEqual(['footage-recorders']);
    expect(check((d) => (d.footage.releasers = []))).toEqual(['footage-releasers']);
    expect(check((d) => (d.footage.embargo = 'time'))).toEqual(['footage-embargo']);
    expect(check((d) => Object.assign(d.footage, { on: false, minutes: 0 }))).toEqual([]);
  });

  it('holds its embargo to one instant when the other capital’s clock is typed', () => {
    const d = filmed();
    Object.assign(d.footage, { embargo: 'time', date: '2021-12-30', time: '16:30' });
    const embargo = { until: 'time', at: '2021-12-30T21:30:00Z' };
    expect(termsOf(d, own, far, null, null).footage?.embargo).toEqual(embargo);
    switchZone(d, own, far);
    expect([d.footage.date, d.footage.time]).toEqual(['2021-12-31', '00:30']);
    expect(termsOf(d, own, far, null, null).footage?.embargo).toEqual(embargo);
  });
});

describe('other terms', () => {
  it('start as a faithful copy', () => {
    const roster = [...terms().roster, { id: 3, side: A, role: 'recorder' as const, title: 'EXAMPLE recorder', place: 'Studio' }];
    for (const embargo of [{ until: 'none' as const }, { until: 'end' as const }, { until: 'time' as const, at: '2021-12-30T21:30:00Z' }]) {
      const base = terms({ roster, announce: 'topics', footage: { minutes: 2, persons: [1], recorders: [A], release: 'both', releasers: [A], embargo } });
      expect(termsOf(copy(base, own, role), own, far, base, null)).toEqual(base);
    }
  });

  it('do not touch the original while they are edited', () => {
    const base = terms();
    const before = structuredClone(base);
    const d = copy(base, own, role);
    turnOn(d.footage, d.roster);
    d.footage.recorders.pop();
    d.topics.push('x');
    d.roster[0]!.title = 'changed';
    d.languages.pop();
    expect(base).toEqual(before);
  });
});
