// The terminal's own record of a call: whom it lets in, what waits, what is refused, and who may take part.
import { describe, expect, it } from 'vitest';
import { Chains, type Placed } from '../src/record/verify/chains';
import { Record, WAITING_MAX, type Inserted } from '../src/record/verify/index';
import { Keyring } from '../src/record/verify/keyring';
import { parseStatement, type Statement } from '../src/record/verify/statement';
import { World, fields, makeKey, raw, shuffled, type Made } from './verify-made';

const SEAT = '01'.repeat(32);

/** The record at the terminal of one side, its own key known and nothing else. */
const recordAt = (world: World, at: number) => Record.open(world.side(at).id, world.side(at).first, world.call);

async function bring(record: Record, made: readonly Made[]): Promise<Inserted[]> {
  const results: Inserted[] = [];
  for (const one of made) results.push(await record.insert(one.bytes));
  return results;
}

/** The record at side 0's terminal with everything that was said. */
async function whole(world: World): Promise<Record> {
  const record = await recordAt(world, 0);
  await bring(record, world.said.slice(0, 1));
  for (const side of world.sides) await record.addSide(side.first);
  await bring(record, world.said.slice(1));
  return record;
}

describe('whom it knows', () => {
  it('starts from a key whose hash is the own side, or not at all', async () => {
    const world = await World.of(2);
    const [own, far] = [world.side(0), world.side(1)];
    await expect(Record.open(own.id, far.first, 'cc'.repeat(32))).rejects.toThrow(RangeError);
    await expect(Record.open(own.id, 'no key', 'cc'.repeat(32))).rejects.toThrow(RangeError);
  });

  it('takes another side by the key that the first offer names by its hash, and nobody else', async () => {
    const world = await World.of(2);
    await world.agree();
    const record = await recordAt(world, 0);
    const far = world.side(1).first;
    expect(await record.addSide(far)).toEqual({ refused: 'no_offer' });
    expect(await bring(record, world.said)).toEqual(['taken', 'waiting']);
    expect(await record.addSide((await makeKey()).key)).toEqual({ refused: 'not_a_party' });
    expect(await record.addSide(far.toUpperCase())).toEqual({ refused: 'value' });
    expect(record.state()?.phase).toBe('proposed');
    expect(await record.addSide(far)).toBe('taken');
    expect(await record.addSide(far)).toBe('known');
    expect(record.state()?.phase).toBe('agreed');
  });

  it('says that the sides are introduced only once the own side has signed who they are', async () => {
    const world = await World.of(2);
    const terms = await world.agree();
    const asker = await recordAt(world, 0);
    expect(asker.introduced).toBe(false);
    await bring(asker, world.said.slice(0, 1));
    expect(asker.introduced).toBe(true);

    const asked = await recordAt(world, 1);
    expect(await bring(asked, world.said.slice(0, 1))).toEqual(['waiting']);
    expect(asked.state()).toBeNull();
    expect(await asked.addSide(world.side(0).first)).toBe('taken');
    expect([asked.state()?.phase, asked.introduced]).toEqual(['proposed', false]);
    await world.say(0, 'gather', fields(raw(terms)));
    expect(await bring(asked, world.said)).toEqual(['known', 'taken', 'taken']);
    expect([asked.state()?.phase, asked.introduced]).toEqual(['gathering', true]);
  });

  it('does not take a decline for an introduction', async () => {
    const world = await World.of(2);
    const offer = await world.say(0, 'offer', world.terms());
    await world.say(1, 'decline', fields(raw(offer.hash)));
    const record = await recordAt(world, 1);
    await bring(record, world.said);
    await record.addSide(world.side(0).first);
    expect([record.state()?.phase, record.introduced, record.waiting]).toEqual(['declined', false, 0]);
  });

  it('refuses a call to which the own side is no party', async () => {
    const [world, other] = [await World.of(2), await World.of(2)];
    await world.agree();
    const record = await Record.open(other.side(0).id, other.side(0).first, world.call);
    expect(await bring(record, world.said.slice(0, 1))).toEqual([{ refused: 'not_a_party' }]);
    expect(await record.addSide(world.side(1).first)).toEqual({ refused: 'no_offer' });
  });
});

