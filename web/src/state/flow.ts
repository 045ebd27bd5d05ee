// Whether sound and picture are arriving, told from what was decoded since the last look, never from a connection's word. Pure.

import type { Stats } from '../media/connection';

export interface Flow {
  /** none: nothing is due; waiting: due and not seen yet; flowing; stalled: seen before, nothing new. */
  picture: 'none' | 'waiting' | 'flowing' | 'stalled';
  sound: 'none' | 'waiting' | 'flowing' | 'stalled';
}

export function flowOf(before: Stats | null, after: Stats): Flow {
  const of = (kind: 'picture' | 'sound'): Flow['picture'] => {
    const due = after.far.filter((f) => f.kind === kind);
    if (!due.length) return 'none';
    const count = (f: { frames: number; samples: number; concealed: number }) => (kind === 'picture' ? f.frames : f.samples - f.concealed);
    if (due.every((f) => count(f) <= 0)) return 'waiting';
    const was = new Map(before?.far.map((f) => [f.id, count(f)]));
    return due.some((f) => count(f) > (was.get(f.id) ?? 0)) ? 'flowing' : 'stalled';
  };
  return { picture: of('picture'), sound: of('sound') };
}
