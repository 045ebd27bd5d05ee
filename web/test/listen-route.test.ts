import { describe, expect, it } from 'vitest';
import { directions, failing, seen, Watch, type Look } from '../src/listen/alarm';
import { FIRST, gainOf, next, route, tongues, UNDER, type Choice, type Listener } from '../src/listen/route';
import type { CallSeatView, Interpretation, Person, TrackView } from '../src/signalling/protocol';
import { A, B, view, terms } from './made';

// Each side brings an interpreter who puts its own words into the other's language.
const ROSTER: Person[] = [
  { id: 1, side: A, role: 'principal', title: 'Principal', place: 'Washington' },
  { id: 2, side: A, role: 'aide', title: 'Aide', place: 'Washington' },
  { id: 3, side: A, role: 'interpreter', title: 'Interpreter', place: 'Washington', interprets: { from: 'en', to: 'ru' } },
  { id: 4, side: B, role: 'principal', title: 'Principal', place: 'Moscow' },
  { id: 5, side: B, role: 'interpreter', title: 'Interpreter', place: 'Moscow', interprets: { from: 'ru', to: 'en' } },
];
const keyOf = (side: string, person: number) => `${side}-${person}`;
const track = (side: string, person: number, kind: 'sound' | 'picture' = 'sound'): TrackView => ({ id: (side === A ? 100 : 200) + person + (kind === 'picture' ? 50 : 0), side, person, key: keyOf(side, person), kind });

/** What the node sends: all of the far side; of the own side, interpreters to everybody else, and everybody else to interpreters. */
function tracksFor(side: string, person: number, roster = ROSTER): TrackView[] {
  const role = roster.find((p) => p.side === side && p.id === person)?.role;
  return roster.flatMap((p) => {
    if (p.side !== side) return [track(p.side, p.id), track(p.side, p.id, 'picture')];
    return p.id !== person && (p.role === 'interpreter') !== (role === 'interpreter') ? [track(p.side, p.id)] : [];
  });
}

const listener = (side: string, person: number, reads = 'en'): Listener => ({ side, person, key: keyOf(side, person), reads });
const choose = (more: Partial<Choice>): Choice => ({ ...FIRST, ...more });

function gains(side: string, person: number, more: Partial<Choice> = {}, { interpretation = 'simultaneous' as Interpretation, roster = ROSTER, reads = 'en', out = new Set<string>(), spoke = new Map<number, number>() } = {}) {
  const way = route({ interpretation, roster }, tracksFor(side, person, roster), listener(side, person, reads), choose(more), out);
  return Object.fromEntries(way.parts.map((p) => [p.track, gainOf(p, spoke, 10_000)]));
}

describe('whose language a floor speaks', () => {
  it('is the one that its own interpreters interpret from', () => {
    expect(tongues(ROSTER, { side: B, reads: 'en' })).toEqual(new Map([[A, 'en'], [B, 'ru']]));
  });

  it('follows for a side without an interpreter from what is left', () => {
    expect(tongues(ROSTER.slice(0, 4), { side: B, reads: 'ar' })).toEqual(new Map([[A, 'en'], [B, 'ru']]));
  });

  it('is what the own screens show where the roster leaves it open', () => {
    const both = [...ROSTER.slice(0, 4), { ...ROSTER[2]!, id: 6, interprets: { from: 'ru', to: 'en' } }];
    expect(tongues(both, { side: B, reads: 'ru' })).toEqual(new Map([[B, 'ru'], [A, 'en']]));
    expect(tongues(both, { side: B, reads: 'ar' })).toEqual(new Map());
    const same = ROSTER.map((p) => (p.id === 5 ? { ...p, interprets: { from: 'en-US', to: 'ru' } } : p));
    expect(tongues(same, { side: A, reads: 'en' })).toEqual(new Map([[A, 'en-US'], [B, 'ru']]));
  });
});

