// When footage is open, as one terminal decides it: the window itself, what the record says of it, and what outlives a
// reload. Time is the test's.

import { describe, expect, it } from 'vitest';
import { LEASE_MS } from '../src/seal/heard';
import { Record } from '../src/record/verify';
import { type FootageJudged, type Opened, openedBy } from '../src/seal/opened';
import { footageContext } from '../src/seal/footage';
import { Remembered } from '../src/seal/remembered';
import { JOIN_MS, LIGHT_MS, Window, type Opening } from '../src/seal/window';
import { hex } from '../src/signalling/proofs';
import { markOf, saidLeft, secondsLeft, size } from '../src/state/footage';
import { World, fields, raw } from './verify-made';

const ONE = '01'.repeat(32);
const TWO = '02'.repeat(32);
const opening = (more: Partial<Opening> = {}): Opening => ({ context: ONE, leftMs: 60_000, named: true, ...more });

/** A terminal that has been a member for long, and hears the far side every half second until `heardUntil`. */
class Held {
  now = 100_000;
  window = new Window();
  joinedAt: number | null = 0;
  heardUntil = Infinity;
  private get sight() {
    return { now: this.now, joinedAt: this.joinedAt, heardAt: Math.min(this.now - (this.now % 500), this.heardUntil) };
  }
  tell(told: Opening | null): void {
    this.window.tell(told, this.now);
  }
  after(ms: number): string {
    this.now += ms;
    return this.is();
  }
  is(): string {
    const state = this.window.look(this.sight);
    return state.is === 'closed' && state.why ? `closed ${state.why}` : state.is;
  }
  sends(): boolean {
    const until = this.window.sendsUntil(this.sight);
    return until !== null && until > this.now;
  }
}

