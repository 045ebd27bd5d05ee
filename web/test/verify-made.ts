// Calls made up for the tests of the verifier: sides with keys of the moment, and statements that they sign.
import { hex, sha256, type Hex } from '../src/record/verify/bytes';
import { KINDS, type Kind } from '../src/record/verify/body';

/** What CBOR of the one form holds; a Map has ascending keys. */
export type Item = number | string | Uint8Array | null | Item[] | Map<number, Item>;

function head(major: number, value: number): number[] {
  const first = major << 5;
  if (value < 24) return [first | value];
  if (value < 0x100) return [first | 24, value];
  if (value < 0x1_0000) return [first | 25, value >> 8, value & 255];
  const wide = value < 0x1_0000_0000 ? 4 : 8;
  const digits = value.toString(16).padStart(wide * 2, '0').match(/../g) ?? [];
  return [first | (wide === 4 ? 26 : 27), ...digits.map((pair) => Number.parseInt(pair, 16))];
}

/** The bytes of an item in the one form. */
export function cbor(item: Item): number[] {
  if (item === null) return [0xf6];
  if (typeof item === 'number') return head(0, item);
  if (typeof item === 'string') {
    const text = new TextEncoder().encode(item);
    return [...head(3, text.length), ...text];
  }
  if (item instanceof Uint8Array) return [...head(2, item.length), ...item];
  if (Array.isArray(item)) return [...head(4, item.length), ...item.flatMap(cbor)];
  return [...head(5, item.size), ...[...item].flatMap((entry) => entry.flatMap(cbor))];
}

/** Bytes of hex. */
export const raw = (text: Hex) => Uint8Array.from(Buffer.from(text, 'hex'));

/** A side's id by its first key. */
export const idOf = (key: Hex) => sha256(raw(key));

/** A map of these values under the keys 1, 2, 3 and so on. */
export const fields = (...values: Item[]) => new Map(values.map((value, at) => [at + 1, value] as const));

/** The items in another order, the same for the same seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return items
    .map((item) => ({ item, rank: next() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

export interface Key {
  pair: CryptoKeyPair;
  key: Hex;
}

export async function makeKey(): Promise<Key> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return { pair, key: hex(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))) };
}

const signature = async (key: Key, message: Uint8Array<ArrayBuffer>) => new Uint8Array(await crypto.subtle.sign('Ed25519', key.pair.privateKey, message));

/** A COSE_Sign1 of a payload, in the one form. */
export async function signed(key: Key, payload: Item): Promise<Uint8Array> {
  const header = Uint8Array.of(0xa2, 1, 0x27, 4, 0x58, 0x20, ...raw(key.key));
  const content = Uint8Array.from(cbor(payload));
  const toSign = Uint8Array.from(cbor(['Signature1', header, new Uint8Array(), content]));
  return Uint8Array.of(0xd2, ...cbor([header, new Map(), content, await signature(key, toSign)]));
}

export interface Side {
  id: Hex;
  first: Hex;
  key: Key;
}

/** A statement that was made. */
export interface Made {
  bytes: Uint8Array;
  hash: Hex;
  side: Hex;
  number: number;
}

/** Two sides or more who have seen everything that was said before, unless told otherwise. */
export class World {
  readonly said: Made[] = [];
  private constructor(readonly sides: readonly Side[]) {}

  static async of(count: number): Promise<World> {
    const sides = await Promise.all(
      Array.from({ length: count }, async () => {
        const key = await makeKey();
        return { id: await idOf(key.key), first: key.key, key };
      }),
    );
    return new World(sides.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
  }

  side(at: number): Side {
    const side = this.sides[at];
    if (!side) throw new Error(`no side ${at}`);
    return side;
  }

  get call(): Hex {
    return this.said[0]?.hash ?? '';
  }

  person(id: number, side: number, role = 1): Map<number, Item> {
    return fields(id, raw(this.side(side).id), role, `EXAMPLE ${id}`, 'Room', null);
  }

  /** Terms with one principal of each side, and footage of the first one for a minute. */
  terms(replaces: Hex | null = null, minutes = 50): Map<number, Item> {
    const parties = this.sides.map((side) => fields(raw(side.id), 'Europe/Moscow', 'Capital'));
    const roster = this.sides.map((_, at) => this.person(at, at));
    const first = [raw(this.side(0).id)];
    const footage = fields(1, [0], first, 1, first, fields(1, null));
    return fields(1, 1_640_896_500_000, minutes, parties, [], 'EXAMPLE reason', roster, ['en'], footage, replaces === null ? null : raw(replaces), 1, 1);
  }

  /** The side's next statement, or what it says in a place that is taken already, having seen what is in `seen`. */
  async say(at: number, kind: Kind, body: Item, { seen = this.said, again = false }: { seen?: readonly Made[]; again?: boolean } = {}): Promise<Made> {
    const { id, key } = this.side(at);
    const chain = this.said.filter((one) => one.side === id);
    const number = again ? chain.length : chain.length + 1;
    const heads = this.sides.flatMap((side) => (side.id === id ? [] : (seen.findLast((one) => one.side === side.id) ?? [])));
    const previous = chain[number - 2]?.hash ?? null;
    const payload = new Map<number, Item>([
      [0, 'visavis statement 1'],
      [1, this.said.length ? [1, raw(this.call)] : null],
      [2, raw(id)],
      [3, number],
      [4, previous === null ? null : raw(previous)],
      [5, heads.map((one) => [raw(one.side), one.number, raw(one.hash)])],
      [6, 1_640_810_100_000 + this.said.length * 1_000],
      [7, KINDS.indexOf(kind) + 1],
      [8, body],
    ]);
    const bytes = await signed(key, payload);
    const made = { bytes, hash: await sha256(Uint8Array.from(bytes)), side: id, number };
    if (!again) this.said.push(made);
    return made;
  }

  /** An offer by side 0, agreed by all the others. */
  async agree(): Promise<Hex> {
    const offer = await this.say(0, 'offer', this.terms());
    for (let at = 1; at < this.sides.length; at += 1) await this.say(at, 'agree', fields(raw(offer.hash)));
    return offer.hash;
  }

  /** From nothing to a session that runs. */
  async begin(): Promise<Hex> {
    const terms = await this.agree();
    for (const kind of ['gather', 'begin'] as const) {
      for (let at = 0; at < this.sides.length; at += 1) await this.say(at, kind, fields(raw(terms)));
    }
    return terms;
  }

  /** A Rekey of a side on a line of that id, after which it signs with the new key. */
  async rekey(at: number, { line = 'ab'.repeat(32), signer = this.side(at).key, proofBy }: { line?: Hex; signer?: Key; proofBy?: Key } = {}): Promise<Uint8Array> {
    const side = this.side(at);
    const next = await makeKey();
    const introduction = Uint8Array.of(...new TextEncoder().encode('visavis rekey'), ...raw(line), ...raw(side.id), ...raw(next.key));
    const payload = new Map<number, Item>([
      [0, 'visavis statement 1'],
      [1, [2, raw(line)]],
      [2, raw(side.id)],
      [3, 1],
      [4, null],
      [5, []],
      [6, 1_640_810_000_000],
      [7, 17],
      [8, fields(raw(next.key), await signature(proofBy ?? next, introduction))],
    ]);
    const bytes = await signed(signer, payload);
    side.key = next;
    return bytes;
  }
}
