// What a service that lies can do to the group: keep people apart, which is seen. Never listen.

import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../src/seal/bytes';
import { type SealFromNode, type SealToNode } from '../src/seal/messages';
import { type Member, Mls, type OwnPackage } from '../src/seal/mls';
import { hex } from '../src/signalling/proofs';
import { CALL, type Terminal, World, print, seeded, signer } from './seal/order';

const seats = (terminals: Terminal[]) => terminals.map((terminal) => ({ terminal, good: true }));
const read = (text: string) => fromBase64(text, 1 << 20)!;
type Commit = SealToNode & { t: 'seal.commit' };
const commits = (w: World) => w.seen.filter((m): m is Commit => m.t === 'seal.commit');

async function world(count: number, seed = 7): Promise<{ w: World; t: Terminal[] }> {
  const w = new World(seeded(seed));
  const t: Terminal[] = [];
  for (let n = 0; n < count; n += 1) t.push(await w.terminal(`t${n}`, n % 2 === 0 ? 'a' : 'b'));
  await w.vouch(seats(t));
  return { w, t };
}

/** Nobody sent to anybody whom he does not hold good, and nobody is shown whom the record does not name. */
function unseen(t: Terminal[]): void {
  for (const x of t) {
    expect(x.faults).toEqual([]);
    for (const m of x.status?.members ?? []) expect(x.seats.some((s) => s.key === m.key)).toBe(true);
  }
}

describe('a service that holds every message', () => {
  it('gets no root: not with its own key, not in the place of a package, not from commits', async () => {
    const { w, t } = await world(4);
    await w.start(t.slice(0, 3));
    await w.after(3_000);
    await t[3]!.start();
    await w.after(5_000);
    const mls = await Mls.of(await signer());
    const own = await mls.package();
    let welcomes = 0;
    for (const { welcome } of commits(w)) {
      if (!welcome) continue;
      welcomes += 1;
      expect(await mls.join(read(welcome), own)).toBeNull();
      for (const m of w.seen) {
        if (m.t !== 'seal.package' || !m.bytes) continue;
        const ref = await refOf(read(m.bytes));
        // Either this Welcome does not name the package, or its private half is wanted.
        const got = await mls.join(read(welcome), { ...own, ref }).catch(() => 'refused');
        expect(got === null || got === 'refused').toBe(true);
      }
    }
    expect(welcomes).toBeGreaterThan(1);
    const alone = await mls.create(crypto.getRandomValues(new Uint8Array(16)), own);
    for (const { commit } of commits(w)) await expect(alone.apply(read(commit))).rejects.toThrow('unreadable');
    unseen(t);
  });
});

async function refOf(bytes: Uint8Array<ArrayBuffer>): Promise<OwnPackage['ref']> {
  const label = new TextEncoder().encode('MLS 1.0 KeyPackage Reference');
  const value = bytes.subarray(4);
  const head = Uint8Array.of(label.length, ...label, 0x40 | (value.length >> 8), value.length & 255, ...value);
  return new Uint8Array(await crypto.subtle.digest('SHA-512', head));
}

describe('a service that swaps key packages', () => {
  it('finds that nobody takes another key for a seat', async () => {
    const evil = await Mls.of(await signer());
    const bytes = toBase64((await evil.package()).bytes);
    const { w, t } = await world(2);
    w.hostile.deliver = (to, message) =>
      message.t === 'seal.packages' ? { ...message, packages: message.packages.map((p) => (p.key === to.key ? p : { ...p, bytes })) } : message;
    await w.start(t);
    await w.after(6_000);
    for (const x of t) expect(x.status!.members.every((m) => m.key === x.key)).toBe(true);
    for (const x of t) expect(x.status!.words).toBeNull();
    unseen(t);
  });

  it('finds that its own key, under its own name, is added by nobody', async () => {
    const key = await signer();
    const bytes = toBase64((await (await Mls.of(key)).package()).bytes);
    const { w, t } = await world(2);
    w.hostile.deliver = (_, message) => (message.t === 'seal.packages' ? { ...message, packages: [...message.packages, { key: hex(key.publicKey), bytes }] } : message);
    await w.start(t);
    await w.after(6_000);
    for (const x of t) expect(x.status!.members).toHaveLength(2);
    unseen(t);
  });
});