describe('what a listener hears', () => {
  it('is everybody, with no interpretation and in turn', () => {
    for (const interpretation of ['none', 'consecutive'] as const) {
      expect(gains(A, 1, {}, { interpretation })).toEqual({ 103: 1, 204: 1, 205: 1 });
      expect(gains(B, 5, {}, { interpretation })).toEqual({ 204: 1, 101: 1, 102: 1, 103: 1 });
    }
  });

  it('is the floor alone where the original is chosen', () => {
    expect(gains(A, 1, { hearing: 'original' })).toEqual({ 103: 0, 204: 1, 205: 0 });
    expect(gains(B, 4, { hearing: 'original' })).toEqual({ 205: 0, 101: 1, 102: 1, 103: 0 });
  });

  it('is the interpretation into his own language alone, and never the one into the other', () => {
    expect(gains(A, 1, { hearing: 'interpretation' })).toEqual({ 103: 0, 204: 0, 205: 1 });
    expect(gains(B, 4, { hearing: 'interpretation' })).toEqual({ 205: 0, 101: 0, 102: 0, 103: 1 });
  });

  it('is both, the floor under the interpreter while he speaks and for 600 ms more', () => {
    expect(gains(A, 1)).toEqual({ 103: 0, 204: 1, 205: 1 });
    for (const [at, gain] of [[10_000, UNDER], [9_401, UNDER], [9_399, 1]] as const) expect(gains(A, 1, {}, { spoke: new Map([[205, at]]) })).toEqual({ 103: 0, 204: gain, 205: 1 });
    // Not under the interpreter of the other direction.
    expect(gains(A, 1, {}, { spoke: new Map([[103, 10_000]]) })[204]).toBe(1);
    expect(20 * Math.log10(UNDER)).toBeCloseTo(-18);
  });

  it('is the other language where he asks for it, and then the floor that speaks it', () => {
    expect(gains(A, 1, { hearing: 'interpretation', into: 'ru' })).toEqual({ 103: 1, 204: 1, 205: 0 });
  });

  it('is the floor instead of an interpreter who is not there, or silent', () => {
    for (const hearing of ['interpretation', 'both'] as const) {
      expect(gains(A, 1, { hearing }, { out: new Set([`${B}/5`]), spoke: new Map([[205, 10_000]]) })).toEqual({ 103: 0, 204: 1, 205: 1 });
      const way = route({ interpretation: 'simultaneous', roster: ROSTER }, [track(B, 4)], listener(A, 1), choose({ hearing }));
      expect(way).toMatchObject({ instead: true, parts: [{ track: 204, gain: 1, under: [] }] });
    }
  });

  it('is, for an interpreter, the floor of the language that he interprets from, and nobody interpreted', () => {
    expect(gains(A, 3)).toEqual({ 101: 1, 102: 1, 204: 0, 205: 0 });
    expect(gains(B, 5)).toEqual({ 204: 1, 101: 0, 102: 0, 103: 0 });
    expect(gains(B, 5, { floors: 'all' })).toEqual({ 204: 1, 101: 1, 102: 1, 103: 0 });
  });

  it('is, for an interpreter of the far floor, the far floor', () => {
    // One side brings both: one for each direction.
    const roster = [...ROSTER.slice(0, 4), { ...ROSTER[2]!, id: 6, interprets: { from: 'ru', to: 'en' } }];
    expect(gains(A, 6, {}, { roster })).toEqual({ 101: 0, 102: 0, 204: 1 });
    expect(gains(A, 3, {}, { roster })).toEqual({ 101: 1, 102: 1, 204: 0 });
    expect(gains(A, 1, { hearing: 'interpretation' }, { roster })).toEqual({ 103: 0, 106: 1, 204: 0 });
    expect(gains(B, 4, { hearing: 'interpretation' }, { roster, reads: 'ru' })).toEqual({ 101: 0, 102: 0, 103: 1, 106: 0 });
  });

  it('is never his own voice', () => {
    const own = track(A, 1);
    expect(route({ interpretation: 'none', roster: ROSTER }, [own], listener(A, 1), FIRST).parts[0]?.gain).toBe(0);
    const self = track(A, 3);
    expect(route({ interpretation: 'simultaneous', roster: ROSTER }, [self], listener(A, 3), choose({ floors: 'all' })).parts[0]?.gain).toBe(0);
  });

  it('takes an interpreter without a direction, and somebody who is not on the roster, for the floor', () => {
    const roster = ROSTER.map((p) => (p.id === 5 ? { ...p, interprets: null } : p));
    const way = route({ interpretation: 'simultaneous', roster }, [track(B, 5), track(B, 9)], listener(A, 1), choose({ hearing: 'original' }));
    expect(way.parts.map((p) => p.gain)).toEqual([1, 1]);
  });

  it('never mixes the two directions, whatever is chosen, unless it is chosen', () => {
    for (const hearing of ['original', 'interpretation', 'both'] as const) {
      expect(gains(A, 1, { hearing })[103]).toBe(0);
      expect(gains(A, 2, { hearing })[103]).toBe(0);
      expect(gains(B, 4, { hearing })[205]).toBe(0);
    }
  });

  it('goes round the choices with one key', () => {
    const way = route({ interpretation: 'simultaneous', roster: ROSTER }, [], listener(A, 1), FIRST);
    expect(way).toMatchObject({ languages: ['ru', 'en'], into: 'en' });
    const seenChoices = [FIRST];
    for (let i = 0; i < 3; i++) seenChoices.push(next(seenChoices.at(-1)!, way));
    expect(seenChoices.map((c) => c.hearing)).toEqual(['both', 'original', 'interpretation', 'both']);
    expect(next(FIRST, route({ interpretation: 'simultaneous', roster: ROSTER }, [], listener(B, 5), FIRST)).floors).toBe('all');
    expect(next(FIRST, route({ interpretation: 'none', roster: ROSTER }, [], listener(A, 1), FIRST))).toBe(FIRST);
  });
});

