// Chains and what they come to: the vectors that every implementation is held against, and a whole call's record.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../src/record/verify/bytes';
import { Reader } from '../src/record/verify/cbor';
import { Chains } from '../src/record/verify/chains';
import { Record } from '../src/record/verify/index';
import { Keyring } from '../src/record/verify/keyring';
import type { State } from '../src/record/verify/state';
import { parseStatement } from '../src/record/verify/statement';
import { idOf, shuffled } from './verify-made';

interface Case {
  name: string;
  first_keys: string[];
  statements: { bytes: string; kind: string; void: string | null }[];
  state: Pick<State, 'phase' | 'in_force' | 'crossed' | 'forked' | 'gathered' | 'begin_by' | 'begun' | 'ended' | 'footage_open' | 'releases' | 'roster'> & {
    offers: { hash: string; standing: string }[];
    seats: { side: string; key: string; person: number; good: boolean }[];
  };
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url));
const { cases } = JSON.parse(read('../../crates/call/vectors/chains.json').toString()) as { cases: Case[] };

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** A state as the vectors write it. */
function written(state: State | null): Case['state'] {
  if (!state) throw new Error('no state');
  const { phase, in_force, crossed, forked, gathered, begin_by, begun, ended, footage_open, releases, roster } = state;
  const offers = state.offers.map(({ hash, standing }) => ({ hash, standing }));
  const seats = state.seats.map(({ side, key, person, good }) => ({ side, key, person, good }));
  return { phase, in_force, crossed, forked, gathered, begin_by, begun, ended, footage_open, releases, roster, offers, seats };
}

/** The order of terms in force says nothing, and is not the nodes'. */
const expected = ({ state }: Case): Case['state'] => ({ ...state, in_force: state.in_force.toSorted() });

async function recordOf({ first_keys: [own = ''], statements }: Case): Promise<Record> {
  const { hash } = await parseStatement(bytes(statements[0]?.bytes ?? ''));
  return Record.open(await idOf(own), own, hash);
}

describe('the vectors', () => {
  it.each(cases)('holds what fits, and judges it: $name', async ({ first_keys: keys, statements }) => {
    const keyring = new Keyring();
    for (const key of keys) keyring.learn(await idOf(key), key, []);
    const [first, ...rest] = await Promise.all(statements.map((one) => parseStatement(bytes(one.bytes))));
    if (!first) throw new Error('no first offer');
    const chains = Chains.start(keyring, first);
    if (!(chains instanceof Chains)) throw new Error(chains.refused);
    const placed = rest.map((statement) => chains.insert(keyring, statement));
    expect(placed.every((one) => one === 'taken' || one === 'fork')).toBe(true);
    expect([first, ...rest].map(({ hash }) => chains.ruleAgainst(hash))).toEqual(statements.map((one) => one.void));
  });

  it.each(cases)('comes to the state: $name', async (one) => {
    const record = await recordOf(one);
    for (const { bytes: source } of one.statements) await record.insert(bytes(source));
    for (const key of one.first_keys) await record.addSide(key);
    expect(record.waiting).toBe(0);
    expect(written(record.state())).toEqual(expected(one));
  });

  it.each(cases)('comes to the same state in any order: $name', async (one) => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const record = await recordOf(one);
      const steps = [...one.statements.map(({ bytes: source }) => () => record.insert(bytes(source))), ...one.first_keys.map((key) => () => record.addSide(key))];
      for (const step of shuffled(steps, seed)) await step();
      // A key that came before the first offer was not taken; bringing the others again changes nothing.
      for (const key of one.first_keys) await record.addSide(key);
      expect(written(record.state()), `seed ${seed}`).toEqual(expected(one));
    }
  });
});

describe('the example', () => {
  /** Section 6: the first keys, and every statement of every chain. */
  function sides(record: Uint8Array): { key: string; chain: Uint8Array[] }[] {
    const outer = new Reader(record);
    outer.tag(18);
    outer.array(4);
    outer.bytes(38);
    outer.map(0);
    const input = new Reader(outer.bytes(1 << 20));
    input.map(4);
    input.key(0);
    input.text(99);
    for (const key of [1, 2]) {
      input.key(key);
      input.bytesOf(32);
    }
    input.key(3);
    return input.list(16, () => {
      input.map(7);
      input.key(1);
      input.bytesOf(32);
      input.key(2);
      input.text(120);
      input.key(3);
      const key = hex(input.bytesOf(32));
      const [, chain = []] = [4, 5, 6].map((key) => {
        input.key(key);
        return input.list(4_096, () => input.bytes(16_384));
      });
      input.key(7);
      input.uint();
      return { key, chain };
    });
  }

  it('is a call that began at 15:35 in Washington and lasted 50 minutes, as either side sees it', async () => {
    const parties = sides(read('../../docs/examples/2021-12-30.cbor'));
    const statements = parties.flatMap((party) => party.chain);
    const first = (await Promise.all(statements.map((one) => parseStatement(one)))).find((one) => one.startsCall);
    for (const { key } of parties) {
      const record = await Record.open(await idOf(key), key, first?.hash ?? '');
      for (const one of statements) await record.insert(one);
      for (const party of parties) await record.addSide(party.key);
      const state = record.state();
      expect(record.waiting).toBe(0);
      expect(state?.phase).toBe('ended');
      expect(new Date(state?.begun ?? 0).toISOString()).toMatch(/^2021-12-30T20:35:/);
      expect(Math.round(((state?.ended ?? 0) - (state?.begun ?? 0)) / 60_000)).toBe(50);
      expect(record.introduced).toBe(true);
    }
  });
});