describe('a member that breaks the rules', () => {
  /** A world with a good seat whose terminal is the test's own. */
  async function insider(seed?: number): Promise<{ w: World; t: Terminal[]; member: Member; mls: Mls }> {
    const { w, t } = await world(3, seed);
    const bad = t[2]!;
    const mls = await Mls.of(bad.signer);
    const own = await mls.package();
    await w.start(t.slice(0, 2));
    bad.connected = true;
    bad.said = toBase64(own.bytes);
    await w.after(4_000);
    expect(t.slice(0, 2).map((x) => x.status?.state)).toEqual(['sealed', 'sealed']);
    // Of the group that stands: another may have been created just before it.
    const named = w.accepted.filter((c) => c.welcome !== null);
    let member: Member | null = null;
    for (const c of named) member ??= await mls.join(read(c.welcome!), own).catch(() => null);
    bad.said = null;
    for (const a of w.accepted) {
      if (!member || a.epoch < member.epoch) continue;
      const { next } = await member.apply(read(a.commit));
      if (next !== 'removed') member = next;
    }
    return { w, t, member: member!, mls };
  }

  it('adds somebody whom the record does not name: refused, alarm, and no frame under that epoch', async () => {
    const { w, t, member, mls } = await insider();
    const evil = await Mls.of(await signer());
    const made = await member.commit([], [await mls.read((await evil.package()).bytes)]);
    const told = { t: 'seal.commit', call: CALL, group: member.group, epoch: member.epoch, commit: toBase64(made.commit), welcome: null, by: t[2]!.key } as const;
    for (const x of t.slice(0, 2)) await x.group.take(told);
    await w.after(8_000);
    for (const x of t.slice(0, 2)) {
      expect([...x.alarms]).toEqual(['forbidden']);
      expect(x.sending).toBeNull();
      expect(x.roots.has(member.epoch + 1)).toBe(false);
    }
    unseen(t);
  });

  // Every order of three keys: it says who creates, who commits, and so who sees the split first and falls silent.
  it.each([1, 2, 3, 4, 7, 13])('and the service show each a different commit for one epoch: split, on both sides (seed %i)', async (seed) => {
    const { w, t, member } = await insider(seed);
    const first = await member.commit([], []);
    const second = await member.commit([], []);
    const told = (commit: Uint8Array): SealFromNode => ({ t: 'seal.commit', call: CALL, group: member.group, epoch: member.epoch, commit: toBase64(commit), welcome: null, by: t[2]!.key });
    await t[0]!.group.take(told(first.commit));
    await t[1]!.group.take(told(second.commit));
    await w.after(6_000);
    for (const x of t.slice(0, 2)) expect([...x.alarms]).toEqual(['split']);
    await t[0]!.group.take(told(second.commit));
    unseen(t);
  });

  it('shows one terminal two commits for one epoch: fork', async () => {
    const { t, member } = await insider();
    for (const made of [await member.commit([], []), await member.commit([], [])]) {
      await t[0]!.group.take({ t: 'seal.commit', call: CALL, group: member.group, epoch: member.epoch, commit: toBase64(made.commit), welcome: null, by: t[2]!.key });
    }
    expect([...t[0]!.alarms]).toEqual(['fork']);
    expect(t[0]!.sending).toBeNull();
  });
});

