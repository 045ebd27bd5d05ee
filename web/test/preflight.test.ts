import { describe, expect, it } from 'vitest';
import type { CallSeatView, CallView, CheckResult, SeatState } from '../src/signalling/protocol';
import { drawnOf, lacking, passed, stepOf, unsigned, whyOf, wrongs, type Entry } from '../src/state/preflight';
import { A, B, terms, view } from './made';

const GOOD: CheckResult = { heard: true, seen: true, hears: true, round_trip_ms: 128, loss_permille: 2, fault: null };
const BAD: CheckResult = { ...GOOD, heard: false, fault: 'silent_microphone' };
const WELL: SeatState = { captured: 'good', sent: 'good', heard: 'good', seen: 'good', fault: null, talking_off: false, camera: null, connected: true, uninterpreted: false };

const seat = (side: string, person: number, more: Partial<CallSeatView> = {}): CallSeatView => ({
  side, person, seat: `s${person}`, role: 'principal', title: 'Principal', place: '', key: `k${person}`, present: true, mic: true, state: null, check: null, ...more,
});
const found = (result: CheckResult) => ({ ...result, at: '2021-12-30T20:20:00Z' });
const entry = (person: number, more: Partial<Entry> = {}): Entry => ({ key: `k${person}`, person, heard: true, seen: true, hears: true, round_trip_ms: 128, loss_permille: 2, remark: null, ...more });
const signed = (side: string, ...seats: Entry[]) => ({ side, at: '2021-12-30T20:21:00Z', seats });
const gathering = (more: Partial<CallView> = {}) => view({ phase: 'gathering', gathered: [A, B], seats: [seat(A, 1), seat(B, 2)], ...more });
const BOTH = { own: true, far: true };

describe('what a check proves', () => {
  it('needs the ear both ways, and the eye unless the call is of sound alone', () => {
    expect(passed(GOOD, 'picture')).toBe(true);
    expect(passed({ ...GOOD, seen: false }, 'picture')).toBe(false);
    expect(passed({ ...GOOD, seen: false }, 'sound')).toBe(true);
    expect(passed({ ...GOOD, hears: false }, 'sound')).toBe(false);
    expect(passed({ ...GOOD, heard: false }, 'picture')).toBe(false);
  });

  it('names a reason even where none was said, and none that it does not know', () => {
    expect(whyOf(GOOD, 'no_camera')).toBe('no_camera');
    expect(whyOf(GOOD, 'toString')).toBe('other');
    expect(whyOf({ ...GOOD, heard: false }, null)).toBe('not_heard');
    expect(whyOf({ ...GOOD, hears: false }, null)).toBe('no_loudspeaker');
    expect(whyOf({ ...GOOD, seen: false }, null)).toBe('not_seen');
  });

  it('counts the newest signature alone, and every seat that somebody is placed at', () => {
    expect(lacking(gathering(), A)).toEqual([{ is: 'unsigned' }]);
    const call = gathering({ preflights: [signed(A, entry(1, { heard: false, remark: 'not_heard' })), signed(A, entry(1))] });
    expect(lacking(call, A)).toEqual([]);
    const two = { ...call, seats: [...call.seats, seat(A, 3)] };
    expect(lacking(two, A)).toMatchObject([{ is: 'seat', seat: { person: 3 }, why: 'not_checked' }]);
    const left = gathering({ preflights: [signed(A, entry(1), entry(9, { seen: false }))] });
    expect(lacking(left, A)).toEqual([{ is: 'seat', seat: null, why: 'not_seen' }]);
    const sound = gathering({ terms: terms({ medium: 'sound' }), preflights: [signed(A, entry(1, { seen: false }))] });
    expect(lacking(sound, A)).toEqual([]);
  });

  it('knows what was found and not signed', () => {
    expect(unsigned(gathering(), A)).toBe(false);
    const checked = (result: CheckResult, ...entries: Entry[]) => gathering({ seats: [seat(A, 1, { check: found(result) })], preflights: entries.length ? [signed(A, ...entries)] : [] });
    expect(unsigned(checked(GOOD), A)).toBe(true);
    expect(unsigned(checked(GOOD, entry(1)), A)).toBe(false);
    expect(unsigned(checked(BAD, entry(1)), A)).toBe(true);
    expect(unsigned(checked(GOOD, entry(2)), A)).toBe(true);
  });
});

