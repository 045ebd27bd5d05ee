// Which of the terminal's few screens is due. Pure.

import type { CallSummary, CallView, TrackView } from '../signalling/protocol';
import { isLive } from '../record/calls';

export type Screen =
  | { is: 'waiting' }
  /** A call is on, and nobody has vouched that this seat sits in it. */
  | { is: 'unplaced'; call: string }
  | { is: 'gathering'; call: string }
  | { is: 'session'; call: string }
  | { is: 'ended'; call: string };

/** The call that this terminal belongs in: one that runs before one that gathers, the latest planned of several. */
export function liveCall(calls: readonly CallSummary[]): CallSummary | null {
  const live = calls.filter((c) => isLive(c.phase));
  return (
    live.toSorted((a, b) => Number(b.phase === 'in_session') - Number(a.phase === 'in_session') || Date.parse(b.terms.start) - Date.parse(a.terms.start))[0] ??
    null
  );
}

/** `last`: the call this terminal was in; `leave`: the person has put its end away. */
export function screenOf(calls: readonly CallSummary[], views: Readonly<Record<string, CallView>>, own: { side: string; seat: string; key: string }, last: string | null, left: string | null): Screen {
  const live = liveCall(calls);
  if (live) {
    const view = views[live.id];
    if (!view) return { is: 'waiting' };
    // Held once the own operator gathers; the far side's gathering wakes nobody here.
    if (view.phase === 'gathering' && !view.gathered.includes(own.side)) return { is: 'waiting' };
    if (!view.seats.some((s) => s.side === own.side && (s.key === own.key || s.seat === own.seat))) return { is: 'unplaced', call: live.id };
    return { is: view.phase === 'in_session' ? 'session' : 'gathering', call: live.id };
  }
  if (last && last !== left && calls.some((c) => c.id === last && c.phase === 'ended')) return { is: 'ended', call: last };
  return { is: 'waiting' };
}

/** The next call that is agreed, for the waiting screen. */
export function nextCall(calls: readonly CallSummary[], now: Date): CallSummary | null {
  const HOUR = 3_600_000;
  return (
    calls
      .filter((c) => c.phase === 'agreed' && Date.parse(c.terms.start) > now.getTime() - HOUR)
      .toSorted((a, b) => Date.parse(a.terms.start) - Date.parse(b.terms.start))[0] ?? null
  );
}

/** The picture that fills the screen: the principal's, else the first by roster number. */
export function mainPicture(tracks: readonly TrackView[], call: CallView | null): TrackView | null {
  const pictures = tracks.filter((t) => t.kind === 'picture');
  const rank = (t: TrackView) => (call?.roster.find((p) => p.side === t.side && p.id === t.person)?.role === 'principal' ? 0 : 1);
  return pictures.toSorted((a, b) => rank(a) - rank(b) || a.person - b.person || a.id - b.id)[0] ?? null;
}