describe('a service that keeps things back', () => {
  it('leaves who misses an epoch outside, sending nothing', async () => {
    const { w, t } = await world(3);
    await w.start(t.slice(0, 2));
    await w.after(3_000);
    const victim = t[0]!;
    w.hostile.deliver = (to, message) => (to === victim && (message.t === 'seal.commit' || message.t === 'seal.packages') ? undefined : message);
    await t[2]!.start();
    await w.after(10_000);
    expect(victim.sending).toBeNull();
    expect(victim.status!.state).toBe('joining');
    expect(t[1]!.status!.members.find((m) => m.key === victim.key)!.late).toBe(true);
    w.hostile = {};
    w.disconnect(victim);
    await w.after(500);
    await w.connect(victim);
    await w.after(10_000);
    expect(t.map((x) => x.status!.state)).toEqual(['sealed', 'sealed', 'sealed']);
    unseen(t);
  });

  it('makes two groups of one call: the words differ, or nobody sees the other', async () => {
    // Two services, each with its own order, and each terminal told that it is alone.
    const { w, t } = await world(2);
    w.hostile.deliver = (to, message) => {
      if (message.t === 'seal.packages') return { ...message, packages: message.packages.filter((p) => p.key === to.key) };
      if (message.t === 'seal.commit') return message.by === to.key ? message : undefined;
      return message;
    };
    await w.start(t);
    await w.after(8_000);
    for (const x of t) expect(x.status!.words).toBeNull();
    for (const x of t) expect(x.status!.members.length).toBeLessThan(2);
    unseen(t);
  });

  it('swallows the Welcome: the terminal asks again, and gets in with a fresh package', async () => {
    const { w, t } = await world(2);
    let lost = 0;
    w.hostile.deliver = (to, message) => {
      if (to !== t[1] || message.t !== 'seal.commit' || lost > 1) return message;
      lost += 1;
      return { ...message, welcome: null };
    };
    await t[0]!.start();
    await w.after(1_000);
    await t[1]!.start();
    await w.after(20_000);
    expect(t.map((x) => x.status!.state)).toEqual(['sealed', 'sealed']);
    unseen(t);
  });
});

describe('garbage', () => {
  it('of every kind leaves a member where it is', async () => {
    const { w, t } = await world(2);
    await w.start(t);
    await w.after(3_000);
    const { group, epoch } = w.accepted[0]!;
    const [x] = t as [Terminal];
    const before = x.status;
    const junk = toBase64(crypto.getRandomValues(new Uint8Array(300)));
    const far = t[1]!.key;
    const all: SealFromNode[] = [
      { t: 'seal.commit', call: CALL, group, epoch: epoch + 1, commit: junk, welcome: null, by: far },
      { t: 'seal.commit', call: CALL, group: 'zz', epoch: 0, commit: junk, welcome: junk, by: far },
      { t: 'seal.commit', call: CALL, group, epoch: -1, commit: junk, welcome: null, by: far },
      { t: 'seal.commit', call: CALL, group, epoch: 0, commit: '*', welcome: null, by: far },
      { t: 'seal.commit', call: 'other', group: 'ab'.repeat(16), epoch: 0, commit: junk, welcome: null, by: far },
      { t: 'seal.packages', call: CALL, packages: [{ key: far, bytes: junk }, { key: 'x', bytes: '' }] },
      { t: 'seal.late', call: CALL, group: 'ab'.repeat(16), epoch: 9 },
      { t: 'seal.note', call: CALL, from: far, bytes: junk },
      { t: 'seal.note', call: CALL, from: 'x', bytes: '' },
    ];
    const shapeless = [null, 7, {}, { t: 'seal.commit', call: CALL }, { t: 'seal.packages', call: CALL, packages: [null] }, { t: 'seal.note', call: CALL, from: 1, bytes: 2 }];
    for (const message of [...all, ...(shapeless as unknown as SealFromNode[])]) await x.group.take(message);
    await w.after(3_000);
    expect(x.status).toEqual(before);
    expect(await print(x.roots.get(1)!)).toBe(await print(t[1]!.roots.get(1)!));
    unseen(t);
  });
});