describe('the one thing to do next', () => {
  const step = (more: Partial<CallView>) => stepOf(gathering(more), A);

  it('goes from letting in to the check, to the signature, to Begin', () => {
    expect(step({ seats: [seat(B, 2)] }).is).toBe('let-in');
    expect(step({ seats: [seat(A, 7, { role: 'aide' }), seat(B, 2)] }).is).toBe('let-in');
    expect(step({}).is).toBe('open');
    expect(step({ checking: { own: false, far: true } }).is).toBe('open');
    expect(step({ checking: { own: true, far: false } }).is).toBe('wait-open');
    expect(step({ checking: BOTH })).toMatchObject({ is: 'run', seat: { person: 1 } });
    expect(step({ checking: BOTH, seats: [seat(A, 1, { check: found(GOOD) })] }).is).toBe('sign');
    expect(step({ checking: BOTH, seats: [seat(A, 1, { check: found(GOOD) })], preflights: [signed(A, entry(1))] }).is).toBe('wait-sign');
    expect(step({ preflights: [signed(A, entry(1)), signed(B, entry(2))] }).is).toBe('begin');
    expect(step({ begin_by: [A] }).is).toBe('wait-begin');
  });

  it('names who failed, on both sides, and whose terminal is closed', () => {
    expect(step({ checking: BOTH, seats: [seat(A, 1, { check: found(BAD) })] })).toMatchObject({ is: 'mend', seat: { person: 1 }, why: 'silent_microphone' });
    expect(step({ checking: BOTH, seats: [seat(A, 1, { present: false })] })).toMatchObject({ is: 'absent', seat: { person: 1 } });
    const far = { preflights: [signed(A, entry(1)), signed(B, entry(2, { seen: false, remark: 'no_camera' }))] };
    expect(step(far)).toMatchObject({ is: 'far-mend', seat: { person: 2 }, why: 'no_camera' });
  });

  it('asks for a seat that came after the signature', () => {
    const late = { checking: BOTH, preflights: [signed(A, entry(1)), signed(B, entry(2))] };
    const one = seat(A, 1, { check: found(GOOD) });
    expect(step({ ...late, seats: [one, seat(A, 3, { role: 'aide' }), seat(B, 2)] })).toMatchObject({ is: 'run', seat: { person: 3 } });
    // Its check is in, the signature is not.
    expect(step({ ...late, seats: [one, seat(A, 3, { role: 'aide', check: found(GOOD) }), seat(B, 2)] }).is).toBe('sign');
    // It left again, and the signature still names it as failed.
    const left = { ...late, preflights: [signed(A, entry(1), entry(3, { heard: false })), signed(B, entry(2))] };
    expect(step({ ...left, seats: [one, seat(B, 2)] }).is).toBe('sign');
  });
});

describe('the plan', () => {
  it('draws an own seat as its terminal found it, a far one as its side signed it', () => {
    const call = gathering({ preflights: [signed(B, entry(2, { heard: false, remark: 'not_heard' }))] });
    const draw = (s: CallSeatView, running = false) => drawnOf(call, s, A, running);
    expect(draw(seat(A, 1))).toBe('unchecked');
    expect(draw(seat(A, 1), true)).toBe('running');
    expect(draw(seat(A, 1, { present: false }))).toBe('absent');
    expect(draw(seat(A, 1, { check: found(GOOD) }))).toBe('passed');
    expect(draw(seat(A, 1, { check: found(BAD) }))).toBe('failed');
    expect(draw(seat(B, 2))).toBe('failed');
    expect(draw(seat(B, 5))).toBe('unchecked');
    const unsaid = { ...call, preflights: [signed(B, entry(2, { heard: false, remark: 'not_checked' }))] };
    expect(drawnOf(unsaid, seat(B, 2), A, false)).toBe('unchecked');
  });

  it('puts people who speak unheard first, and says nothing of a terminal that is closed', () => {
    const dead = seat(A, 1, { state: { ...WELL, captured: 'bad', fault: 'dead' } });
    const off = seat(A, 3, { role: 'aide', state: { ...WELL, talking_off: true, fault: 'muted' } });
    const gone = seat(A, 4, { role: 'aide', present: false, state: { ...WELL, talking_off: true } });
    const call = gathering({ seats: [dead, off, gone, seat(A, 5, { state: WELL }), seat(B, 2)] });
    expect(wrongs(call, A).map((w) => [w.seat.person, w.wrong])).toEqual([[3, 'talking_off'], [1, 'dead']]);
  });
});
