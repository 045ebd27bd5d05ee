// A call's record as the terminal itself checks it: from the own side's first key, pinned at enrolment, and the call's
// id to who may be heard and seen (docs/record.md). It asks nobody, keeps no time, and never takes its node's word:
// a statement that the node withholds is not there, one that it changes or makes up is refused.

import { sha256, unhex, type Hex } from './bytes';
import { Malformed, type MalformedCode } from './cbor';
import { Chains, type Fault, type Placed } from './chains';
import { KEYS_MAX, Keyring, type RekeyFault } from './keyring';
import { STATEMENT_BYTES_MAX, parseStatement, rekeyProven, type Head, type Statement } from './statement';
import { stateOf, type State } from './state';
import type { Role } from './terms';

export type { Hex } from './bytes';
export type { ReleaseState } from './clips';
export type { Gap, OfferState, Phase, Seat, Standing, State } from './state';
export type { Announce, Embargo, Footage, Person, Role, Terms } from './terms';
export { STATEMENT_BYTES_MAX };

/** Most statements that wait for what they rest on. */
export const WAITING_MAX = 512;

/** Why something was not taken. */
export type Refusal =
  | MalformedCode
  | Fault
  | RekeyFault
  /** The first offer is not there yet, so nobody but the own side is known to be a party. */
  | 'no_offer'
  /** As many statements wait as may: bring what they rest on first. */
  | 'queue_full';

/** What became of a statement. Of a fork, the second one is taken too. */
export type Inserted = 'taken' | 'known' | 'waiting' | { refused: Refusal };

/** Who sits at a seat. */
export interface SeatOf {
  side: Hex;
  person: number;
  /** null for somebody who is not on the roster, or is there in two roles while terms are crossed. */
  role: Role | null;
  /** Whether the seat may take part in the call: see `Seat.good`. */
  good: boolean;
}

/** One call, as far as it is held and checked. */
export class Record {
  private readonly keyring = new Keyring();
  /** The first offer, known by its hash; `chains` start once the asking side's key is known too. */
  private first: Statement | null = null;
  private chains: Chains | null = null;
  private readonly queue = new Map<Hex, Statement>();
  private cached: State | null = null;

  private constructor(
    private readonly own: Hex,
    readonly call: Hex,
  ) {}

  /**
   * The empty record of `call` for the terminal of the side `own`, whose first public key is `firstKey`.
   * Throws a `RangeError` unless `own` is the SHA-256 of that key.
   */
  static async open(own: Hex, firstKey: Hex, call: Hex): Promise<Record> {
    if ((await sideOf(firstKey)) !== own) throw new RangeError("the side's id is not the hash of its first key");
    const record = new Record(own, call);
    record.keyring.learn(own, firstKey, []);
    return record;
  }

  /**
   * Takes a side's first key and its Rekeys (statements of a line, oldest first): all of it or nothing. Another side's
   * only once the first offer is there and names the key's SHA-256 as a party. The own side's Rekeys come this way too.
   * What waited for the key is taken then; statements refused for a key that was not known must be brought again.
   */
  async addSide(firstKey: Hex, rekeys: readonly Uint8Array[] = []): Promise<'taken' | 'known' | { refused: Refusal }> {
    const side = await sideOf(firstKey);
    if (side === null) return { refused: 'value' };
    if (rekeys.length >= KEYS_MAX) return { refused: 'bound' };
    let read: Statement[];
    try {
      read = await Promise.all(rekeys.map(readRekey));
    } catch (error) {
      return refusalOf(error);
    }
    if (side !== this.own) {
      if (!this.first) return { refused: 'no_offer' };
      if (!isParty(this.first, side)) return { refused: 'not_a_party' };
    }
    const learned = this.keyring.learn(side, firstKey, read);
    if (learned === 'taken') this.digest();
    return learned;
  }

