// Who of the far side is seen, and where on the screen: its principal from edge to edge, the rest of its table beside.
// Pure.

import type { FarTrack } from '../media/connection';
import type { CallView, TrackView } from '../signalling/protocol';

/** More faces than this cannot be told apart from across a room. */
export const TABLE_MOST = 6;

export interface Sitting {
  far: FarTrack;
  title: string;
  /** Where the person is, as both sides signed it. */
  place: string;
}

export interface Table {
  main: Sitting | null;
  others: Sitting[];
  /** How many more are seen by others and not here. */
  more: number;
}

export function tableOf(far: readonly FarTrack[], main: TrackView | null, call: CallView | null, otherwise: string): Table {
  const sittings = far
    .filter((f) => f.view.kind === 'picture')
    .map((f) => sitting(f, call, otherwise))
    .toSorted((a, b) => a.far.view.person - b.far.view.person || a.far.view.id - b.far.view.id);
  const others = sittings.filter((s) => s.far.view.id !== main?.id);
  return { main: sittings.find((s) => s.far.view.id === main?.id) ?? null, others: others.slice(0, TABLE_MOST), more: Math.max(0, others.length - TABLE_MOST) };
}

function sitting(far: FarTrack, call: CallView | null, otherwise: string): Sitting {
  const { side, person, key } = far.view;
  const signed = call?.roster.find((p) => p.id === person && p.side === side);
  const seat = call?.seats.find((s) => s.side === side && s.key === key);
  return { far, title: signed?.title || otherwise, place: placeOf(signed, seat, otherwise) };
}

/** The place that both sides signed, else the one that the seat was made with, else the capital. */
export function placeOf(signed: { place: string } | undefined, seat: { place: string } | undefined, otherwise: string): string {
  return signed?.place || seat?.place || otherwise;
}
