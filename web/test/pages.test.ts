import { describe, expect, it } from 'vitest';
import type { LineView } from '../src/signalling/protocol';
import { changedFrom, know, readable } from '../src/state/pages';

const far = { id: 'f1', name: 'Moscow', place: 'Moscow', zone: 'Europe/Moscow' };
const line = (web: string | null, web_paired: string | null): Pick<LineView, 'far' | 'web' | 'web_paired'> => ({ far, web, web_paired });

function keep() {
  const kept = new Map<string, string>();
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
}

describe('the pages of the far node', () => {
  it('are known from the pairing, and a change stands until somebody has looked at it', () => {
    const desk = keep();
    expect(changedFrom(desk, line('a', 'a'))).toBeNull();
    expect(changedFrom(desk, line('b', 'a'))).toBe('a');
    expect(changedFrom(desk, line(null, 'a'))).toBeNull();
    know(desk, line('b', 'a'));
    expect(changedFrom(desk, line('b', 'a'))).toBeNull();
    expect(changedFrom(desk, line('a', 'a'))).toBe('b');
  });

  it('are read to each other in fours', () => {
    expect(readable('0123456789abcdef0000')).toBe('0123 4567 89ab cdef');
  });
});