describe('the window', () => {
  it('shows the light first, sends 300 ms later, and ends with the minutes', () => {
    const h = new Held();
    expect(h.is()).toBe('closed');
    h.tell(opening());
    expect([h.is(), h.sends()]).toEqual(['light', false]);
    expect([h.after(LIGHT_MS - 1), h.sends()]).toEqual(['light', false]);
    expect([h.after(1), h.sends()]).toEqual(['open', true]);
    expect([h.after(60_000 - LIGHT_MS - 1), h.sends()]).toEqual(['open', true]);
    expect([h.after(1), h.sends()]).toEqual(['closed clock', false]);
    // The record still says that both stand.
    h.tell(opening());
    expect([h.after(10), h.sends()]).toEqual(['closed clock', false]);
  });

  it('sends nothing for who is not named, and shows the light all the same', () => {
    const h = new Held();
    h.tell(opening({ named: false }));
    h.is();
    expect([h.after(1_000), h.sends()]).toEqual(['open', false]);
  });

  it('closes when the Opens stand no more, and stays closed until others do', () => {
    const h = new Held();
    h.tell(opening());
    h.is();
    h.after(1_000);
    h.tell(null);
    expect([h.is(), h.sends()]).toEqual(['closed close', false]);
    h.tell(opening());
    expect([h.after(1_000), h.sends()]).toEqual(['closed close', false]);
    h.tell(opening({ context: TWO }));
    expect(h.is()).toBe('light');
    expect([h.after(LIGHT_MS), h.sends()]).toEqual(['open', true]);
    // Other Opens in the place of these close these.
    h.tell(opening({ context: '03'.repeat(32) }));
    expect([h.is(), h.sends()]).toEqual(['light', false]);
    h.tell(opening({ context: TWO }));
    expect(h.is()).toBe('closed close');
  });

  it('closes for good when the far side was not heard for two seconds, and tells how long it may send until then', () => {
    const h = new Held();
    h.tell(opening());
    h.is();
    h.after(1_000);
    h.heardUntil = h.now;
    expect([h.after(LEASE_MS - 1), h.sends()]).toEqual(['open', true]);
    expect(h.window.sendsUntil({ now: h.now, joinedAt: 0, heardAt: h.heardUntil })).toBe(h.heardUntil + LEASE_MS);
    h.now += 1;
    expect(h.sends()).toBe(false);
    expect(h.after(1)).toBe('closed lease');
    h.heardUntil = Infinity;
    h.tell(opening());
    expect([h.after(500), h.sends()]).toEqual(['closed lease', false]);
  });

  it('closes nothing for the others where nobody is named: it waits to hear them, and lights again', () => {
    const h = new Held();
    h.tell(opening({ named: false }));
    h.is();
    h.after(1_000);
    h.heardUntil = h.now;
    expect(h.after(LEASE_MS + 1)).toBe('waiting');
    h.heardUntil = Infinity;
    expect(h.after(500)).toBe('light');
    expect(h.after(60_000)).toBe('closed clock');
  });

  it('waits for the group after a reload, lights then, and gives up when the far side stays silent', () => {
    const h = new Held();
    [h.joinedAt, h.heardUntil] = [null, -Infinity];
    h.tell(opening({ leftMs: 20_000 }));
    expect([h.after(4_000), h.sends()]).toEqual(['waiting', false]);
    h.joinedAt = h.now;
    expect([h.after(LEASE_MS + 500), h.sends()]).toEqual(['waiting', false]);
    h.heardUntil = Infinity;
    expect([h.is(), h.sends()]).toEqual(['light', false]);
    expect([h.after(LIGHT_MS), h.sends()]).toEqual(['open', true]);
    // Out of the group for a moment: nothing goes, and the light comes again first.
    h.joinedAt = null;
    expect([h.after(100), h.sends()]).toEqual(['waiting', false]);
    h.joinedAt = h.now;
    expect([h.is(), h.sends()]).toEqual(['light', false]);
    h.joinedAt = null;
    h.is();
    [h.joinedAt, h.heardUntil] = [h.now, -Infinity];
    expect(h.after(JOIN_MS)).toBe('waiting');
    expect(h.after(1)).toBe('closed lease');
  });

  it('is never lengthened: what is told later can only shorten it', () => {
    const h = new Held();
    h.tell(opening({ leftMs: 10_000 }));
    h.is();
    h.after(5_000);
    h.tell(opening({ leftMs: 60_000 }));
    expect(h.after(4_999)).toBe('open');
    expect(h.after(1)).toBe('closed clock');
    for (const leftMs of [0, -1, Number.NaN, -Infinity]) {
      const none = new Held();
      none.tell(opening({ leftMs }));
      expect([none.is(), none.sends()]).toEqual(['closed clock', false]);
    }
    const long = new Held();
    long.tell(opening({ leftMs: Infinity }));
    expect(long.window.look({ now: long.now, joinedAt: 0, heardAt: long.now })).toMatchObject({ endsAt: long.now + 86_400_000 });
  });

  it('opens no more once as many windows as may be were closed', () => {
    const h = new Held();
    for (let n = 0; n < 300; n += 1) {
      h.tell(opening({ context: n.toString(16).padStart(64, '0') }));
      expect(h.is()).toBe(n < 256 ? 'light' : 'closed close');
    }
  });

  it('says when it must be looked at again', () => {
    const h = new Held();
    expect(h.window.next({ now: h.now, heardAt: h.now })).toBe(Infinity);
    h.tell(opening({ leftMs: 1_000 }));
    h.is();
    const at = h.now;
    expect(h.window.next({ now: at, heardAt: at })).toBe(at + LIGHT_MS);
    expect(h.window.next({ now: at + LIGHT_MS, heardAt: at })).toBe(at + 1_000);
    expect(h.window.next({ now: at + LIGHT_MS, heardAt: at - 1_500 })).toBe(at + 501);
  });
});

