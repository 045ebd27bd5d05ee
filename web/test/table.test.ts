import { describe, expect, it } from 'vitest';
import type { FarTrack } from '../src/media/connection';
import { placeOf, TABLE_MOST, tableOf } from '../src/state/table';
import { B, view } from './made';

const far = (id: number, person: number, kind: 'picture' | 'sound' = 'picture'): FarTrack => ({ view: { id, side: B, person, key: `k${person}`, kind }, track: {} as MediaStreamTrack });
const person = (id: number, title: string, place: string) => ({ id, side: B, role: id === 2 ? ('principal' as const) : ('aide' as const), title, place });

describe('the far side’s table', () => {
  const call = view({ roster: [person(2, 'Principal', 'Sochi'), ...Array.from({ length: 9 }, (_, i) => person(i + 3, `Adviser ${i}`, ''))] });

  it('is the principal, and the others by their place in the roster', () => {
    const tracks = [far(9, 4), far(5, 2), far(6, 2, 'sound'), far(7, 3)];
    const table = tableOf(tracks, tracks[1]!.view, call, 'Moscow');
    expect(table.main).toMatchObject({ title: 'Principal', place: 'Sochi' });
    expect(table.others.map((s) => s.title)).toEqual(['Adviser 0', 'Adviser 1']);
    expect(table.others[0]!.place).toBe('Moscow');
    expect(table.more).toBe(0);
  });

  it('shows six of many and says how many more there are', () => {
    const tracks = Array.from({ length: 9 }, (_, i) => far(i + 1, i + 2));
    const table = tableOf(tracks, tracks[0]!.view, call, 'Moscow');
    expect(table.others.length).toBe(TABLE_MOST);
    expect(table.more).toBe(2);
  });

  it('is empty before anything arrives', () => expect(tableOf([], null, null, 'Moscow')).toEqual({ main: null, others: [], more: 0 }));

  it('takes the place from what was signed first', () => {
    expect(placeOf({ place: 'Sochi' }, { place: 'x' }, 'Moscow')).toBe('Sochi');
    expect(placeOf({ place: '' }, { place: 'Situation Room' }, 'Moscow')).toBe('Situation Room');
    expect(placeOf(undefined, undefined, 'Moscow')).toBe('Moscow');
  });
});