describe('the alarm', () => {
  const here = new Set([`${A}/3`, `${B}/5`]);
  const look = (more: Partial<Look> = {}): Look => ({ interpretation: 'simultaneous', roster: ROSTER, here, speaking: new Set(), floor: [], ...more });
  /** Looks twenty times a second, as the page does. */
  function during(watch: Watch, from: number, to: number, what: Look) {
    let last = watch.look(from, what);
    for (let at = from + 50; at <= to; at += 50) last = watch.look(at, what);
    return last.map((a) => `${a.from}>${a.to} ${a.why}`);
  }

  it('says that an interpreter is silent after eight seconds of the floor, and no sooner', () => {
    const watch = new Watch();
    expect(during(watch, 0, 7_900, look({ floor: ['ru'] }))).toEqual([]);
    expect(during(watch, 7_950, 8_100, look({ floor: ['ru'] }))).toEqual(['ru>en silent']);
    // It stays while the floor draws breath, and goes with the interpreter's first word.
    expect(during(watch, 8_150, 15_000, look())).toEqual(['ru>en silent']);
    expect(during(watch, 15_050, 15_100, look({ floor: ['ru'], speaking: new Set([`${B}/5`]) }))).toEqual([]);
    expect(during(watch, 15_150, 22_000, look({ floor: ['ru'] }))).toEqual([]);
  });

  it('adds up what the floor says between pauses, and forgets it when nobody speaks any more', () => {
    const watch = new Watch();
    during(watch, 0, 5_000, look({ floor: ['en'] }));
    during(watch, 5_050, 8_000, look());
    expect(during(watch, 8_050, 11_200, look({ floor: ['en-GB'] }))).toEqual(['en>ru silent']);
    expect(during(watch, 11_250, 31_500, look())).toEqual([]);
  });

  it('asks nothing of an interpreter while another language is spoken, or in turn', () => {
    expect(during(new Watch(), 0, 20_000, look({ floor: ['ar'] }))).toEqual([]);
    expect(during(new Watch(), 0, 20_000, look({ floor: ['ru', 'en'], interpretation: 'consecutive' }))).toEqual([]);
    expect(during(new Watch(), 0, 20_000, look({ floor: ['ru'], interpretation: 'none', here: new Set() }))).toEqual([]);
  });

  it('says who is missing after three seconds, in turn as well', () => {
    for (const interpretation of ['consecutive', 'simultaneous'] as const) {
      const watch = new Watch();
      const gone = look({ interpretation, here: new Set([`${A}/3`]) });
      expect(during(watch, 0, 2_900, gone)).toEqual([]);
      expect(during(watch, 2_950, 3_100, gone)).toEqual(['ru>en missing']);
      expect(during(watch, 3_150, 3_200, look({ interpretation }))).toEqual([]);
    }
  });

  it('is content with one of two who relieve each other', () => {
    const roster = [...ROSTER, { ...ROSTER[4]!, id: 6 }];
    expect(directions(roster).map((d) => d.people.length)).toEqual([1, 2]);
    expect(during(new Watch(), 0, 20_000, look({ roster, floor: ['ru'], speaking: new Set([`${B}/6`]) }))).toEqual([]);
    const alarms = new Watch();
    const both = during(alarms, 0, 9_000, look({ roster, floor: ['ru'] }));
    expect(both).toEqual(['ru>en silent']);
    expect(failing(alarms.look(9_050, look({ roster, floor: ['ru'] })))).toEqual(new Set([`${B}/5`, `${B}/6`]));
  });

  it('counts no time in which the page slept', () => {
    const watch = new Watch();
    watch.look(0, look({ floor: ['ru'] }));
    expect(watch.look(60_000, look({ floor: ['ru'] }))).toEqual([]);
  });

  it('shows the desk who is not at his seat, and whose microphone is off', () => {
    const seat = (side: string, person: number, present: boolean, mic: boolean | null): CallSeatView => ({ side, person, seat: null, role: 'interpreter', title: '', place: '', key: '', present, mic, state: null, check: null });
    const call = (seats: CallSeatView[], phase: 'gathering' | 'in_session' | 'agreed' = 'in_session', interpretation: Interpretation = 'simultaneous') => view({ phase, roster: ROSTER, seats, terms: terms({ roster: ROSTER, interpretation }) });
    const whys = (...args: Parameters<typeof call>) => seen(call(...args)).map((a) => `${a.to} ${a.why}`);
    expect(whys([seat(A, 3, true, true)])).toEqual(['en missing']);
    expect(whys([seat(A, 3, true, true), seat(B, 5, true, false)])).toEqual(['en muted']);
    expect(whys([seat(A, 3, true, true), seat(B, 5, true, null)])).toEqual([]);
    expect(whys([seat(A, 3, true, false), seat(B, 5, true, false)], 'gathering')).toEqual([]);
    expect(whys([], 'agreed')).toEqual([]);
    expect(whys([], 'in_session', 'none')).toEqual([]);
    expect(whys([seat(A, 3, true, false), seat(B, 5, true, false)], 'in_session', 'consecutive')).toEqual([]);
  });
});