describe('rekeys', () => {
  it('lets a new key speak once its Rekey is known, and the old one never after it', async () => {
    const world = await World.of(2);
    const terms = await world.agree();
    const old = world.side(1).key;
    const rekey = await world.rekey(1);
    const gather = await world.say(1, 'gather', fields(raw(terms)));
    const record = await whole(world);
    expect(record.state()?.gathered).toEqual([]);
    expect(await record.insert(gather.bytes)).toEqual({ refused: 'unknown_key' });
    expect(await record.addSide(world.side(1).first, [rekey])).toBe('taken');
    expect(await record.addSide(world.side(1).first, [rekey])).toBe('known');
    expect(await record.insert(gather.bytes)).toBe('taken');
    expect(record.state()?.gathered).toEqual([world.side(1).id]);
    world.side(1).key = old;
    const late = await world.say(1, 'begin', fields(raw(terms)));
    expect(await record.insert(late.bytes)).toEqual({ refused: 'old_key' });
  });

  it('takes all Rekeys or none: no wrong proof, no stranger, no older key, no key twice', async () => {
    const world = await World.of(2);
    await world.agree();
    const { first, key } = world.side(1);
    const record = await whole(world);
    const good = await world.rekey(1);
    const aside = await world.rekey(1, { signer: key });
    const stranger = await world.rekey(1, { signer: await makeKey() });
    const unproven = await world.rekey(1, { signer: key, proofBy: key });
    const foreign = await world.rekey(0);
    expect(await record.addSide(first, [good, aside])).toEqual({ refused: 'old_key' });
    expect(await record.addSide(first, [good, stranger])).toEqual({ refused: 'unknown_key' });
    expect(await record.addSide(first, [good, unproven])).toEqual({ refused: 'signature' });
    expect(await record.addSide(first, [good, foreign])).toEqual({ refused: 'unknown_side' });
    expect(await record.addSide(first, [good, world.said[0]?.bytes ?? good])).toEqual({ refused: 'foreign' });
    expect(await record.addSide(first, [good.subarray(1)])).toEqual({ refused: 'unexpected' });
    expect(await record.addSide(first, Array.from({ length: 256 }, () => good))).toEqual({ refused: 'bound' });
    expect(await record.addSide(first, [good])).toBe('taken');
  });
});

describe('what waits', () => {
  it('is taken when what it rests on comes, in whatever order', async () => {
    const world = await World.of(3);
    await world.begin();
    const expected = (await whole(world)).state();
    expect(expected?.phase).toBe('in_session');
    for (let seed = 1; seed <= 5; seed += 1) {
      const record = await recordAt(world, 0);
      const [first, ...rest] = shuffled(world.said, seed);
      await bring(record, [...rest, ...(first ? [first] : [])]);
      for (const side of world.sides) await record.addSide(side.first);
      expect([record.waiting, record.state()], `seed ${seed}`).toEqual([0, expected]);
    }
  });

  it('is bounded, and a full queue is resolved by what it waits for', async () => {
    const world = await World.of(2);
    await world.agree();
    for (let at = 0; at < WAITING_MAX; at += 1) await world.say(0, 'close', new Map());
    const record = await recordAt(world, 0);
    const [offer, agree, ...closes] = world.said;
    if (!offer || !agree) throw new Error('no agreement');
    expect(new Set(await bring(record, closes))).toEqual(new Set(['waiting']));
    expect([await record.insert(agree.bytes), record.waiting]).toEqual([{ refused: 'queue_full' }, WAITING_MAX]);
    // Its own chain after the offer rests on the agree that it has seen, too.
    expect([await record.insert(offer.bytes), record.waiting]).toEqual(['taken', WAITING_MAX]);
    expect(await record.addSide(world.side(1).first)).toBe('taken');
    expect([await record.insert(agree.bytes), record.waiting]).toEqual(['taken', 0]);
    expect(record.heads().map((head) => head.number).toSorted((a, b) => a - b)).toEqual([1, WAITING_MAX + 1]);
  });

  it('holds a statement back behind one that is withheld', async () => {
    const world = await World.of(2);
    await world.agree();
    await world.say(1, 'vouch', fields(raw(SEAT), 1));
    const close = await world.say(1, 'close', new Map());
    const after = await world.say(1, 'vouch', fields(raw('02'.repeat(32)), 1));
    const seen = await world.say(0, 'vouch', fields(raw('03'.repeat(32)), 0));
    const record = await recordAt(world, 0);
    await bring(record, world.said.slice(0, 1));
    await record.addSide(world.side(1).first);
    await bring(record, world.said.filter((one) => one !== close));
    expect([record.seatOf(SEAT)?.good, record.seatOf('02'.repeat(32)), record.seatOf('03'.repeat(32)), record.waiting]).toEqual([true, null, null, 2]);
    expect(await bring(record, [after, seen])).toEqual(['waiting', 'waiting']);
    expect(await record.insert(close.bytes)).toBe('taken');
    expect([record.seatOf('02'.repeat(32))?.good, record.seatOf('03'.repeat(32))?.good, record.waiting]).toEqual([true, true, 0]);
  });
});

