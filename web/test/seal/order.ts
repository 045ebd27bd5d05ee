// A simulated ordering service with its sockets and link, and terminals in virtual time. What is random follows a seed,
// the seats' keys too, whose order says who commits first; but for secrets, which WebCrypto draws, and which change no
// order. Used by the tests of the seal alone.

import { concat } from '../../src/seal/bytes';
import type { ToFrames } from '../../src/seal/frames.messages';
import { Group } from '../../src/seal/group';
import type { Alarm, FootageSaid, SealFromNode, SealSeat, SealStatus, SealToNode } from '../../src/seal/messages';
import { Mls, type Signer } from '../../src/seal/mls';
import { hex } from '../../src/signalling/proofs';

export const CALL = 'c1';

/** What stands before an Ed25519 key's 32 bytes in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);

/** A seat's key: the one that follows from `random`, or any. */
export async function signer(random: () => number = Math.random): Promise<Signer> {
  const secret = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
  const key = await crypto.subtle.importKey('pkcs8', concat(PKCS8, secret), 'Ed25519', true, ['sign']);
  const { x } = await crypto.subtle.exportKey('jwk', key);
  return {
    publicKey: new Uint8Array(Buffer.from(x!, 'base64url')),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, message as BufferSource)),
  };
}

/** Mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A root by what is derived from it, as it cannot be read. */
export async function print(root: CryptoKey): Promise<string> {
  const info = new TextEncoder().encode('test');
  return hex(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(), info }, root, 128));
}

type Accepted = SealFromNode & { t: 'seal.commit' };

export class Terminal {
  /** None before the first start. */
  declare group: Group;
  status: SealStatus | null = null;
  roots = new Map<number, CryptoKey>();
  /** Every root that it was ever given. */
  everRoots: CryptoKey[] = [];
  sending: number | null = null;
  /** Sendings under an epoch with a member that this terminal does not hold good: must stay empty. */
  faults: string[] = [];
  alarms = new Set<Alarm>();
  lease = false;
  /** How its window of footage stood, at each change. */
  footage: FootageSaid[] = [];
  running = false;
  socket = 0;
  connected = false;
  /** What its node thinks: a package, null for a member, undefined for nothing said. */
  said: string | null | undefined;
  seats: SealSeat[] = [];
  /** What else hears what the frames' worker is told. */
  also: (message: ToFrames) => void = () => undefined;

  constructor(
    readonly world: World,
    readonly name: string,
    readonly side: string,
    readonly key: string,
    readonly signer: Signer,
  ) {}

  async start(): Promise<void> {
    this.running = true;
    this.roots.clear();
    this.sending = null;
    this.group = new Group({
      call: CALL,
      seat: this.key,
      mls: await Mls.of(this.signer),
      now: () => this.world.now,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      send: (message) => this.world.fromTerminal(this, message),
      frames: (message) => this.frames(message),
      status: (status) => {
        this.status = status;
        if (status.alarm) this.alarms.add(status.alarm);
      },
      footage: (said) => this.footage.push(said),
      note: () => undefined,
      lease: (held) => (this.lease = held),
    });
    await this.group.seats(this.seats);
    this.world.ticks(this, this.group);
    await this.world.connect(this);
  }

  async stop(): Promise<void> {
    this.running = false;
    this.world.disconnect(this);
    await this.group.close();
    this.status = null;
  }

  private frames(message: ToFrames): void {
    this.also(message);
    if (message.do === 'epoch') {
      this.roots.set(message.epoch, message.root);
      this.everRoots.push(message.root);
    } else if (message.do === 'send') {
      this.sending = message.epoch;
      const bad = this.group.inspect().filter((key) => !this.seats.find((s) => s.key === key)?.good);
      if (bad.length > 0) this.faults.push(`${this.name} sends in ${message.epoch} to ${bad.length} unseen`);
    } else if (message.do === 'stop') this.sending = null;
    else if (message.do === 'forget') this.roots.delete(message.epoch);
  }
}

export interface Hostile {
  /** What reaches a terminal instead; undefined: nothing. */
  deliver?(to: Terminal, message: SealFromNode): SealFromNode | undefined;
}

/** Both nodes and the link in one: `b` is the asked side and orders. */
export class World {
  now = 0;
  terminals: Terminal[] = [];
  cut = false;
  /** Every message that the service saw. */
  seen: SealToNode[] = [];
  accepted: Accepted[] = [];
  group: string | null = null;
  hostile: Hostile = {};
  private events: { at: number; order: number; run: () => Promise<void> | void }[] = [];
  private order = 0;
  /** When the last message of each direction of each open socket arrives. */
  private last = new Map<string, number>();
  private heldForA: { to: Terminal; message: SealFromNode }[] = [];

  constructor(
    readonly random: () => number,
    readonly duplicates = 0,
  ) {}

  async terminal(name: string, side: string): Promise<Terminal> {
    const seat = await signer(this.random);
    const made = new Terminal(this, name, side, hex(seat.publicKey), seat);
    this.terminals.push(made);
    return made;
  }

  /** At one moment, and in this order: side by side, what is faster in real time would come first. */
  async start(terminals: readonly Terminal[]): Promise<void> {
    for (const t of terminals) await t.start();
  }

  async stop(terminals: readonly Terminal[]): Promise<void> {
    for (const t of terminals) await t.stop();
  }

