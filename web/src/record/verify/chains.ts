// The chains of one call: what is held, what fits, and what was before a signer's eyes (docs/record.md, section 3).
//
// A statement is taken only after its predecessor and after everything that it says it has seen. So what is held is
// always something that someone could have held, and each statement is judged once, for good, in its signer's past.

import { CLOSINGS, type Kind } from './body';
import type { Hex } from './bytes';
import type { Keyring } from './keyring';
import { judge, type Rule } from './rules';
import { CHAIN_MAX, type Head, type Statement } from './statement';
import { View } from './view';

/** How many of a chain's last places are for closings only. */
export const CLOSING_PLACES = 16;

/** Why a statement can never be part of these chains. The codes are those of the nodes. */
export type Fault =
  /** Of another call, or starts one where one goes on. */
  | 'foreign'
  /** Its side is no party to the call, or it has seen one that is none. */
  | 'not_a_party'
  /** Its side's first key is not known. */
  | 'unknown_side'
  /** The key that signed was never its side's. */
  | 'unknown_key'
  /** Its chain went on with a newer key already. */
  | 'old_key'
  /** It names another predecessor than the statement before it. */
  | 'broken_link'
  /** It has seen less than its predecessor had. */
  | 'seen_back'
  /** It has seen a statement but not what that had seen, or not the first offer. */
  | 'seen_torn'
  /** The chain's last places are for closings. */
  | 'closings_only'
  /** A third statement in one place. */
  | 'third_in_place';

/** What became of a statement: `waiting` where something that it rests on is not held, `fork` as the second in its place. */
export type Placed = 'taken' | 'known' | 'fork' | 'waiting' | { refused: Fault };

/** A statement in its place. */
export interface Entry<K extends Kind = Kind> {
  statement: Statement<K>;
  /** Whose: an index into the parties. */
  side: number;
  /** How much of each party's chain was before its signer's eyes, itself not counted. */
  past: readonly number[];
  /** The rule of section 5 that makes it void. */
  void: Rule | null;
}

const refused = (fault: Fault): Placed => ({ refused: fault });

/** The chains of one call, as far as they are held. */
export class Chains {
  private readonly chains: Entry[][];
  /** The second statements of forks, by side and number. */
  private readonly twins = new Map<string, Statement>();
  private readonly said = new Map<Kind, Entry[][]>();

  private constructor(
    readonly call: Hex,
    /** The parties, ascending. */
    readonly sides: readonly Hex[],
    /** Who asked: an index into `sides`. */
    readonly asker: number,
  ) {
    this.chains = sides.map(() => []);
  }

  /** Starts a call's chains with its first offer. */
  static start(keyring: Keyring, first: Statement): Chains | { refused: Fault } {
    if (!first.startsCall || first.body.kind !== 'offer') return { refused: 'foreign' };
    const sides = first.body.terms.parties.map((party) => party.side);
    const asker = sides.indexOf(first.side);
    if (asker < 0) return { refused: 'not_a_party' };
    const chains = new Chains(first.hash, sides, asker);
    const placed = chains.insert(keyring, first);
    return typeof placed === 'object' ? placed : chains;
  }

  /** Takes a statement if it fits. One that breaks a rule but not its chain is held all the same, and void. */
  insert(keyring: Keyring, statement: Statement): Placed {
    if (!('call' in statement.subject) || statement.subject.call !== this.call) return refused('foreign');
    const side = this.sides.indexOf(statement.side);
    const chain = this.chains[side];
    if (!chain) return refused('not_a_party');
    const place = statement.number - 1;
    const held = chain[place];
    if (held?.statement.hash === statement.hash) return 'known';
    if (!keyring.keys(statement.side).length) return refused('unknown_side');
    const position = keyring.position(statement.side, statement.key);
    if (position < 0) return refused('unknown_key');
    if (place > chain.length) return 'waiting';
    const before = chain[place - 1];
    if ((before?.statement.hash ?? null) !== statement.previous) return refused('broken_link');
    if (before && keyring.position(statement.side, before.statement.key) > position) return refused('old_key');
    if (held) return this.insertTwin(side, statement);
    if (statement.number > CHAIN_MAX - CLOSING_PLACES && !CLOSINGS.has(statement.body.kind)) return refused('closings_only');
    const past = this.pastOf(side, statement, before);
    if (!Array.isArray(past)) return past;
    this.append({ statement, side, past, void: judge(new View(this, past), side, statement.body, statement.at) });
    return 'taken';
  }

