// Whether what came from the node has the shape of a message at all. Pure.

import type { SealFromNode } from './messages';

const text = (...values: unknown[]) => values.every((value) => typeof value === 'string');

/** Types alone: what the bytes and numbers hold is judged where they are used. */
export function isSealMessage(message: unknown): message is SealFromNode {
  if (typeof message !== 'object' || message === null) return false;
  const { t, call, group, epoch, commit, welcome, by, from, bytes, packages } = message as Record<string, unknown>;
  if (!text(call)) return false;
  if (t === 'seal.away') return true;
  if (t === 'seal.note') return text(from, bytes);
  if (t === 'seal.late') return text(group) && typeof epoch === 'number';
  if (t === 'seal.commit') return text(group, commit, by) && typeof epoch === 'number' && (welcome === null || text(welcome));
  if (t !== 'seal.packages' || !Array.isArray(packages)) return false;
  return packages.every((p: unknown) => typeof p === 'object' && p !== null && text((p as Record<string, unknown>)['key'], (p as Record<string, unknown>)['bytes']));
}
