import { describe, expect, it } from 'vitest';
import type { Aside } from '../src/signalling/protocol';
import { chatOf, hasChat, maySay, noteOf, plain, TEXT_MAX, unread } from '../src/state/asides';

const aside = (id: number, more: Partial<Aside> = {}): Aside => ({ id, from: 'Duty officer', role: 'operator', to: 'delegation', text: 'EXAMPLE', at: '2021-12-30T20:40:00Z', seen: false, ...more });

describe('who may say what', () => {
  it('keeps notes to the principal with operators and aides, and the chat off the principal’s screen', () => {
    expect(['operator', 'aide', 'principal', 'interpreter', 'press', 'recorder'].filter((r) => maySay(r as never, 'principal'))).toEqual(['operator', 'aide']);
    expect(maySay('interpreter', 'delegation')).toBe(true);
    expect(maySay('recorder', 'delegation')).toBe(false);
    expect(hasChat('principal')).toBe(false);
    expect(hasChat('interpreter')).toBe(true);
    expect(hasChat('recorder')).toBe(false);
  });
});

describe('what is typed', () => {
  it('becomes one plain line of at most so many characters', () => {
    expect(plain('  to the\n\tpoint  ')).toBe('to the point');
    expect(plain('a\u0000b\u2028c')).toBe('a b c');
    expect(plain('\n\n')).toBe('');
    expect([...plain('🕊'.repeat(600))].length).toBe(TEXT_MAX);
    expect(plain('one two', 4)).toBe('one');
  });
});

describe('the note on the principal’s screen', () => {
  it('is the oldest that was not put away', () => {
    expect(noteOf([])).toBeNull();
    const asides = [aside(1, { to: 'principal', seen: true }), aside(2), aside(3, { to: 'principal' }), aside(4, { to: 'principal' })];
    expect(noteOf(asides)).toMatchObject({ note: { id: 3 }, more: 1 });
    expect(chatOf(asides).map((a) => a.id)).toEqual([2]);
  });
});

describe('lines that were not read yet', () => {
  it('leave out one’s own', () => {
    const asides = [aside(1), aside(2), aside(3, { from: 'Situation Room' }), aside(4, { to: 'principal' })];
    expect(unread(asides, 1, 'Situation Room')).toBe(1);
    expect(unread(asides, 2, 'Situation Room')).toBe(0);
  });
});
