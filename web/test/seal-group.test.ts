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
    await Promise.all(t.map((x) => x.start()));
    await w.after(5_000);
    await agree(t);
    expect(t[0]!.status!.words).toHaveLength(8);
    expect(t.every((x) => x.status!.wordsOwn && x.lease)).toBe(true);
    expect(t[0]!.status!.members.every((m) => m.confirmed && !m.late)).toBe(true);
    expect(w.accepted.length).toBe(1);
  });
});
