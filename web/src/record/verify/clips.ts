// Clips: who has released which, and what stands of it (docs/record.md, section 4), over a view of the chains.
//
// The terms that count are those under which footage was open, as the signer of a release saw it.

import type { Hex } from './bytes';
import type { Entry } from './chains';
import type { Footage } from './terms';
import type { View } from './view';

/** Most releases that all sides together may say in one call; each side has its even share. */
export const RELEASES_MAX = 64;

/** A release of a clip, as one or more sides have said it. */
export interface ReleaseState {
  /** The SHA-256 of the clip's file. */
  clip: Hex;
  /** The released clip whose place it takes. */
  instead: Hex | null;
  /** The hashes of the halves that stand, ascending by their sides. */
  by: Hex[];
  /** Whether they are enough. */
  standing: boolean;
  /** No half stands: all were taken back. */
  recalled: boolean;
  /** No half stands: another clip has taken its place. */
  replaced: boolean;
}

type Half = Entry<'release'>;

const said = (half: Half) => half.statement.body;
const samePair = (a: Half, b: Half) => said(a).clip === said(b).clip && said(a).instead === said(b).instead;

/** By time, then side, then number. */
const byClock = (a: Entry, b: Entry) => a.statement.at - b.statement.at || a.side - b.side || a.statement.number - b.statement.number;

/** Whether each of `sides` sides has a half such that all these halves have seen the same closings. */
function together(sides: number, halves: readonly Entry[], closings: readonly Entry[]): boolean {
  const bySeen = new Map<string, Set<number>>();
  for (const half of halves) {
    const seen = closings.map((closing) => closing.statement.number <= (half.past[closing.side] ?? 0)).join();
    bySeen.set(seen, (bySeen.get(seen) ?? new Set()).add(half.side));
  }
  return [...bySeen.values()].some((spoke) => spoke.size === sides);
}

/** Whether a half needed nobody else's word when it was said: of its past alone, so the same in every view. */
const alones = new WeakMap<Half, boolean>();

/** What a view says of clips. */
export class Clips {
  private footage: readonly Footage[] | null = null;

  constructor(private readonly view: View) {}

  private get sides(): number {
    return this.view.chains.sides.length;
  }

  /**
   * The footage terms under which footage was open: by halves that had seen the same closings, so that at some moment
   * someone could see it open.
   */
  get opened(): readonly Footage[] {
    this.footage ??= this.view.offers.flatMap(({ hash, terms }) => {
      const halves = this.view.valid('open').filter((half) => half.statement.body.terms === hash);
      return terms.footage && together(this.sides, halves, this.view.said('close')) ? [terms.footage] : [];
    });
    return this.footage;
  }

  /** Whether a release said in this view needs nobody else's word. */
  get alone(): boolean {
    return this.opened.every((footage) => footage.release === 'either');
  }

  private saidAlone(half: Half): boolean {
    const known = alones.get(half);
    if (known !== undefined) return known;
    const { alone } = this.view.before(half).clips;
    alones.set(half, alone);
    return alone;
  }

  private recalls(clip: Hex): Entry<'recall'>[] {
    return this.view.said('recall').filter((recall) => recall.statement.body.clip === clip);
  }

  /** It has seen every recall that concerns it, and nothing has taken its place. */
  private stands(half: Half): boolean {
    const { clip } = said(half);
    const alone = this.saidAlone(half);
    const recalls = this.recalls(clip).filter((recall) => !alone || recall.side === half.side);
    return this.view.sawAll(half, recalls) && !this.supplanted(half.side, clip);
  }

  /** Whether a correction that was complete once has taken the place of the side's release of a clip. */
  supplanted(side: number, clip: Hex): boolean {
    const corrections = this.view.valid('release').filter((half) => said(half).instead === clip);
    return corrections.some((one) => {
      if (one.side === side && this.saidAlone(one)) return true;
      const halves = corrections.filter((other) => samePair(one, other));
      return together(this.sides, halves, this.recalls(said(one).clip));
    });
  }

  /** The side's half of a release of a clip, if one stands. */
  half(side: number, clip: Hex): Half | null {
    const newest = this.view.valid('release').findLast((half) => half.side === side && said(half).clip === clip);
    return newest && this.stands(newest) ? newest : null;
  }

  /** Whether a clip was released, so that another can take its place: by this side, where sides release alone. */
  released(side: number, clip: Hex): boolean {
    return this.view.valid('release').some((half) => said(half).clip === clip && (half.side === side || !this.alone));
  }

  /** Every release that is not void, in the order in which it was first said by the sides' clocks. */
  releases(): ReleaseState[] {
    const all = this.view.valid('release').toSorted(byClock);
    const firsts = all.filter((half, at) => all.findIndex((other) => samePair(half, other)) === at);
    return firsts.map((first) => this.releaseState(first, all));
  }

  private releaseState(first: Half, all: readonly Half[]): ReleaseState {
    const { clip, instead } = said(first);
    const standing = this.view.chains.sides.flatMap((_, side) => this.half(side, clip) ?? []).filter((half) => samePair(half, first));
    const none = standing.length === 0;
    const replaced = none && all.some((half) => samePair(half, first) && this.supplanted(half.side, clip));
    return {
      clip,
      instead,
      by: standing.map((half) => half.statement.hash),
      standing: standing.length === this.sides || standing.some((half) => this.saidAlone(half)),
      recalled: none && !replaced,
      replaced,
    };
  }
}
