import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Bytes, concat, fromBase64, fromHex, toBase64 } from '../src/seal/bytes';
import { Mls } from '../src/seal/mls';
import { HEARD, HEARTBEAT, NoteReader, NoteWriter, readHead, readHeartbeat, writeHeartbeat } from '../src/seal/notes';
import { make } from '../src/seal/plan';
import { GUESS_MS, Spoken } from '../src/seal/spoken';
import { LIST, words } from '../src/seal/words';
import { hex } from '../src/signalling/proofs';
import { signer } from './seal/order';

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const root = () => crypto.subtle.importKey('raw', random(32), 'HKDF', false, ['deriveBits', 'deriveKey']);

describe('words', () => {
  it('come from the list that pairing uses', () => {
    const there = readFileSync(new URL('../../crates/link/data/eff_short_wordlist_1.txt', import.meta.url), 'utf8');
    expect(readFileSync(new URL('../src/seal/data/eff_short_wordlist_1.txt', import.meta.url), 'utf8')).toBe(there);
    expect(LIST).toHaveLength(1296);
    expect(LIST[0]).toEqual({ dice: '1111', word: 'acid' });
    expect(LIST.every(({ word, dice }) => /^[1-6]{4}$/.test(dice) && word.length > 2)).toBe(true);
  });

  it('are these for a seed of zeros, and others for another', async () => {
    const zeros = await words(new Uint8Array(16));
    expect(zeros.map((w) => w.word).join(' ')).toBe('twirl gains yoga golf shelf banjo prism trial');
    expect(zeros.every((w) => LIST.some((l) => l.word === w.word && l.dice === w.dice))).toBe(true);
    expect(await words(random(16))).not.toEqual(zeros);
  });
});

describe('whose words', () => {
  const seed = (n: number): Bytes => new Uint8Array(16).fill(n);

  it('are those of the first epoch with both sides, told to who comes later', () => {
    const first = new Spoken();
    first.epoch(1, seed(1), false, true);
    expect(first.tell()).toEqual({ words: null, none: true });
    first.epoch(2, seed(2), true, false);
    first.epoch(3, seed(3), true, false);
    expect(first.found).toEqual({ epoch: 2, seed: seed(2) });
    const later = new Spoken();
    later.epoch(3, seed(3), true, false);
    expect(later.found).toBeNull();
    expect(later.told(3, first.tell())).toBe(true);
    expect([later.found?.epoch, later.own]).toEqual([2, false]);
    const second = new Spoken();
    second.epoch(2, seed(2), true, false);
    second.told(2, first.tell());
    expect([second.found?.epoch, second.own]).toEqual([2, true]);
  });

  it('are not believed against what a terminal knows itself', () => {
    const first = new Spoken();
    first.epoch(1, seed(1), false, true);
    first.epoch(2, seed(2), true, false);
    expect(first.told(2, { words: { epoch: 2, seed: seed(9) }, none: false })).toBe(false);
    expect(first.told(2, { words: { epoch: 1, seed: seed(1) }, none: false })).toBe(false);
    const later = new Spoken();
    later.epoch(5, seed(5), true, false);
    expect(later.told(5, { words: { epoch: 2, seed: seed(2) }, none: false })).toBe(true);
    expect(later.told(5, { words: { epoch: 2, seed: seed(3) }, none: false })).toBe(false);
  });

  it('are guessed when nobody tells, and given up for earlier ones', () => {
    const later = new Spoken();
    later.epoch(5, seed(5), true, false);
    later.tick(true, 0);
    later.tick(true, GUESS_MS - 1);
    expect(later.found).toBeNull();
    later.tick(true, GUESS_MS);
    expect(later.found?.epoch).toBe(5);
    expect(later.told(5, { words: { epoch: 2, seed: seed(2) }, none: false })).toBe(true);
    expect([later.found?.epoch, later.own]).toEqual([2, false]);
  });
});

