// Names in words what a side has not proved before Begin.

import { t } from './language.svelte';
import type { Lack, Why } from './preflight';

export const whyWords = (why: Why): string => t(`why-${why.replaceAll('_', '-')}`);

/** What failed and what to do about it, in one sentence; `side` is the place at the other end. */
export const mendWords = (why: Why, side: string): string => t(`mend-${why.replaceAll('_', '-')}`, { side });

export function lackWords(lack: Lack, place: string): string {
  if (lack.is === 'unsigned') return t('unproven-unsigned', { side: place });
  return t('unproven-seat', { side: place, seat: lack.seat?.title ?? t('unproven-left'), why: whyWords(lack.why) });
}