  private append(entry: Entry): void {
    this.chains[entry.side]?.push(entry);
    const { kind } = entry.statement.body;
    let lists = this.said.get(kind);
    if (!lists) this.said.set(kind, (lists = this.sides.map(() => [])));
    lists[entry.side]?.push(entry);
  }

  private insertTwin(side: number, statement: Statement): Placed {
    const place = `${side}/${statement.number}`;
    const twin = this.twins.get(place);
    if (twin) return twin.hash === statement.hash ? 'known' : refused('third_in_place');
    this.twins.set(place, statement);
    return 'fork';
  }

  /** What was before the signer's eyes, once all of it is held and holds together. */
  private pastOf(side: number, statement: Statement, before: Entry | undefined): number[] | Placed {
    const past = this.sides.map(() => 0);
    for (const head of statement.seen) {
      const other = this.sides.indexOf(head.side);
      if (other < 0) return refused('not_a_party');
      past[other] = head.number;
    }
    past[side] = statement.number - 1;
    if (before?.past.some((number, other) => number > (past[other] ?? 0))) return refused('seen_back');
    if (past[this.asker] === 0 && !statement.startsCall) return refused('seen_torn');
    if (!statement.seen.every((head) => this.holds(head))) return 'waiting';
    return this.torn(side, past) ? refused('seen_torn') : past;
  }

  private holds({ side, number, hash }: Head): boolean {
    const at = this.sides.indexOf(side);
    return this.chains[at]?.[number - 1]?.statement.hash === hash || this.twins.get(`${at}/${number}`)?.hash === hash;
  }

  /** Whether a statement that was seen had itself seen more of some chain; the signer's own is left aside. */
  private torn(side: number, past: readonly number[]): boolean {
    return past.some((number, at) => {
      if (at === side || number === 0) return false;
      const theirs = this.chains[at]?.[number - 1]?.past ?? [];
      return theirs.some((seen, of) => of !== at && of !== side && seen > (past[of] ?? 0));
    });
  }

  /** The entries of a kind in each chain up to the numbers of `cut`, chain by chain, oldest first. */
  upTo<K extends Kind>(kind: K, cut: readonly number[]): Entry<K>[] {
    const lists = this.said.get(kind) ?? [];
    // What lies in the list of a kind was put there for its body's kind.
    return lists.flatMap((list, side) => {
      const last = cut[side] ?? 0;
      return (list.at(-1)?.statement.number ?? 0) <= last ? list : list.filter((entry) => entry.statement.number <= last);
    }) as Entry<K>[];
  }

  /** Whether a side has said two things in one place: the call is over. */
  get forked(): boolean {
    return this.twins.size > 0;
  }

  /** The newest statement of each chain that has one, ascending by side. */
  heads(): Head[] {
    const newest = this.chains.flatMap((chain) => chain.at(-1) ?? []);
    return newest.map(({ statement: { side, number, hash } }) => ({ side, number, hash }));
  }

  /** The rule that makes a held statement void, if one does. */
  ruleAgainst(hash: Hex): Rule | null {
    return this.chains.flat().find((entry) => entry.statement.hash === hash)?.void ?? null;
  }

  /**
   * How much of each chain counts (section 4): all that is held; with a fork, what everyone who holds it agrees on:
   * of the forked chain what is below the fork, of every chain what has not seen beyond it.
   */
  standing(): number[] {
    const below = this.chains.map((chain) => chain.length);
    for (const place of this.twins.keys()) {
      const [side = 0, number = 0] = place.split('/').map(Number);
      below[side] = Math.min(below[side] ?? 0, number - 1);
    }
    return this.chains.map((chain, side) => {
      const beyond = chain.findIndex((entry) => entry.past.some((seen, of) => of !== side && seen > (below[of] ?? 0)));
      return Math.min(below[side] ?? 0, beyond < 0 ? chain.length : beyond);
    });
  }
}