describe('what the record says', () => {
  const [A, B] = ['aa'.repeat(32), 'bb'.repeat(32)];
  const [K1, K2, R1, R2] = ['11', '22', 'f1', 'f2'].map((two) => two.repeat(32)) as [string, string, string, string];
  const person = (id: number, side: string, role: 'principal' | 'recorder' | 'aide') => ({ id, side, role, title: 't', place: 'p', interprets: null });
  const seat = (key: string, side: string, id: number, good = true) => ({ key, side, person: id, good, vouch: '' });
  const footage = { minutes: 3, persons: [1, 2], recorders: [A], release: 'both' as const };

  function state(more: Partial<FootageJudged> = {}, terms: object | null = footage): FootageJudged {
    return {
      running: true,
      forked: false,
      crossed: false,
      in_force: ['t1'],
      offers: [{ hash: 't1', by: A, at: 0, standing: 'agreed', agreed_by: [B], terms: { footage: terms } }] as unknown as FootageJudged['offers'],
      footage_open: [ONE, TWO],
      sides: [A, B],
      roster: [person(1, A, 'principal'), person(2, B, 'principal'), person(3, A, 'aide'), person(8, A, 'recorder'), person(9, B, 'recorder')],
      seats: [seat(K1, A, 1), seat(K2, B, 2), seat(R2, A, 8), seat(R1, A, 8), seat('f9'.repeat(32), B, 9)],
      ...more,
    };
  }

  it('opens it with a half of every side, for the persons and the recorders that the terms name', async () => {
    const opened = await openedBy(state(), true, K1);
    expect(opened).toEqual({ context: hex((await footageContext([ONE, TWO]))!), lengthMs: 180_000, named: true, recorders: [R1, R2] });
    expect((await openedBy(state({}, { ...footage, recorders: [A, B] }), true, K1))!.recorders).toHaveLength(3);
    expect((await openedBy(state({}, { ...footage, persons: [2] }), true, K1))!.named).toBe(false);
    expect((await openedBy(state(), true, 'ee'.repeat(32)))!.named).toBe(false);
    expect((await openedBy(state({ seats: [seat(K1, A, 1, false)] }), true, K1))!.named).toBe(false);
  });

  it('opens nothing where anything is not plain', async () => {
    const not: Partial<FootageJudged>[] = [{ running: false }, { forked: true }, { crossed: true }, { in_force: [] }, { in_force: ['t1', 't2'] }, { in_force: ['t2'] }];
    const halves: Partial<FootageJudged>[] = [null, [], [ONE], [ONE, ONE], [ONE, 'zz'.repeat(32)], [ONE, TWO, '03'.repeat(32)]].map((footage_open) => ({ footage_open }));
    for (const more of [...not, ...halves]) expect(await openedBy(state(more), true, K1)).toBeNull();
    expect(await openedBy(state({}, null), true, K1)).toBeNull();
    expect(await openedBy(state(), false, K1)).toBeNull();
    expect(await openedBy(null, true, K1)).toBeNull();
  });

  it('gives it to nobody but recorders in good standing, and to eight at most', async () => {
    const given = async (more: Partial<FootageJudged>) => (await openedBy(state(more), true, K1))!.recorders;
    expect(await given({ seats: [seat(R1, A, 8, false), seat(R2, A, 3), seat(K1, A, 1)] })).toEqual([]);
    // In one role here and in another there: in doubt, nothing.
    expect(await given({ roster: [...state().roster, person(8, A, 'aide')] })).toEqual([]);
    expect(await given({ roster: state().roster.filter(({ id }) => id !== 8) })).toEqual([]);
    const many = Array.from({ length: 40 }, (_, n) => seat(n.toString(16).padStart(64, '0'), A, 8));
    expect(await given({ seats: many })).toHaveLength(8);
  });
});

describe('what the chains say', () => {
  const RECORDER = 'f0'.repeat(32);
  const SEAT = 'e0'.repeat(32);

  /** A session with a recorder of side 0 on the roster, both vouched for. */
  async function session(): Promise<{ world: World; terms: string; record: Record; bring(): Promise<void>; opened(): Promise<Opened | null> }> {
    const world = await World.of(2);
    const terms = await world.begin();
    for (const at of [0, 1]) await world.say(at, 'admit', fields(raw(terms), world.person(5, 0, 6)));
    await world.say(0, 'vouch', fields(raw(RECORDER), 5));
    await world.say(0, 'vouch', fields(raw(SEAT), 0));
    const record = await Record.open(world.side(0).id, world.side(0).first, world.call);
    const bring = async () => {
      for (const { bytes } of world.said) await record.insert(bytes);
      await record.addSide(world.side(1).first);
      for (const { bytes } of world.said) await record.insert(bytes);
    };
    await bring();
    return { world, terms, record, bring, opened: () => openedBy(record.state(), record.introduced, SEAT) };
  }

  it('opens with both sides\' own Opens, and closes with either side\'s Close, seen or not', async () => {
    const { world, terms, bring, opened } = await session();
    const first = await world.say(0, 'open', fields(raw(terms)));
    await bring();
    expect(await opened()).toBeNull();
    const second = await world.say(1, 'open', fields(raw(terms)));
    await bring();
    expect(await opened()).toEqual({ context: hex((await footageContext([first.hash, second.hash]))!), lengthMs: 60_000, named: true, recorders: [RECORDER] });
    await world.say(1, 'close', new Map());
    await bring();
    expect(await opened()).toBeNull();
    // A half that has not seen the Close opens nothing; both anew do, under another root.
    await world.say(0, 'open', fields(raw(terms)));
    await bring();
    expect(await opened()).toBeNull();
    await world.say(1, 'open', fields(raw(terms)));
    await bring();
    const again = await opened();
    expect(again?.context).toMatch(/^[0-9a-f]{64}$/);
    expect(again!.context).not.toBe(hex((await footageContext([first.hash, second.hash]))!));
  });

  it('opens nothing by a statement that is not its side\'s, and nothing more for a recorder that was struck', async () => {
    const { world, terms, record, bring, opened } = await session();
    await world.say(0, 'open', fields(raw(terms)));
    await bring();
    const forged = await world.say(1, 'open', fields(raw(terms)));
    const broken = forged.bytes.slice();
    broken[broken.length - 1]! ^= 1;
    expect(await record.insert(broken)).toEqual({ refused: 'signature' });
    expect(await opened()).toBeNull();
    await record.insert(forged.bytes);
    expect((await opened())!.recorders).toEqual([RECORDER]);
    await world.say(1, 'strike', fields(5));
    await bring();
    expect((await opened())!.recorders).toEqual([]);
  });
});

