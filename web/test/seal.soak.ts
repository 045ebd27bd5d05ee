// Two hours of a call in virtual time, with real MLS and real frames: terminals come, go, are loaded anew and lose
// their vouch, keys rotate. Whoever stays loses no frame, and nothing grows. `make soak`.

import { expect, it } from 'vitest';
import { same } from '../src/seal/bytes';
import type { Bytes } from '../src/seal/frame';
import type { TrackKind } from '../src/seal/keys';
import { Media } from './seal/media';
import { type Terminal, World, seeded } from './seal/order';

const SEED = Number(process.env['SEAL_SOAK_SEED'] ?? 1);
const MINUTES = Number(process.env['SEAL_SOAK_MINUTES'] ?? 120);
/** Who comes and goes, beside the two who stay. */
const GUESTS = 2;
/** Frames of each terminal a second, by turns sound and picture: each goes through the sealer and every opener. */
const FRAMES = 4;
const PLAIN = { sound: 80, picture: 1_200 };
/** A member counts as staying from so long after it was sealed until so long before it goes. Milliseconds. */
const SETTLED_MS = 2_000;
/** Looks at memory: the first ones warm up and say nothing. */
const LOOK_MS = 300_000;
const WARM_LOOKS = 4;
/** Bytes that the second half's highest look may be above the first half's: less than a KB a commit. */
const GROWTH_MOST = 2 ** 17;
/** What an accepted commit takes beside its characters. */
const ACCEPTED = 128;

interface Look {
  minute: number;
  memory: number;
  epochs: number;
  keys: number;
  waiting: number;
  sent: number;
  lost: number;
}

interface Person {
  terminal: Terminal;
  media: Media;
  /** Since when it has been sealed without a pause. */
  since: number;
  /** Frames in a row that were not sealed. */
  held: number;
}

class Soak {
  readonly w = new World(seeded(SEED));
  people: Person[] = [];
  sent = 0;
  opened = 0;
  /** Frames that were not sealed while somebody without a vouch was in the group. */
  held = 0;
  lost: string[] = [];
  joins = 0;
  /** Every accepted commit, over all groups. */
  epochs = 0;
  private frame = 0;

  async open(): Promise<void> {
    for (let n = 0; n < 2 + GUESTS; n += 1) {
      const terminal = await this.w.terminal(`t${n}`, n % 2 === 0 ? 'a' : 'b');
      this.people.push({ terminal, media: new Media(terminal), since: Infinity, held: 0 });
    }
    await this.vouch(null);
    for (const { terminal } of this.people.slice(0, 2)) await terminal.start();
    await this.w.after(3_000);
    this.talks();
  }

  vouch = (bad: Terminal | null) => this.w.vouch(this.people.map(({ terminal }) => ({ terminal, good: terminal !== bad })));

  /** Every terminal that may send seals a frame; it reaches the others after the time that the wire takes. */
  private talks(): void {
    this.w.at(1_000 / FRAMES, async () => {
      this.frame += 1;
      const kind: TrackKind = this.frame % 2 === 0 ? 'sound' : 'picture';
      for (const from of this.people) await this.talk(from, kind);
      this.talks();
    });
  }

  private async talk(from: Person, kind: TrackKind): Promise<void> {
    const { terminal, media } = from;
    const present = terminal.running && terminal.group.inspect().length > 0;
    if (!present && from.since < Infinity && terminal.running && this.vouched(from)) this.lost.push(`${terminal.name} fell out at ${this.w.now}`);
    from.since = present ? Math.min(from.since, this.w.now) : Infinity;
    if (!present) return;
    const plain = new Uint8Array(PLAIN[kind]).fill(this.frame % 256);
    const frame = await media.seal(kind, plain);
    if (!frame) return this.nothing(from);
    from.held = 0;
    for (const to of this.people.filter((one) => one !== from && this.stays(one) && this.stays(from))) {
      const at = 20 + Math.floor(this.w.random() * 80);
      const { group } = to.terminal;
      this.w.at(at, async () => {
        // On its way while the receiver went, was loaded anew or lost its vouch. Whoever fell out otherwise lost it.
        if (!to.terminal.running || to.terminal.group !== group || !this.vouched(to)) return;
        this.sent += 1;
        await this.arrives(from, to, kind, frame, plain);
      });
    }
  }

  /** Until a seat whose vouch was taken back is out of the group, nobody sends: that pause is meant, and short. */
  private nothing(from: Person): void {
    const { terminal } = from;
    if (!this.stays(from)) return;
    from.held += 1;
    this.held += 1;
    const meant = terminal.group.inspect().some((key) => !terminal.seats.some((s) => s.good && s.key === key));
    if (!meant || from.held > FRAMES) this.lost.push(`${terminal.name} sealed nothing at ${this.w.now}`);
  }

