// What a member should commit, and how long it leaves that to others. Pure.

import { MAX_COMMIT, MAX_WELCOME } from './messages';
import type { Made, Member, ReadPackage } from './mls';
import { type Waiting, mark } from './waiting';

/** Media keys are renewed at least this often. Milliseconds. */
export const RENEW_MS = 600_000;
/** Each member leaves those before it so much time to commit. Milliseconds. */
export const RANK_MS = 700;
/** A newcomer's first own commit lets the tree know it; not in the first moment, when others may be joining. Milliseconds. */
const MERGE_MS = 1_000;
/** A silent member that keeps newcomers out is removed after so long. It comes back by itself. Milliseconds. */
export const SILENT_MS = 10_000;
/** Adds in one commit, so that commit and Welcome stay within their bounds. */
const ADDS_MOST = 16;

export interface View {
  me: string;
  now: number;
  good(key: string): boolean;
  alive(key: string): boolean;
  /** When it was last heard. */
  heard(key: string): number;
  /** When this epoch was applied, and when a commit last renewed a path. */
  appliedAt: number;
  renewedAt: number;
  /** Since when packages have been waiting that this tree cannot take. */
  stuckSince: number | null;
}

export interface Need {
  remove: number[];
  add: ReadPackage[];
  /** Milliseconds to wait from when the need was first seen. */
  delay: number;
  name: string;
}

/** The place of this member among those that are heard; it commits at once if it is the first. */
function rank(member: Member, view: View, among: readonly number[] | null): number {
  const before = member.leaves.filter((l) => l.leaf < member.self && (!among || among.includes(l.leaf)));
  return before.filter((l) => view.good(l.key) && view.alive(l.key)).length;
}

/** The next commit that this member would make, or null. */
export function need(member: Member, waiting: Waiting, view: View): Need | null {
  const bad = member.leaves.filter((l) => l.leaf !== member.self && !view.good(l.key));
  const { unmerged } = member;
  // Before newcomers: the tree may not take them without it.
  if (bad.length === 0 && unmerged.includes(member.self) && view.now - view.appliedAt >= MERGE_MS) {
    return { remove: [], add: [], delay: RANK_MS * rank(member, view, unmerged), name: 'merge' };
  }
  const add = waiting.wanted(member, view.me, view.good).slice(0, ADDS_MOST);
  const stuck = view.stuckSince !== null && view.now - view.stuckSince >= SILENT_MS;
  const silent = stuck ? member.leaves.filter((l) => unmerged.includes(l.leaf) && l.leaf !== member.self && view.now - view.heard(l.key) >= SILENT_MS) : [];
  // A seat that waits although it has a leaf was loaded anew: its old leaf goes in the same commit.
  const old = member.leaves.filter((l) => add.some((p) => p.key === l.key));
  const remove = [...new Set([...bad, ...silent, ...old].map((l) => l.leaf))].toSorted((a, b) => a - b);
  if (remove.length > 0 || add.length > 0) {
    const name = `${remove.join()}|${add.map((p) => mark(p.keyPackage.leafNode.signature)).join(' ')}`;
    return { remove, add, delay: RANK_MS * rank(member, view, null), name };
  }
  if (view.now - view.renewedAt >= RENEW_MS) return { remove: [], add: [], delay: RANK_MS * rank(member, view, null), name: 'renew' };
  return null;
}

/** The same need in parts, the whole first: what the library can make of a tree decides which of them can be had. */
function parts({ remove, add }: Need, member: Member): { remove: number[]; add: ReadPackage[] }[] {
  const first = add.slice(0, 1);
  const firstOld = member.leaves.filter((l) => first.some((p) => p.key === l.key)).map((l) => l.leaf);
  const bad = remove.filter((leaf) => !add.some((p) => p.key === member.leaves.find((l) => l.leaf === leaf)?.key));
  const all = [
    { remove, add },
    { remove: [...new Set([...bad, ...firstOld])], add: first },
    { remove, add: [] },
    { remove: firstOld, add: first },
  ];
  return all.filter((part) => part.remove.length + part.add.length > 0);
}

/** A commit for a need, or for as much of it as can be had; null when the tree takes nobody yet. */
export async function make(member: Member, wanted: Need): Promise<Made | null> {
  if (wanted.remove.length + wanted.add.length === 0) return member.commit([], []);
  for (const { remove, add } of parts(wanted, member)) {
    const made = await member.commit(remove, add).catch(() => null);
    const fits = made && made.commit.length <= MAX_COMMIT && (made.welcome?.length ?? 0) <= MAX_WELCOME;
    if (fits && (add.length === 0 || made.next.joinable())) return made;
    made?.next.wipe();
  }
  return null;
}
