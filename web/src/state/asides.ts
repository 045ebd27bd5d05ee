// Words on one's own side alone: who may say and see what, which note stands on the principal's screen. Pure.

import type { Aside, Role } from '../signalling/protocol';

export const TEXT_MAX = 500;
/** What fits on a screen in one line, to be read at a glance. The node takes longer ones. */
export const NOTE_MAX = 80;

const TO_PRINCIPAL: readonly Role[] = ['operator', 'aide'];
const TO_DELEGATION: readonly Role[] = ['operator', 'aide', 'principal', 'interpreter', 'press'];

export const maySay = (role: Role, to: Aside['to']): boolean => (to === 'principal' ? TO_PRINCIPAL : TO_DELEGATION).includes(role);

/** Who has the delegation's chat on the terminal: everybody but the principal, whose screen stays calm. */
export const hasChat = (role: Role): boolean => role !== 'principal' && maySay(role, 'delegation');

/** One line without control characters, as the node takes it; empty when there is nothing to say. */
export function plain(typed: string, most = TEXT_MAX): string {
  const line = typed.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return [...line].slice(0, most).join('').trim();
}

/** The note that stands on the principal's screen: each is read in its turn. */
export function noteOf(asides: readonly Aside[]): { note: Aside; more: number } | null {
  const waiting = asides.filter((a) => a.to === 'principal' && !a.seen);
  const note = waiting[0];
  return note ? { note, more: waiting.length - 1 } : null;
}

export const chatOf = (asides: readonly Aside[]): Aside[] => asides.filter((a) => a.to === 'delegation');

/** How many lines of the chat came after the last one that was read, one's own left out. */
export const unread = (asides: readonly Aside[], read: number, name: string): number => chatOf(asides).filter((a) => a.id > read && a.from !== name).length;