  private async arrives(from: Person, to: Person, kind: TrackKind, frame: Bytes, plain: Bytes): Promise<void> {
    const opened = await to.media.open(from.terminal.key, kind, frame);
    if (typeof opened !== 'string' && same(opened, plain)) this.opened += 1;
    else if (opened === 'waiting' && this.w.now < to.media.waitsUntil(frame)) this.w.at(10, () => this.arrives(from, to, kind, frame, plain));
    else this.lost.push(`${from.terminal.name} to ${to.terminal.name} at ${this.w.now}: ${typeof opened === 'string' ? opened : 'other bytes'}`);
  }

  private vouched = ({ terminal }: Person) => terminal.seats.some((s) => s.good && s.key === terminal.key);

  /** Settled in, and going nowhere: no change of others may cost it a frame. */
  private stays = (one: Person) => one.terminal.running && this.vouched(one) && this.w.now - one.since >= SETTLED_MS;

  /** One guest at a time comes, stays, is loaded anew or loses its vouch, and goes. */
  async guest(round: number): Promise<void> {
    const guest = this.people[2 + (round % GUESTS)]!;
    const { terminal } = guest;
    const leave = () => {
      guest.since = Infinity;
      return terminal.stop();
    };
    const wait = () => this.w.after(4_000 + Math.floor(this.w.random() * 12_000));
    if (!terminal.running) await terminal.start();
    this.joins += 1;
    await wait();
    if (round % 3 === 0) {
      await leave();
      await this.w.after(Math.floor(this.w.random() * 1_500));
      await terminal.start();
      this.joins += 1;
      await wait();
    }
    if (round % 3 === 1) {
      await this.vouch(terminal);
      await wait();
      await leave();
      await this.vouch(null);
    } else if (round % 4 !== 0) await leave();
    await wait();
  }

  /** What is held: the heap and the bytes beside it, without what the simulated nodes and the test itself keep. */
  look(): Look {
    const { w } = this;
    w.seen = [];
    for (const { terminal } of this.people) terminal.everRoots = terminal.running ? terminal.everRoots.slice(-4) : [];
    for (let n = 0; n < 3; n += 1) globalThis.gc!();
    const nodes = w.accepted.reduce((sum, { commit, welcome }) => sum + ACCEPTED + commit.length + (welcome?.length ?? 0), 0);
    const running = this.people.filter(({ terminal }) => terminal.running);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return {
      minute: Math.round(w.now / 60_000),
      memory: heapUsed + arrayBuffers - nodes,
      epochs: Math.max(...running.map(({ media }) => media.epochs.size)),
      keys: Math.max(...running.map(({ media }) => media.opener.held())),
      waiting: w.terminals.filter((t) => t.connected && typeof t.said === 'string').length,
      sent: this.sent,
      lost: this.lost.length,
    };
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(2);

it(`two hours of rotations, joins and leaves (seed ${SEED}): no frame lost, and nothing grows`, async () => {
  const soak = new Soak();
  await soak.open();
  const looks: Look[] = [];
  for (let round = 0; soak.w.now < MINUTES * 60_000; round += 1) {
    // Every fifth quarter of an hour nobody comes or goes, so that keys are also renewed by time alone.
    if (Math.floor(soak.w.now / 900_000) % 5 === 4) await soak.w.after(60_000);
    else await soak.guest(round);
    if (soak.w.now < looks.length * LOOK_MS) continue;
    const look = soak.look();
    looks.push(look);
    say(`${look.minute} min: memory ${mib(look.memory)} MiB, epochs ${look.epochs}, keys ${look.keys}, packages ${look.waiting}, epoch ${soak.w.accepted.length}, frames ${look.sent}, lost ${look.lost}${soak.lost.length > 0 ? `, last: ${soak.lost.at(-1)}` : ''}`);
  }
  const told = looks.slice(WARM_LOOKS);
  const half = Math.floor(told.length / 2);
  const most = (some: Look[]) => Math.max(...some.map(({ memory }) => memory));
  say(`joins ${soak.joins}, commits ${soak.w.accepted.length}, frames ${soak.sent}, opened ${soak.opened}, not sealed during removals ${soak.held}, lost ${soak.lost.length}; memory at most ${mib(most(told.slice(0, half)))} MiB in the first half, ${mib(most(told.slice(half)))} MiB in the second`);
  for (const { terminal } of soak.people) expect([...terminal.alarms, ...terminal.faults]).toEqual([]);
  expect(soak.lost).toEqual([]);
  expect(soak.opened).toBe(soak.sent);
  expect(soak.sent).toBeGreaterThan(MINUTES * 60 * FRAMES);
  expect(soak.w.accepted.length).toBeGreaterThan(MINUTES);
  for (const { epochs, keys, waiting } of looks) {
    expect(epochs).toBeLessThanOrEqual(4);
    expect(keys).toBeLessThanOrEqual(4 * (1 + GUESTS) * 2);
    expect(waiting).toBeLessThanOrEqual(GUESTS);
  }
  expect(most(told.slice(half)) - most(told.slice(0, half))).toBeLessThan(GROWTH_MOST);
});