describe('a long call', () => {
  it('is kept up with, statement by statement', { timeout: 30_000 }, async () => {
    const world = await World.of(2);
    const terms = await world.begin();
    for (let at = 0; world.said.length < 500; at += 1) {
      const guest = fields(raw(terms), world.person(100 + at, 1));
      const seat = (at % 256).toString(16).padStart(2, '0').repeat(32);
      await world.say(0, at % 2 ? 'back' : 'lost', fields(raw(world.side(1).id), at));
      for (const side of [0, 1]) await world.say(side, 'admit', guest);
      await world.say(1, 'vouch', fields(raw(seat), 100 + at));
      await world.say(0, 'strike', fields(100 + at));
    }
    const record = await recordAt(world, 0);
    await bring(record, world.said.slice(0, 1));
    await record.addSide(world.side(1).first);
    const since = performance.now();
    for (const one of world.said) {
      await record.insert(one.bytes);
      record.state();
    }
    // A fraction of a second on a quiet machine; a step that grows with the square of what is held takes far longer.
    expect(performance.now() - since).toBeLessThan(4_000);
    expect(record.heads().reduce((sum, head) => sum + head.number, 0)).toBe(world.said.length);
    expect([record.state()?.roster.length, record.state()?.seats.some((one) => one.good)]).toEqual([2, false]);
  });
});

describe('what is refused', () => {
  it('is of another call, or says of itself what its chain does not bear out', async () => {
    const [world, other] = [await World.of(2), await World.of(2)];
    const terms = await world.agree();
    const record = await whole(world);
    const foreign = await other.say(0, 'offer', other.terms());
    expect(await record.insert(foreign.bytes)).toEqual({ refused: 'foreign' });
    expect(await record.insert(await world.rekey(1))).toEqual({ refused: 'foreign' });
    expect(await record.insert(Uint8Array.of(0xd2, 0x84))).toEqual({ refused: 'short' });
    expect(await record.insert(new Uint8Array(20_000))).toEqual({ refused: 'bound' });
    world.side(1).key = await makeKey();
    const forged = await world.say(1, 'gather', fields(raw(terms)));
    expect(await record.insert(forged.bytes)).toEqual({ refused: 'unknown_key' });
  });

  it('goes back in what it has seen, or has seen too little for what it has seen', async () => {
    const world = await World.of(3);
    const terms = await world.agree();
    const gather = fields(raw(terms));
    const [offer, one, two] = world.said;
    if (!offer || !one || !two) throw new Error('no agreement');
    const record = await whole(world);
    const back = await world.say(2, 'gather', gather, { seen: [offer] });
    expect(await record.insert(back.bytes)).toEqual({ refused: 'seen_back' });
    const blind = await world.say(1, 'gather', gather, { seen: [] });
    expect(await record.insert(blind.bytes)).toEqual({ refused: 'seen_back' });
    const unaware = await World.of(2);
    await unaware.say(0, 'offer', unaware.terms());
    const early = await unaware.say(1, 'close', new Map(), { seen: [] });
    expect(await (await whole(unaware)).insert(early.bytes)).toEqual({ refused: 'seen_torn' });
    // Side 2's agree had seen side 1's; who has seen the one has seen the other.
    const torn = await world.say(0, 'gather', gather, { seen: [two] });
    expect(await record.insert(torn.bytes)).toEqual({ refused: 'seen_torn' });
  });

  it('names another predecessor, or is a third in one place', async () => {
    const world = await World.of(2);
    const terms = await world.begin();
    await world.say(1, 'vouch', fields(raw(SEAT), 1));
    const record = await whole(world);
    expect(record.seatOf(SEAT)).toEqual({ side: world.side(1).id, person: 1, role: 'principal', good: true });
    const before = [...world.said];
    const second = await world.say(1, 'open', fields(raw(terms)), { again: true, seen: before });
    const third = await world.say(1, 'close', new Map(), { again: true, seen: before });
    expect(await bring(record, [second, second, third])).toEqual(['taken', 'known', { refused: 'third_in_place' }]);
    const state = record.state();
    expect([state?.forked, state?.phase, state?.running, record.seatOf(SEAT)]).toEqual([true, 'ended', false, null]);
    world.said.splice(0, world.said.length, ...before.slice(0, -1), second);
    const onSecond = await world.say(1, 'close', new Map());
    expect(await record.insert(onSecond.bytes)).toEqual({ refused: 'broken_link' });
  });

  it('takes one of the last places in a chain without being a closing', async () => {
    const world = await World.of(2);
    const terms = await world.agree();
    const close = await parseStatement((await world.say(0, 'close', new Map())).bytes);
    const gather = await parseStatement((await world.say(0, 'gather', fields(raw(terms)))).bytes);
    const [offer, agree] = await Promise.all(world.said.slice(0, 2).map((one) => parseStatement(one.bytes)));
    if (!offer || !agree) throw new Error('no agreement');
    const keyring = new Keyring();
    for (const { id, first } of world.sides) keyring.learn(id, first, []);
    const chains = Chains.start(keyring, offer);
    if (!(chains instanceof Chains)) throw new Error(chains.refused);
    chains.insert(keyring, agree);
    // Unsigned copies: signatures are none of the chains' business, and 4,096 of them take long.
    const next = (of: Statement): Placed => {
      const before = chains.heads().find((head) => head.side === of.side);
      const number = (before?.number ?? 0) + 1;
      return chains.insert(keyring, { ...of, number, hash: `${number}`.padStart(64, '0'), previous: before?.hash ?? null });
    };
    for (let number = 2; number <= 4_079; number += 1) next(close);
    expect(next(gather)).toBe('taken');
    for (let number = 4_081; number <= 4_096; number += 1) expect([next(gather), next(close)]).toEqual([{ refused: 'closings_only' }, 'taken']);
  });
});