  /** Takes a statement of any side, in whatever order they come. */
  async insert(bytes: Uint8Array): Promise<Inserted> {
    let statement: Statement;
    try {
      statement = await parseStatement(bytes);
    } catch (error) {
      return refusalOf(error);
    }
    const placed = this.place(statement);
    if (placed === 'waiting') return this.wait(statement);
    if (placed === 'taken' || placed === 'fork') this.digest();
    return placed === 'fork' ? 'taken' : placed;
  }

  /** What the statements held come to (section 4); null until the first offer is held under its side's key. */
  state(): State | null {
    if (this.chains) this.cached ??= stateOf(this.chains);
    return this.cached;
  }

  /**
   * Whether the own side has signed who the parties are: with its own offer, or by agreeing to one. While a call is
   * only being proposed by others, the sides in it are what they say they are.
   */
  get introduced(): boolean {
    const own = this.own;
    return this.state()?.offers.some((offer) => offer.by === own || offer.agreed_by.includes(own)) ?? false;
  }

  /** Who sits at the seat of this key, by the sides' words; null where nobody is vouched for. */
  seatOf(key: Hex): SeatOf | null {
    const state = this.state();
    const seat = state?.seats.find((one) => one.key === key);
    if (!state || !seat) return null;
    const { side, person, good } = seat;
    const roles = new Set(state.roster.filter((one) => one.id === person && one.side === side).map((one) => one.role));
    const [role = null] = roles.size === 1 ? roles : [];
    return { side, person, role, good };
  }

  /** The newest statement held of each chain that has one, ascending by side. */
  heads(): Head[] {
    return this.chains?.heads() ?? [];
  }

  /** How many statements wait for what they rest on. */
  get waiting(): number {
    return this.queue.size;
  }

  private place(statement: Statement): Placed {
    if (!('call' in statement.subject) || statement.subject.call !== this.call) return { refused: 'foreign' };
    const placed = this.chains?.insert(this.keyring, statement) ?? this.start(statement);
    if (placed === 'taken' || placed === 'fork') this.cached = null;
    // A party's first key may still come; nobody else's will.
    const unknown = typeof placed === 'object' && placed.refused === 'unknown_side';
    return unknown ? 'waiting' : placed;
  }

  private start(statement: Statement): Placed {
    if (!statement.startsCall) return 'waiting';
    // Its hash is the call's id, so these are the parties, whoever brought it.
    if (!isParty(statement, this.own) || !isParty(statement, statement.side)) return { refused: 'not_a_party' };
    this.first = statement;
    const started = Chains.start(this.keyring, statement);
    if (!(started instanceof Chains)) return started;
    this.chains = started;
    return 'taken';
  }

  private wait(statement: Statement): Inserted {
    // The first offer is held by itself, so that a full queue can always be resolved.
    if (statement === this.first || this.queue.has(statement.hash)) return 'waiting';
    if (this.queue.size >= WAITING_MAX) return { refused: 'queue_full' };
    this.queue.set(statement.hash, statement);
    return 'waiting';
  }

  /** Takes what waits, until a whole round takes nothing; what turns out never to fit is dropped. */
  private digest(): void {
    if (!this.chains && this.first) this.place(this.first);
    for (let moved = true; moved; ) {
      moved = false;
      for (const [hash, statement] of this.queue) {
        const placed = this.place(statement);
        if (placed === 'waiting') continue;
        this.queue.delete(hash);
        moved = true;
      }
    }
  }
}

async function sideOf(firstKey: Hex): Promise<Hex | null> {
  const key = unhex(firstKey, 32);
  return key && sha256(key);
}

async function readRekey(bytes: Uint8Array): Promise<Statement> {
  const rekey = await parseStatement(bytes);
  if (rekey.body.kind === 'rekey' && !(await rekeyProven(rekey))) throw new Malformed('signature');
  return rekey;
}

/** An error that is no refusal is thrown on: a browser without Ed25519 must not look like a faulty record. */
function refusalOf(error: unknown): { refused: Refusal } {
  if (error instanceof Malformed) return { refused: error.code };
  throw error;
}

const isParty = ({ body }: Statement, side: Hex) => body.kind === 'offer' && body.terms.parties.some((party) => party.side === side);
