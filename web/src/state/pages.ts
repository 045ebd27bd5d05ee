// Which pages of a far node this desk knows: those of the pairing, until its operator has looked at a change. Pure but
// for the store that it is handed.

import type { LineView } from '../signalling/protocol';

export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const key = (far: string) => `visavis-pages-${far}`;

/** The pages known so far when the far node now serves others, else null. */
export function changedFrom(keep: Keep, { far, web, web_paired }: Pick<LineView, 'far' | 'web' | 'web_paired'>): string | null {
  const known = keep.getItem(key(far.id)) ?? web_paired;
  return web !== null && known !== null && known !== web ? known : null;
}

/** The operator has looked at the change. */
export function know(keep: Keep, { far, web }: Pick<LineView, 'far' | 'web'>): void {
  if (web !== null) keep.setItem(key(far.id), web);
}

/** A hash as two people read it to each other: its first 16 digits in fours. */
export const readable = (hash: string) => (hash.slice(0, 16).match(/.{4}/g) ?? []).join(' ');
