import { describe, expect, it } from 'vitest';
import { toBase64 } from '../src/seal/bytes';
import type { SealFromNode } from '../src/seal/messages';
import { Mls } from '../src/seal/mls';
import { type Terminal, World, print, seeded, signer } from './seal/order';

const SEEDS = process.env['SEAL_SEEDS'] ? process.env['SEAL_SEEDS'].split(',').map(Number) : [1, 3, 11, 32, 34, 41, 48, 60];
/** Hostile ones take longer. */
const HOSTILE = process.env['SEAL_SEEDS'] ? SEEDS : [1, 5, 9, 13];

/** One schedule: up to five terminals that come, go, are loaded anew, lose their sockets or the line, or their seats. */
async function schedule(seed: number): Promise<void> {
  const random = seeded(seed);
  const pick = (n: number) => Math.floor(random() * n);
  const w = new World(random, 0.05);
  const t: Terminal[] = [];
  const count = 3 + pick(3);
  for (let n = 0; n < count; n += 1) t.push(await w.terminal(`t${n}`, n % 2 === 0 ? 'a' : 'b'));
  const struck = new Set<Terminal>();
  const list = () => t.map((terminal) => ({ terminal, good: !struck.has(terminal) }));
  await w.vouch(list());
  for (const x of t.slice(0, 2 + pick(2))) await x.start();
  const strikes: { who: Terminal; roots: number }[] = [];
  for (let step = 0; step < 9; step += 1) {
    await w.after(pick(3) === 0 ? pick(300) : 500 + pick(3_000));
    const x = t[pick(count)]!;
    const what = pick(8);
    if (what === 0 && x.running && t.filter((o) => o.running).length > 2) await x.stop();
    else if (what <= 1 && !x.running) await x.start();
    else if (what === 2 && x.running) {
      await x.stop();
      await w.after(pick(600));
      await x.start();
    } else if (what === 3 && x.running) {
      w.disconnect(x);
      await w.after(pick(2_500));
      if (x.running && !x.connected) await w.connect(x);
    } else if (what === 4) w.link(w.cut);
    else if (what === 5 && struck.size < count - 2) {
      struck.add(x);
      for (const o of t) {
        await w.vouch(list(), [o]);
        if (pick(2) === 0) await w.after(pick(100));
      }
      strikes.push({ who: x, roots: x.everRoots.length });
    }
  }
  if (w.cut) w.link(true);
  for (const x of t) {
    if (!x.running && !struck.has(x) && pick(4) > 0) await x.start();
    if (x.running && !x.connected) await w.connect(x);
  }
  await w.after(30_000);
  const good = t.filter((x) => x.running && !struck.has(x));
  const tell = `seed ${seed}: ${JSON.stringify(good.map((x) => [x.name, x.status?.state, x.status?.epoch, x.sending, x.status?.wordsOwn, x.status?.words?.map((y) => y.word).join(' ')]))} accepted ${w.accepted.length}`;
  for (const x of t) expect([...x.alarms, ...x.faults], tell).toEqual([]);
  for (const { who, roots } of strikes) expect(who.everRoots.length, tell).toBe(roots);
  for (const x of good) {
    expect(x.status?.state, tell).toBe('sealed');
    expect(x.sending, tell).toBe(good[0]!.status!.epoch);
    for (const m of x.status!.members) expect([...struck].some((s) => s.key === m.key), tell).toBe(false);
    for (const o of good) expect(x.status!.members.find((m) => m.key === o.key)?.confirmed, tell).toBe(true);
  }
  expect(new Set(await Promise.all(good.map((x) => print(x.roots.get(x.sending!)!)))).size, tell).toBeLessThan(2);
  if (new Set(good.map((x) => x.side)).size > 1) for (const x of good) expect(x.status!.words, tell).toHaveLength(8);
  expect(new Set(good.flatMap((x) => (x.status!.words ? [JSON.stringify(x.status!.words)] : []))).size, tell).toBeLessThan(2);
}

/** A service that loses, breaks, repeats, relabels and swaps what it carries. Nobody unseen is ever sent to, and nobody struck is given a root. */
async function hostile(seed: number): Promise<void> {
  const random = seeded(seed + 10_000);
  const pick = (n: number) => Math.floor(random() * n);
  const w = new World(random, 0.1);
  const t: Terminal[] = [];
  for (let n = 0; n < 4; n += 1) t.push(await w.terminal(`t${n}`, n % 2 === 0 ? 'a' : 'b'));
  const evil = await Mls.of(await signer());
  const swapped = toBase64((await evil.package()).bytes);
  const past: SealFromNode[] = [];
  w.hostile.deliver = (_, message) => {
    past.push(message);
    if (pick(12) > 0) return message;
    const what = pick(4);
    if (what === 0) return undefined;
    if (what === 1) return past[pick(past.length)];
    if (message.t === 'seal.packages') return { ...message, packages: message.packages.map((p) => (pick(2) ? p : { ...p, bytes: swapped })) };
    if (message.t === 'seal.commit') return what === 2 ? { ...message, welcome: null } : { ...message, commit: message.commit.replace(/[a-m]/, 'Z') };
    if (message.t === 'seal.note') return { ...message, from: t[pick(4)]!.key };
    return message;
  };
  const struck = t[3]!;
  const list = (bad: boolean) => t.map((terminal) => ({ terminal, good: !(bad && terminal === struck) }));
  await w.vouch(list(false));
  for (const x of t) await x.start();
  for (let step = 0; step < 6; step += 1) {
    await w.after(500 + pick(4_000));
    const x = t[pick(4)]!;
    if (pick(2) === 0) await x.stop().then(() => x.start());
  }
  await w.vouch(list(true));
  const had = struck.everRoots.length;
  await w.after(8_000);
  const members = t.slice(0, 3).flatMap((x) => (x.sending === null ? [] : x.status!.members.map((m) => m.key)));
  expect(members).not.toContain(struck.key);
  expect(struck.everRoots.length).toBe(had);
  for (const x of t) expect(x.faults).toEqual([]);
  const known = new Set(t.map((x) => x.key));
  for (const x of t) for (const m of x.status?.members ?? []) expect(known.has(m.key)).toBe(true);
  // An honest service again: whoever raised no alarm finds the others.
  w.hostile = {};
  for (const x of t) {
    w.disconnect(x);
    await w.after(50);
    await w.connect(x);
  }
  await w.after(30_000);
  const calm = t.slice(0, 3).filter((x) => x.alarms.size === 0);
  for (const x of calm) expect([x.name, x.status!.state]).toEqual([x.name, 'sealed']);
}

describe('many schedules', () => {
  for (const seed of HOSTILE) it(`hostile seed ${seed}: nobody unseen, and whoever raised no alarm finds the others again`, () => hostile(seed), 30_000);
  for (const seed of SEEDS) it(`seed ${seed}: all good members end with one root and the same words`, () => schedule(seed), 30_000);
});
