// The footage root, its envelope, and the switch of a sender between the sealed key and the footage key.

import { describe, expect, it } from 'vitest';
import { FOOTAGE_ROOT, footageContext, footageRoot, openFootage, sealFootage } from '../src/seal/footage';
import { readFrame, rootKey } from '../src/seal/keys';
import { Mls } from '../src/seal/mls';
import { Opener, Tries } from '../src/seal/opener';
import { Permit } from '../src/seal/permit';
import { Roots } from '../src/seal/roots';
import { Sealer } from '../src/seal/sealer';
import { signer } from './seal/order';

const [ONE, TWO] = ['0a'.repeat(32), 'b0'.repeat(32)];
const SEAT = 'cc'.repeat(32);
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const pair = async () => (await crypto.subtle.generateKey('X25519', true, ['deriveBits'])) as CryptoKeyPair;
const raw = async ({ publicKey }: CryptoKeyPair) => new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));

describe('the footage root', () => {
  it('follows from the epoch and from both Open statements, in one order, and from nothing less', async () => {
    const context = (await footageContext([TWO, ONE]))!;
    const bytes = Uint8Array.from([...new Uint8Array(32).fill(0x0a), ...new Uint8Array(32).fill(0xb0)]);
    expect(context).toEqual(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
    expect(await footageContext([ONE, TWO])).toEqual(context);
    expect(await footageContext([ONE])).not.toEqual(context);
    for (const none of [[], ['zz'.repeat(32)], ['0a']]) expect(await footageContext(none)).toBeNull();
    const mls = await Mls.of(await signer());
    const member = await mls.create(random(16), await mls.package());
    const root = await footageRoot(member, context);
    expect(root).toHaveLength(FOOTAGE_ROOT);
    expect(await footageRoot(member, context)).toEqual(root);
    expect(await footageRoot(member, (await footageContext([ONE]))!)).not.toEqual(root);
    expect(await member.export('visavis sealed', new Uint8Array(), 32)).not.toEqual(root);
  });
});

describe('the envelope', () => {
  it('opens for its recorder and its place alone, and only whole', async () => {
    const recorder = await pair();
    const place = { recorder: await raw(recorder), group: random(16), epoch: 7, context: random(32) };
    const root = random(32);
    const envelope = await sealFootage(root, place);
    expect(await openFootage(envelope, recorder, place)).toEqual(root);
    expect(await openFootage(envelope, await pair(), place)).toBeNull();
    for (const other of [{ epoch: 8 }, { group: random(16) }, { context: random(32) }, { recorder: random(32) }]) {
      expect(await openFootage(envelope, recorder, { ...place, ...other })).toBeNull();
    }
    for (let at = 0; at < envelope.length; at += 13) {
      const changed = envelope.slice();
      changed[at]! ^= 1;
      expect(await openFootage(changed, recorder, place)).toBeNull();
    }
    expect(await openFootage(envelope.slice(1), recorder, place)).toBeNull();
    await expect(sealFootage(random(31), place)).rejects.toThrow('32 bytes');
  });
});

describe('a switch between the sealed key and the footage key', () => {
  it('costs no frame, and whoever has the footage root opens nothing of the sealed ones', async () => {
    const time = { now: () => 0, sleep: () => Promise.resolve() };
    const [mine, theirs, recorders] = [new Roots(time), new Roots(time), new Roots(time)];
    const [sealed, footage] = [await rootKey(random(32)), { root: await rootKey(random(32)), context: ONE }];
    for (const roots of [mine, theirs]) {
      roots.set(1, sealed);
      roots.setFootage(1, footage);
    }
    recorders.set(1, await rootKey(random(32)));
    recorders.setFootage(1, footage);
    const permit = new Permit(time);
    const sealer = new Sealer(mine, 5, permit);
    sealer.me(SEAT);
    sealer.use(1);
    await sealer.settled();
    const [terminal, recorder] = [new Opener(theirs), new Opener(recorders)];
    const [own, its] = [new Tries(time), new Tries(time)];
    const seen: boolean[] = [];
    for (let n = 0; n < 60; n += 1) {
      // In the middle of the flow; both keys stand ready.
      if (n % 10 === 5) permit.give(ONE, n % 20 === 5 ? 1_000 : 0);
      const frame = (await sealer.seal('picture', Uint8Array.of(n).buffer))!;
      const opened = await terminal.open(SEAT, 'picture', frame, own);
      expect('data' in opened && new Uint8Array(opened.data)).toEqual(Uint8Array.of(n));
      const { footage: isFootage } = readFrame(frame)!.id;
      seen.push(isFootage);
      expect(isFootage).toBe(n % 20 >= 5 && n % 20 < 15);
      expect('data' in (await recorder.open(SEAT, 'picture', frame, its))).toBe(isFootage);
    }
    expect(new Set(seen)).toEqual(new Set([false, true]));
  });
});