describe('what outlives a reload', () => {
  class Shelf {
    held = new Map<string, string>();
    getItem = (key: string) => this.held.get(key) ?? null;
    setItem = (key: string, value: string) => void this.held.set(key, value);
  }

  it('is how long the window has been open, and that it was closed', () => {
    const shelf = new Shelf();
    let now = 1_000_000;
    const page = () => new Remembered(ONE, shelf, () => now);
    expect(page().spent(ONE)).toBe(0);
    now += 40_000;
    expect(page().spent(ONE)).toBe(40_000);
    expect(new Remembered(TWO, shelf, () => now).spent(ONE)).toBe(0);
    page().closed(ONE);
    expect(page().spent(ONE)).toBe(Infinity);
    expect(page().spent(TWO)).toBe(0);
    page().closed('03'.repeat(32));
    expect(page().spent('03'.repeat(32))).toBe(Infinity);
    // A clock that goes back a little is a clock; one that goes back far says nothing.
    now -= 1_000;
    expect(page().spent(TWO)).toBe(0);
    now -= 10_000;
    expect(page().spent(TWO)).toBe(Infinity);
  });

  it('holds the newest only, reads no nonsense, and does without a shelf', () => {
    const shelf = new Shelf();
    const page = new Remembered(ONE, shelf, () => 5);
    for (let n = 0; n < 100; n += 1) page.closed(String(n));
    const [name, text] = [...shelf.held][0]!;
    expect(JSON.parse(text)).toHaveLength(32);
    expect(page.spent('99')).toBe(Infinity);
    for (const odd of ['', 'null', '{}', '[1,null,{"context":4}]', '[{"context":"99","since":"x","closed":true}]']) {
      shelf.held.set(name, odd);
      expect(page.spent('99')).toBe(0);
    }
    const full = new Remembered(ONE, { getItem: () => { throw new Error('none'); }, setItem: () => { throw new Error('full'); } }, () => 5);
    expect(full.spent(ONE)).toBe(0);
    full.closed(ONE);
  });
});

describe('what a screen shows', () => {
  it('follows the keys under which frames go and come', () => {
    const sight = { sent: false, received: false, closedMs: 10_000 };
    const open = { is: 'open', context: ONE, leftMs: 9 } as const;
    const closed = { is: 'closed', context: ONE, why: 'close' } as const;
    expect(markOf({ ...sight, said: closed })).toBe('off');
    expect(markOf({ ...sight, said: { ...open, is: 'light' } })).toBe('light');
    expect(markOf({ ...sight, said: open })).toBe('idle');
    expect(markOf({ ...sight, said: open, sent: true })).toBe('on');
    expect(markOf({ ...sight, said: { ...open, is: 'waiting' }, received: true })).toBe('on');
    expect(markOf({ ...sight, said: closed, received: true })).toBe('still');
    expect(markOf({ ...sight, said: closed, received: true, sent: true, closedMs: 300 })).toBe('off');
  });

  it('counts seconds down to one, and says a few of them', () => {
    expect([secondsLeft(42_000, 0), secondsLeft(42_000, 1), secondsLeft(42_000, 41_999), secondsLeft(42_000, 42_000), secondsLeft(0, 9)]).toEqual([42, 42, 1, 0, 0]);
    expect([61, 60, 31, 30, 10, 1].map(saidLeft)).toEqual([null, 60, 60, 30, 10, 10]);
    expect([size(0), size(999_499), size(1_240_000), size(25_300_000), size(1_500_000_000)]).toEqual([
      { unit: 'kb', n: 0 },
      { unit: 'kb', n: 999 },
      { unit: 'mb', n: 1.2 },
      { unit: 'mb', n: 25 },
      { unit: 'gb', n: 1.5 },
    ]);
  });
});