  at(delay: number, run: () => Promise<void> | void): void {
    this.order += 1;
    this.events.push({ at: this.now + delay, order: this.order, run });
  }

  async until(end: number): Promise<void> {
    for (;;) {
      this.events.sort((a, b) => a.at - b.at || a.order - b.order);
      const event = this.events[0];
      if (!event || event.at > end) break;
      this.events.shift();
      this.now = Math.max(this.now, event.at);
      await event.run();
    }
    this.now = end;
  }

  after = (ms: number) => this.until(this.now + ms);

  /** The verified state of every terminal at once. */
  async vouch(seats: { terminal: Terminal; good: boolean }[], only = this.terminals): Promise<void> {
    for (const t of only) {
      t.seats = seats.map(({ terminal, good }) => ({ key: terminal.key, side: terminal.side, good }));
      if (t.running) await t.group.seats(t.seats);
    }
  }

  ticks(t: Terminal, group: Group): void {
    const wait = Math.max(50, group.next() - this.now);
    this.at(wait, async () => {
      if (!t.running || t.group !== group) return;
      await group.tick();
      this.ticks(t, group);
    });
  }

  async connect(t: Terminal): Promise<void> {
    this.opens(t);
    t.connected = true;
    t.said = undefined;
    await t.group.online(true);
    this.packages();
  }

  disconnect(t: Terminal): void {
    this.opens(t);
    t.connected = false;
    t.said = undefined;
    if (t.running) this.at(0, () => t.group.online(false));
    this.packages();
  }

  /** Another socket, or none: what was under way on the one before is lost. */
  private opens(t: Terminal): void {
    t.socket += 1;
    for (const way of ['up', 'down']) this.last.delete(`${t.key} ${way}`);
  }

  /** One direction of one socket: in order, with some delay; lost with the socket. */
  private wire(t: Terminal, way: 'up' | 'down', run: () => Promise<void> | void): void {
    const { socket } = t;
    const name = `${t.key} ${way}`;
    const at = Math.max(this.last.get(name) ?? 0, this.now + 10 + Math.floor(this.random() * 120));
    this.last.set(name, at);
    this.at(at - this.now, () => {
      if (t.socket === socket && t.connected) return run();
    });
  }

  fromTerminal(t: Terminal, message: SealToNode): void {
    if (!t.connected || !t.running) return;
    this.wire(t, 'up', () => {
      if (message.t !== 'seal.note') this.seen.push(message);
      this.serve(t, message);
    });
  }

  to(t: Terminal, message: SealFromNode): void {
    const changed = this.hostile.deliver ? this.hostile.deliver(t, message) : message;
    if (!changed) return;
    const times = this.random() < this.duplicates ? 2 : 1;
    for (let n = 0; n < times; n += 1) this.wire(t, 'down', () => t.group?.take(changed));
  }

  private toSide(t: Terminal, message: SealFromNode): void {
    if (!t.connected) return;
    if (this.cut && t.side === 'a') {
      if (message.t === 'seal.commit') this.heldForA.push({ to: t, message });
    } else this.to(t, message);
  }

  link(up: boolean): void {
    this.cut = !up;
    if (!up) return;
    for (const { to, message } of this.heldForA) if (to.connected) this.to(to, message);
    this.heldForA = [];
    this.packages();
  }

  private packages(): void {
    for (const t of this.terminals.filter((x) => x.connected)) {
      const whose = this.terminals.filter((x) => x.connected && typeof x.said === 'string' && (!this.cut || x.side === t.side));
      this.to(t, { t: 'seal.packages', call: CALL, packages: whose.map((x) => ({ key: x.key, bytes: x.said! })) });
    }
  }

  private serve(t: Terminal, message: SealToNode): void {
    if (!t.seats.find((s) => s.key === t.key)?.good) return;
    if (message.t === 'seal.package') {
      t.said = message.bytes;
      this.packages();
    } else if (message.t === 'seal.note') {
      for (const o of this.terminals) if (o !== t && o.connected && !(this.cut && o.side !== t.side)) this.to(o, { t: 'seal.note', call: CALL, from: t.key, bytes: message.bytes });
    } else if (message.t === 'seal.since') {
      const from = message.group === this.group ? message.epoch : 0;
      for (const a of this.accepted.filter((x) => x.epoch >= from)) this.toSide(t, a);
    } else if (message.t === 'seal.commit') this.propose(t, message);
  }

  private propose(t: Terminal, m: SealToNode & { t: 'seal.commit' }): void {
    if (this.cut && t.side === 'a') return this.to(t, { t: 'seal.away', call: CALL });
    const good = (o: Terminal) => o.seats.some((s) => s.key === o.key && s.good);
    const members = this.terminals.some((o) => o !== t && o.connected && good(o) && o.said === null && !(this.cut && o.side === 'a'));
    const creates = m.epoch === 0 && m.group !== this.group && !members;
    if (creates) {
      this.group = m.group;
      this.accepted = [];
    } else if (m.group !== this.group || m.epoch !== this.accepted.length) {
      return this.to(t, { t: 'seal.late', call: CALL, group: m.group, epoch: m.epoch });
    }
    // Of one shape, which a spread copy would not be: thousands are kept.
    const told: Accepted = { t: m.t, call: m.call, group: this.group!, epoch: m.epoch, commit: m.commit, welcome: m.welcome, by: t.key };
    this.accepted.push(told);
    for (const o of this.terminals) this.toSide(o, told);
  }
}
