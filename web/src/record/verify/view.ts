// What stands (docs/record.md, section 4), over what someone had before their eyes: the chains cut at a number each.
//
// The same questions answer both what a side could say (in its own past) and what it all comes to (over all that is
// held). Each answer is worked out when it is first asked for.

import type { Kind } from './body';
import type { Hex } from './bytes';
import type { Chains, Entry } from './chains';
import { Clips } from './clips';
import type { Person, Terms } from './terms';

/** Each side's newest valid statement about one thing; null where a side has said none. */
type BySide<K extends Kind = Kind> = (Entry<K> | null)[];

/** An offer that is not void. */
export interface Offered {
  hash: Hex;
  entry: Entry<'offer'>;
  terms: Terms;
  /** Each side's half of the agreement on it. */
  halves: BySide;
  /** Every half is there, whatever has closed it. */
  consented: boolean;
  /** The `decline`, `withdraw` and `lapse` that name it. */
  closings: Entry[];
}

const names = new WeakMap<Person, string>();

/** All of a person in one text: the same for two that agree in every field. */
function nameOf(person: Person): string {
  const known = names.get(person);
  if (known !== undefined) return known;
  const { id, side, role, title, place, interprets } = person;
  const name = JSON.stringify([id, side, role, title, place, interprets && [interprets.from, interprets.to]]);
  names.set(person, name);
  return name;
}

/** Persons by id, then by everything else, so that a roster has one order. */
const byId = (a: Person, b: Person) => a.id - b.id || (nameOf(a) < nameOf(b) ? -1 : 1);

function grouped<By, T>(items: readonly T[], by: (item: T) => By): ReadonlyMap<By, T[]> {
  const found = new Map<By, T[]>();
  for (const item of items) {
    const group = found.get(by(item));
    if (group) group.push(item);
    else found.set(by(item), [item]);
  }
  return found;
}

const all = <K extends Kind>(halves: BySide<K>): halves is [Entry<K>, ...Entry<K>[]] => !halves.includes(null);

/** The chains, cut at a number each. */
export class View {
  private readonly memo = new Map<string, unknown>();

  constructor(
    readonly chains: Chains,
    readonly cut: readonly number[],
  ) {}

  private once<T>(name: string, make: () => T): T {
    // Each name has one maker, so what lies under it is of that maker's type.
    if (!this.memo.has(name)) this.memo.set(name, make());
    return this.memo.get(name) as T;
  }

  /** Everything of a kind that was said, void or not, chain by chain, oldest first. */
  said<K extends Kind>(kind: K): readonly Entry<K>[] {
    return this.once(`said ${kind}`, () => this.chains.upTo(kind, this.cut));
  }

  /** Everything of a kind that is not void. */
  valid<K extends Kind>(kind: K): readonly Entry<K>[] {
    return this.once(`valid ${kind}`, () => this.said(kind).filter((entry) => entry.void === null));
  }

  /** Each side's newest valid statement of a kind, by what it is about. */
  private newest<K extends Kind>(kind: K, about: (entry: Entry<K>) => string): ReadonlyMap<string, BySide<K>> {
    return this.once(`newest ${kind}`, () => {
      const found = new Map<string, BySide<K>>();
      for (const entry of this.valid(kind)) {
        const key = about(entry);
        let sides = found.get(key);
        if (!sides) found.set(key, (sides = this.nobody()));
        sides[entry.side] = entry;
      }
      return found;
    });
  }

  /** What was before the eyes of who said this. */
  before(entry: Entry): View {
    return new View(this.chains, entry.past);
  }

  private nobody<K extends Kind>(): BySide<K> {
    return this.chains.sides.map(() => null);
  }

  /** Whether every one of `closings` is in the past of that half. */
  sawAll(half: Entry, closings: readonly Entry[]): boolean {
    return closings.every((closing) => closing.statement.number <= (half.past[closing.side] ?? 0));
  }

  // ---- agreements ----

  /** The `decline`, `withdraw` and `lapse` that name an offer. Closings are never void. */
  closings(offer: Hex): readonly Entry[] {
    const byOffer = this.once('closings', () => {
      const said = [...this.said('decline'), ...this.said('withdraw'), ...this.said('lapse')];
      return grouped<Hex, Entry<'decline' | 'withdraw' | 'lapse'>>(said, (entry) => entry.statement.body.offer);
    });
    return byOffer.get(offer) ?? [];
  }

  /** Whether anything has closed an offer. */
  closed(offer: Hex): boolean {
    return this.closings(offer).length > 0;
  }

  /** Every offer that is not void. */
  get offers(): readonly Offered[] {
    return this.once('offers', () => {
      const agrees = this.newest('agree', (entry) => entry.statement.body.offer);
      return this.valid('offer').map((entry): Offered => {
        const { hash, body } = entry.statement;
        const halves: BySide = [...(agrees.get(hash) ?? this.nobody())];
        halves[entry.side] = entry;
        return { hash, entry, terms: body.terms, halves, consented: all(halves), closings: [...this.closings(hash)] };
      });
    });
  }

  /** The offer of that hash, unless it is void. */
  offer(hash: Hex): Offered | null {
    const byHash = this.once('by hash', () => new Map(this.offers.map((offer) => [offer.hash, offer])));
    return byHash.get(hash) ?? null;
  }

  /** The offers that terms replace: the one in their key 10, and what that one names, and so on. */
  ancestors(terms: Terms): ReadonlySet<Hex> {
    const found = new Set<Hex>();
    for (let next = terms.replaces; next !== null && !found.has(next); next = this.offer(next)?.terms.replaces ?? null) found.add(next);
    return found;
  }

