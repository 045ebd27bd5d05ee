// What the check of the seats has proved, what is still to be proved, and which one thing is to be done next. Pure.

import type { CallSeatView, CallView, CheckFault, CheckResult, Fault, PreflightView, SeatState } from '../signalling/protocol';

type Proof = Pick<CheckResult, 'heard' | 'seen' | 'hears'>;
export type Entry = PreflightView['seats'][number];

/** Why a seat failed: a word of the protocol, or `other` for what a node of another version wrote. */
export type Why = CheckFault | 'not_checked' | 'other';

const WHYS: readonly string[] = [
  'no_microphone',
  'silent_microphone',
  'not_sent',
  'not_heard',
  'heard_silent',
  'no_camera',
  'not_seen',
  'no_loudspeaker',
  'nobody_there',
  'stopped',
  'not_checked',
] satisfies Why[];

/** A call of sound alone shows nobody, so nothing needs to be seen. */
export const passed = (proof: Proof, medium: CallView['terms']['medium']): boolean => proof.heard && proof.hears && (proof.seen || medium === 'sound');

/** The reason in one word; without one, the first thing that was not proved. */
export function whyOf(proof: Proof, said: string | null): Why {
  if (said !== null) return WHYS.includes(said) ? (said as Why) : 'other';
  if (!proof.heard) return 'not_heard';
  return proof.hears ? 'not_seen' : 'no_loudspeaker';
}

/** The newest Preflight of a side. */
export const signedBy = (call: CallView, side: string): PreflightView | null => call.preflights.findLast((p) => p.side === side) ?? null;

/** The seats of a side that somebody is placed at, principals first. */
export function seatsOf(call: CallView, side: string): CallSeatView[] {
  const rank = (s: CallSeatView) => (s.role === 'principal' ? 0 : 1);
  return call.seats.filter((s) => s.side === side).toSorted((a, b) => rank(a) - rank(b) || a.person - b.person);
}

/** Whether every seat of both sides was proved and signed: then Begin needs no second thought. */
export const proven = (call: CallView, own: string): boolean => !lacking(call, own).length && !lacking(call, call.line).length;

export type Lack = { is: 'unsigned' } | { is: 'seat'; seat: CallSeatView | null; why: Why };

/** What a side has not proved: nothing of it, or these seats. Begin by the plain way needs both sides' to be empty. */
export function lacking(call: CallView, side: string): Lack[] {
  const signed = signedBy(call, side);
  if (!signed) return [{ is: 'unsigned' }];
  const { medium } = call.terms;
  const seats = seatsOf(call, side);
  const failed = signed.seats.filter((entry) => !passed(entry, medium)).map((entry): Lack => ({ is: 'seat', seat: seats.find((s) => s.key === entry.key) ?? null, why: whyOf(entry, entry.remark) }));
  const unsaid = seats.filter((s) => signed.seats.every((entry) => entry.key !== s.key)).map((seat): Lack => ({ is: 'seat', seat, why: 'not_checked' }));
  return [...failed, ...unsaid];
}

/** Whether the own side found something that it has not signed. */
export function unsigned(call: CallView, own: string): boolean {
  const checked = seatsOf(call, own).filter((s) => s.check);
  if (!checked.length) return false;
  const signed = signedBy(call, own);
  if (!signed) return true;
  return checked.some((s) => {
    const entry = signed.seats.find((e) => e.key === s.key);
    const check = s.check!;
    return !entry || entry.heard !== check.heard || entry.seen !== check.seen || entry.hears !== check.hears || entry.remark !== check.fault;
  });
}

export type Step =
  | { is: 'let-in' }
  | { is: 'open' }
  | { is: 'wait-open' }
  | { is: 'absent'; seat: CallSeatView }
  | { is: 'run'; seat: CallSeatView }
  | { is: 'mend'; seat: CallSeatView; why: Why }
  | { is: 'sign' }
  | { is: 'wait-sign' }
  | { is: 'far-mend'; seat: CallSeatView | null; why: Why }
  | { is: 'begin' }
  | { is: 'wait-begin' };

/** The one thing to do next while both sides gather. */
export function stepOf(call: CallView, own: string): Step {
  if (call.begin_by.includes(own)) return { is: 'wait-begin' };
  const ours = lacking(call, own);
  const theirs = lacking(call, call.line);
  if (ours.length || unsigned(call, own)) return ownStep(call, own);
  if (!theirs.length) return { is: 'begin' };
  const first = theirs[0]!;
  return first.is === 'unsigned' ? { is: 'wait-sign' } : { is: 'far-mend', seat: first.seat, why: first.why };
}

function ownStep(call: CallView, own: string): Step {
  const { medium } = call.terms;
  const seats = seatsOf(call, own);
  const principals = call.roster.filter((p) => p.side === own && p.role === 'principal');
  if (!seats.length || principals.some((p) => seats.every((s) => s.person !== p.id))) return { is: 'let-in' };
  const failed = seats.find((s) => s.check && !passed(s.check, medium));
  const unchecked = seats.filter((s) => !s.check);
  if (!failed && !unchecked.length) return { is: 'sign' };
  if (!call.checking.own) return { is: 'open' };
  if (!call.checking.far) return { is: 'wait-open' };
  const next = unchecked.find((s) => s.present);
  if (next) return { is: 'run', seat: next };
  if (failed?.check) return { is: 'mend', seat: failed, why: whyOf(failed.check, failed.check.fault) };
  return { is: 'absent', seat: unchecked[0]! };
}

/** How a seat is drawn in the plan. */
export type Drawn = 'absent' | 'running' | 'passed' | 'failed' | 'unchecked';

/** An own seat as its terminal found it; a far one as its side signed it. */
export function drawnOf(call: CallView, seat: CallSeatView, own: string, running: boolean): Drawn {
  if (running) return 'running';
  const proof = seat.side === own ? seat.check : (signedBy(call, seat.side)?.seats.find((e) => e.key === seat.key) ?? null);
  if (proof && !('remark' in proof && proof.remark === 'not_checked')) return passed(proof, call.terms.medium) ? 'passed' : 'failed';
  return seat.present ? 'unchecked' : 'absent';
}

/** What stands wrong at an own seat at this moment, where somebody could be speaking unheard. */
export type Wrong = 'talking_off' | Fault;

export function wrongOf(state: SeatState | null): Wrong | null {
  if (!state) return null;
  return state.talking_off ? 'talking_off' : state.fault;
}

/** Own seats where something is wrong, people who speak unheard first. */
export function wrongs(call: CallView, own: string): { seat: CallSeatView; wrong: Wrong }[] {
  const all = seatsOf(call, own).flatMap((seat) => {
    const wrong = seat.present ? wrongOf(seat.state) : null;
    return wrong ? [{ seat, wrong }] : [];
  });
  return all.toSorted((a, b) => Number(b.wrong === 'talking_off') - Number(a.wrong === 'talking_off'));
}