describe('who may take part', () => {
  it('is on the roster, claimed by one side, in a call that is not over', async () => {
    const world = await World.of(2);
    const terms = await world.begin();
    const good = async () => (await whole(world)).seatOf(SEAT)?.good ?? null;
    expect(await good()).toBeNull();
    const before = [...world.said];
    await world.say(0, 'vouch', fields(raw(SEAT), 0));
    expect(await good()).toBe(true);
    const aside = await world.say(1, 'vouch', fields(raw(SEAT), 1), { seen: before });
    expect(await good()).toBe(false);
    await world.say(1, 'vouch', fields(raw(SEAT), null), { seen: before });
    // The other side's claim was before nobody's eyes but its own, so it may be taken back.
    expect([await good(), aside.number]).toEqual([true, 4]);
    await world.say(1, 'strike', fields(0));
    expect(await good()).toBe(false);
    for (const side of [0, 1]) await world.say(side, 'admit', fields(raw(terms), world.person(0, 0, 5)));
    expect((await whole(world)).seatOf(SEAT)).toEqual({ side: world.side(0).id, person: 0, role: 'press', good: true });
    await world.say(1, 'end', new Map());
    expect(await good()).toBe(false);
  });

  it('is not whoever a side vouches for without the other side\'s half', async () => {
    const world = await World.of(2);
    const terms = await world.begin();
    await world.say(1, 'admit', fields(raw(terms), world.person(9, 1)));
    await world.say(1, 'vouch', fields(raw(SEAT), 9));
    const record = await whole(world);
    expect([record.seatOf(SEAT), record.state()?.roster.length]).toEqual([null, 2]);
  });

  it('takes an interpreter only when both sides name the same way of interpreting', async () => {
    const world = await World.of(2);
    const terms = await world.begin();
    const interpreter = (from: string, to: string) => new Map([...world.person(9, 1, 3), [6, fields(from, to)]] as const);
    await world.say(0, 'admit', fields(raw(terms), interpreter('en', 'ru')));
    await world.say(1, 'admit', fields(raw(terms), interpreter('ru', 'en')));
    expect((await whole(world)).state()?.roster.length).toBe(2);
    await world.say(1, 'admit', fields(raw(terms), interpreter('en', 'ru')));
    expect((await whole(world)).state()?.roster.at(-1)?.interprets).toEqual({ from: 'en', to: 'ru' });
  });

  it('changes at once, and with one statement: footage, gaps and the end', async () => {
    const world = await World.of(2);
    const terms = await world.begin();
    const opens = [await world.say(0, 'open', fields(raw(terms))), await world.say(1, 'open', fields(raw(terms)))];
    await world.say(0, 'lost', fields(raw(world.side(1).id), 7));
    const record = await whole(world);
    expect(record.state()).toMatchObject({ footage_open: opens.map((one) => one.hash), running: true, gaps: [{ from: 7, to: null }] });
    const before = [...world.said];
    await record.insert((await world.say(0, 'back', fields(raw(world.side(1).id), 8))).bytes);
    await record.insert((await world.say(1, 'close', new Map(), { seen: before })).bytes);
    expect(record.state()).toMatchObject({ footage_open: null, footage_asked_by: [], gaps: [{ from: 7, to: 8 }] });
    await record.insert((await world.say(0, 'end', new Map())).bytes);
    expect(record.state()).toMatchObject({ phase: 'ended', running: false });
    expect(record.state()?.ended).toBeGreaterThan(record.state()?.begun ?? Infinity);
  });
});