describe('notes', () => {
  const group = 'ab'.repeat(16);
  const seat = 'cd'.repeat(32);

  it('have one size a kind, open once, and only as their sender, start, epoch and counter', async () => {
    const key = await root();
    const writer = new NoteWriter(seat, 7);
    const reader = new NoteReader(key);
    const beat = { words: { epoch: 3, seed: random(16) }, none: false };
    const note = (await writer.seal(key, group, 4, HEARTBEAT, writeHeartbeat(beat)))!;
    const other = (await writer.seal(key, group, 4, HEARTBEAT, writeHeartbeat({ words: null, none: true })))!;
    expect(note.length).toBe(21 + 32 + 16);
    expect(other.length).toBe(note.length);
    const head = readHead(note)!;
    expect(head).toEqual({ kind: HEARTBEAT, group: 'ab'.repeat(8), epoch: 4, start: 7, counter: 0 });
    expect(await reader.open('ef'.repeat(32), note, head, 0)).toBe('shut');
    for (let at = 0; at < note.length; at += 1) {
      const changed = note.slice();
      changed[at]! ^= 1;
      const changedHead = readHead(changed);
      if (changedHead) expect(typeof (await new NoteReader(key).open(seat, changed, changedHead, 0))).toBe('string');
    }
    expect(readHeartbeat((await reader.open(seat, note, head, 0)) as Bytes)).toEqual(beat);
    expect(await reader.open(seat, note, head, 0)).toBe('old');
    expect(readHeartbeat((await reader.open(seat, other, readHead(other)!, 0)) as Bytes)).toEqual({ words: null, none: true });
    expect(await new NoteReader(await root()).open(seat, note, head, 0)).toBe('shut');
  });

  it('are dropped before any key is made when they have another size, and bounded for made-up starts', async () => {
    const key = await root();
    const writer = new NoteWriter(seat, 1);
    expect(await writer.seal(key, group, 1, HEARD, new Uint8Array(65))).toBeNull();
    expect(await writer.seal(key, group, 1, 9, new Uint8Array(1))).toBeNull();
    const note = (await writer.seal(key, group, 1, HEARD, Uint8Array.of(5)))!;
    expect(readHead(note.subarray(1))).toBeNull();
    expect(readHead(new Uint8Array())).toBeNull();
    const reader = new NoteReader(key);
    for (let n = 0; n < 16; n += 1) await reader.open(seat, note, { ...readHead(note)!, start: 100 + n }, 0);
    expect(await reader.open(seat, note, readHead(note)!, 500)).toBe('old');
    expect(await reader.open(seat, note, readHead(note)!, 1_000)).toHaveLength(64);
  });
});

describe('key packages', () => {
  it('are read only whole, signed, and in their one form', async () => {
    const mine = await Mls.of(await signer());
    const seat = await signer();
    const theirs = await (await Mls.of(seat)).package();
    expect((await mine.read(theirs.bytes)).key).toBe(hex(seat.publicKey));
    await expect(mine.read(concat(theirs.bytes, Uint8Array.of(0)))).rejects.toThrow('unreadable');
    for (let at = 0; at < theirs.bytes.length; at += 61) {
      const changed = theirs.bytes.slice();
      changed[at]! ^= 1;
      await expect(mine.read(changed)).rejects.toThrow();
    }
    const stolen = await signer();
    const forged = await (await Mls.of({ publicKey: seat.publicKey, sign: stolen.sign })).package();
    await expect(mine.read(forged.bytes)).rejects.toThrow('forbidden');
  });
});

describe('trees', () => {
  it('that the library takes no newcomer into are told apart', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, async () => Mls.of(await signer())));
    const take = async (n: number) => all[0]!.read((await all[n]!.package()).bytes);
    const alone = await all[0]!.create(random(16), await all[0]!.package());
    const five = await alone.commit([], await Promise.all([1, 2, 3, 4].map(take)));
    const without = await five.next.commit([3], []);
    expect([without.next.joinable(), without.next.unmerged]).toEqual([true, []]);
    const again = await without.next.commit([], [await take(3)]);
    expect([again.next.joinable(), [...new Set(again.next.unmerged)]]).toEqual([true, [3]]);
    // The root lists two, the node above the first one only that.
    const late = await all[5]!.package();
    const added = await again.next.commit([], [await all[0]!.read(late.bytes)]);
    expect(added.next.joinable()).toBe(false);
    await expect(all[5]!.join(added.welcome!, late)).rejects.toThrow('unreadable');
    // What `make` does about it: nothing, until the first has committed.
    const wanted = { remove: [], add: [await all[0]!.read(late.bytes)], delay: 0, name: '' };
    expect(await make(again.next, wanted)).toBeNull();
    expect(await make(without.next, wanted)).not.toBeNull();
  });
});

describe('bytes', () => {
  it('are read from hex and base64 in one form only', () => {
    expect(fromHex('0aff')).toEqual(Uint8Array.of(10, 255));
    for (const bad of ['0', 'AB', 'zz']) expect(fromHex(bad)).toBeNull();
    const bytes = random(300);
    expect(fromBase64(toBase64(bytes), 300)).toEqual(bytes);
    expect(fromBase64(toBase64(bytes), 299)).toBeNull();
    for (const bad of ['*', 'AA', 'AB==', 'A']) expect(fromBase64(bad, 9)).toBeNull();
  });
});