  /** Every offer that terms consented to have replaced. */
  get replaced(): ReadonlySet<Hex> {
    return this.once('replaced', () => {
      const found = new Set<Hex>();
      for (const offer of this.offers) if (offer.consented) this.ancestors(offer.terms).forEach((hash) => found.add(hash));
      return found;
    });
  }

  /** Agreed and not replaced. Two or more: crossed. */
  get inForce(): readonly Offered[] {
    // A half that a closing was before is void, so what is consented to and not closed stands.
    return this.once('in force', () => this.offers.filter((offer) => offer.consented && !offer.closings.length && !this.replaced.has(offer.hash)));
  }

  /** Whether two agreed terms are in force. */
  get crossed(): boolean {
    return this.inForce.length > 1;
  }

  // ---- the session ----

  /** Whether anyone has said `end`. */
  get ended(): boolean {
    return this.said('end').length > 0;
  }

  /** Each side's `begin`, by terms. */
  get begins(): ReadonlyMap<Hex, BySide> {
    return this.newest('begin', (entry) => entry.statement.body.terms);
  }

  /** Whether a session stands under some terms, in force or replaced since. */
  get running(): boolean {
    return this.once('running', () => !this.ended && [...this.begins].some(([terms, halves]) => all(halves) && !this.closed(terms)));
  }

  /**
   * Under each terms whose beginning every closing has in its past, the half with the latest time (then of the
   * greatest side); of those the earliest.
   */
  get begun(): Entry | null {
    const later = (a: Entry, b: Entry) => a.statement.at - b.statement.at || a.side - b.side;
    const completed = [...this.begins].flatMap(([terms, halves]) => {
      if (!all(halves)) return [];
      const closings = [...this.closings(terms), ...this.said('end')];
      return closings.every((closing) => this.sawEvery(closing, halves)) ? [halves.toSorted(later).at(-1) as Entry] : [];
    });
    return completed.toSorted(later)[0] ?? null;
  }

  private sawEvery(closing: Entry, halves: readonly Entry[]): boolean {
    return halves.every((half) => half.statement.number <= (closing.past[half.side] ?? 0));
  }

  /** Whether the side has a `gather` for terms that nothing has closed. */
  gathered(side: number): boolean {
    return [...this.gathers].some(([terms, sides]) => sides[side] && !this.closed(terms));
  }

  /** Each side's `gather`, by terms. */
  get gathers(): ReadonlyMap<Hex, BySide> {
    return this.newest('gather', (entry) => entry.statement.body.terms);
  }

  // ---- footage ----

  /** Each side's half of footage under these terms, as far as it stands: a half that has seen every `close`. */
  openHalves(terms: Hex): BySide {
    const opens = this.newest('open', (entry) => entry.statement.body.terms).get(terms) ?? this.nobody();
    return opens.map((half) => (half && this.sawAll(half, this.said('close')) ? half : null));
  }

  /** The halves by which footage is open, ascending by side; null while it is closed. */
  get footage(): readonly Entry[] | null {
    if (!this.running) return null;
    return this.inForce.map((offer) => this.openHalves(offer.hash)).find(all) ?? null;
  }

  /** The clips of what was open. */
  get clips(): Clips {
    return this.once('clips', () => new Clips(this));
  }

  // ---- roster and seats ----

  private strikes(id: number): readonly Entry[] {
    const byPerson = this.once('strikes', () => grouped(this.said('strike'), (entry) => entry.statement.body.person));
    return byPerson.get(id) ?? [];
  }

  /** Each side's `admit`, by terms and person in every field. */
  private get admits(): ReadonlyMap<string, BySide<'admit'>> {
    return this.newest('admit', ({ statement: { body } }) => body.terms + nameOf(body.person));
  }

  /** Each side's half of the admission of exactly this person under these terms, as far as it stands. */
  admitHalves(terms: Hex, person: Person): BySide {
    const halves = this.admits.get(terms + nameOf(person)) ?? this.nobody();
    return halves.map((half) => (half && this.sawAll(half, this.strikes(person.id)) ? half : null));
  }

  /** Everyone that terms in force and the admissions under them put on the roster, strikes taken off; by id. */
  get roster(): readonly Person[] {
    return this.once('roster', () => {
      const people = new Map<string, Person>();
      for (const offer of this.inForce) {
        for (const person of offer.terms.roster) {
          if (offer.halves.every((half) => half && this.sawAll(half, this.strikes(person.id)))) people.set(nameOf(person), person);
        }
        for (const halves of this.admits.values()) {
          if (!all(halves)) continue;
          const { terms, person } = halves[0].statement.body;
          if (terms === offer.hash && all(this.admitHalves(terms, person))) people.set(nameOf(person), person);
        }
      }
      return [...people.values()].toSorted(byId);
    });
  }

  /** Each side's newest word about each key. */
  get vouches(): ReadonlyMap<Hex, BySide<'vouch'>> {
    return this.newest('vouch', (entry) => entry.statement.body.seat);
  }

  /** Whom each side says to sit there; null where it has said nobody, or nothing. */
  sitters(seat: Hex): (number | null)[] {
    const words = this.vouches.get(seat) ?? this.nobody<'vouch'>();
    return words.map((word) => word?.statement.body.person ?? null);
  }

  // ---- interruption ----

  /** Whether a side's newest valid `lost` or `back` about another is a `lost`. */
  showsLost(side: number, far: Hex): boolean {
    const number = (kind: 'lost' | 'back') => this.newest(kind, (entry) => entry.statement.body.far).get(far)?.[side]?.statement.number ?? 0;
    return number('lost') > number('back');
  }
}
