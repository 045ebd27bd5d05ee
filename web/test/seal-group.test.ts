import { describe, expect, it } from 'vitest';
import { type Terminal, World, print, seeded } from './seal/order';

const seats = (terminals: Terminal[], bad: Terminal[] = []) => terminals.map((terminal) => ({ terminal, good: !bad.includes(terminal) }));

async function world(count: number, seed = 1): Promise<{ w: World; t: Terminal[] }> {
  const w = new World(seeded(seed));
  const t: Terminal[] = [];
  for (let n = 0; n < count; n += 1) t.push(await w.terminal(`t${n}`, n % 2 === 0 ? 'a' : 'b'));
  await w.vouch(seats(t));
  return { w, t };
}

async function agree(t: Terminal[]): Promise<void> {
  const status = t.map((x) => x.status!);
  expect(t.map((x) => [...x.alarms, ...x.faults])).toEqual(t.map(() => []));
  expect(status.map((s) => s.state)).toEqual(t.map(() => 'sealed'));
  expect(new Set(status.map((s) => s.epoch)).size).toBe(1);
  expect(t.map((x) => x.sending)).toEqual(status.map((s) => s.epoch));
  expect(new Set(await Promise.all(t.map((x) => print(x.roots.get(x.status!.epoch)!)))).size).toBe(1);
  expect(new Set(status.map((s) => JSON.stringify(s.words))).size).toBe(1);
}

describe('the group of a call', () => {
  it('is made by one of those who wait, and all have one root and the same words', async () => {
    const { w, t } = await world(4);
    await w.start(t);
    await w.after(5_000);
    await agree(t);
    expect(t[0]!.status!.words).toHaveLength(8);
    expect(t.every((x) => x.status!.wordsOwn && x.lease)).toBe(true);
    expect(t[0]!.status!.members.every((m) => m.confirmed && !m.late)).toBe(true);
    expect(w.accepted.length).toBe(1);
  });
});

describe('joins and leaves', () => {
  it('takes in who comes later, alone or together, and tells them the words', async () => {
    const { w, t } = await world(5);
    await t[0]!.start();
    await w.after(2_000);
    expect(t[0]!.status!.state).toBe('sealed');
    expect(t[0]!.status!.words).toBeNull();
    await t[1]!.start();
    await w.after(2_500);
    await agree(t.slice(0, 2));
    const words = t[0]!.status!.words!;
    expect(words).toHaveLength(8);
    await w.start(t.slice(2));
    await w.after(12_000);
    await agree(t);
    expect(t[4]!.status!.words).toEqual(words);
    expect(t.map((x) => x.status!.wordsOwn)).toEqual([true, true, false, false, false]);
  });

  it('takes a terminal that was loaded anew as a new leaf, in one commit', async () => {
    const { w, t } = await world(3);
    await w.start(t);
    await w.after(3_000);
    const before = w.accepted.length;
    await t[1]!.stop();
    await w.after(400);
    await t[1]!.start();
    await w.after(4_000);
    await agree(t);
    expect(w.accepted.length).toBe(before + 1);
    expect(t[0]!.status!.members).toHaveLength(3);
  });

  it('removes a seat that is good no longer, which gets no root from then on; who sends stops at once', async () => {
    const { w, t } = await world(4);
    await w.start(t);
    await w.after(3_000);
    const out = t[3]!;
    const had = out.everRoots.length;
    // Its own terminal has not heard of it, and goes on.
    await w.vouch(seats(t, [out]), t.slice(0, 3));
    for (const x of t.slice(0, 3)) expect(x.sending).toBeNull();
    await w.after(4_000);
    await agree(t.slice(0, 3));
    expect(t[0]!.status!.members.map((m) => m.key)).not.toContain(out.key);
    expect(out.everRoots.length).toBe(had);
    expect(out.sending).toBeNull();
    const roots = new Set(await Promise.all(out.everRoots.map(print)));
    for (const x of t.slice(0, 3)) expect(roots.has(await print(x.roots.get(x.sending!)!))).toBe(false);
  });

  it('never takes in a seat that is not good, however long it waits', async () => {
    const { w, t } = await world(3);
    await w.vouch(seats(t, [t[2]!]), t.slice(0, 2));
    await w.start(t);
    await w.after(15_000);
    await agree(t.slice(0, 2));
    expect(t[2]!.everRoots).toHaveLength(0);
  });

  it('waits for the record to name a seat that another has added already', async () => {
    const { w, t } = await world(3);
    await w.vouch(seats(t.slice(0, 2)), [t[1]!]);
    await w.start([t[0]!, t[1]!]);
    await w.after(3_000);
    // Only t0 commits: it has seen the vouch.
    await t[2]!.start();
    await w.after(2_500);
    expect(t[1]!.alarms.size).toBe(0);
    expect(t[1]!.sending).not.toBeNull();
    await w.vouch(seats(t), [t[1]!]);
    await w.after(6_000);
    await agree(t);
  });

  it('renews its keys every ten minutes, with one commit', async () => {
    const { w, t } = await world(2);
    await w.start(t);
    await w.after(3_000);
    const first = w.accepted.length;
    await w.until(610_000);
    await agree(t);
    expect(w.accepted.length).toBe(first + 1);
    expect(t[0]!.roots.has(1)).toBe(true);
    await w.after(12_000);
    expect([...t[0]!.roots.keys()]).toEqual([2]);
  });

  it('begins a group anew when nobody of the old one is left', async () => {
    const { w, t } = await world(3);
    await w.start([t[0]!, t[1]!]);
    await w.after(3_000);
    const old = w.group;
    const words = JSON.stringify(t[0]!.status!.words);
    await w.stop([t[0]!, t[1]!]);
    await w.after(1_000);
    await w.start([t[1]!, t[2]!]);
    await w.after(8_000);
    expect(w.group).not.toBe(old);
    await t[0]!.start();
    await w.after(4_000);
    await agree(t);
    expect(JSON.stringify(t[0]!.status!.words)).not.toBe(words);
  });

  it('goes on through a cut, and takes in who waited on the far side afterwards', async () => {
    const { w, t } = await world(4);
    await w.start(t.slice(0, 3));
    await w.after(3_000);
    w.link(false);
    await t[3]!.start();
    await w.after(4_000);
    expect(t[0]!.lease).toBe(false);
    expect(t[0]!.status!.members.find((m) => m.key === t[1]!.key)!.late).toBe(true);
    w.link(true);
    await w.after(12_000);
    await agree(t);
  });
});
