// The lights in virtual time: two terminals' clocks, half a second between receipts, and the bounds within which a
// person is told that nobody hears him.
import { describe, expect, it } from 'vitest';
import { Band, STAYS_MS } from '../src/heard/band';
import { Lights, type Shown, type Sight } from '../src/heard/lights';
import { Paced } from '../src/heard/paced';
import { nameOf, type Picture, type Sound } from '../src/heard/receipt';

const OWN = 'ab'.repeat(32);
const FAR = 'cd'.repeat(32);
const AIDE = 'ef'.repeat(32);
/** One way, as long as across half the earth. */
const LATE_MS = 100;
const STEP_MS = 10;

const flowing = { key: FAR, principal: true, sound: 'energy' as const, picture: 'frames' as const };

/** A terminal, and a far one whose decoder does as it is told, stepped together. */
class World {
  now = 0;
  lights = new Lights(OWN);
  on = true;
  /** Since when somebody speaks. */
  speech: number | null = null;
  device: { zero: boolean } | null = { zero: false };
  leaving = true;
  sealing = true;
  /** What arrives is decoded. */
  decodes = true;
  /** The far end hears silence, whatever is said. */
  deaf = false;
  sees = true;
  /** The far terminal's receipts come. */
  receipts = true;
  from: string[] = [FAR];
  sight: Sight = { open: true, hearers: [{ key: FAR, principal: true }], picture: true, camera: true, cameraNote: null, microphone: null, muted: false, sealed: true, rttMs: 2 * LATE_MS, heard: [flowing], uninterpreted: false };
  shown!: Shown;
  private counts = { packets: 0, sealed: 0 };
  private zeros = 0;
  private loud: number[] = [];
  private decoded: number[] = [];
  private post: { at: number; from: string; sound: Sound; picture: Picture }[] = [];

  constructor(
    private phase = 0,
    private late = LATE_MS,
  ) {
    this.sight.rttMs = 2 * late;
    this.lights.microphone(true, 0);
  }

  /** The far side has said nothing yet. */
  quiet(): void {
    this.sight = { ...this.sight, heard: [{ ...flowing, sound: 'silent' }] };
  }

  press(on: boolean): void {
    this.on = on;
    this.lights.microphone(on, this.now);
  }

  run(ms: number): Shown {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += STEP_MS;
      const speaking = this.speech !== null && this.now - this.speech >= 100;
      if (this.now % 100 === 0 && this.device) {
        this.zeros = this.device.zero ? this.zeros + 100 : 0;
        this.lights.capture({ zero_ms: this.zeros, speaking, speech_ms: speaking ? this.now - this.speech! : 0 }, this.now);
      }
      // The far decoder, a way and its buffer later.
      if (this.decodes) {
        this.decoded.push(this.now);
        if (this.speech !== null && this.now - this.speech >= this.late + 80 && this.on && !this.deaf) this.loud.push(this.now);
      }
      if ((this.now + this.phase) % 500 === 0) this.tick();
      for (const note of this.post.filter((n) => n.at <= this.now)) this.lights.receipt(note.from, [{ seat: nameOf(OWN), sound: note.sound, picture: note.picture }], this.now);
      this.post = this.post.filter((n) => n.at > this.now);
      this.shown = this.lights.look(this.sight, this.now);
    }
    return (this.shown ??= this.lights.look(this.sight, this.now));
  }

  private tick(): void {
    if (this.leaving) this.counts.packets += 25;
    if (this.leaving && this.sealing) this.counts.sealed += 25;
    this.lights.count({ ...this.counts });
    const lately = (times: number[]) => times.filter((at) => at > this.now - 500).length * STEP_MS;
    const sound: Sound = lately(this.decoded) < 125 ? 'nothing' : lately(this.loud) > 20 ? 'energy' : 'silent';
    if (this.receipts) for (const from of this.from) this.post.push({ at: this.now + this.late, from, sound, picture: this.sees ? 'frames' : 'nothing' });
    this.decoded = this.decoded.filter((at) => at > this.now - 500);
    this.loud = this.loud.filter((at) => at > this.now - 500);
  }

  /** How long until it holds. */
  until(holds: (shown: Shown) => boolean, most = 10_000): number {
    const from = this.now;
    while (!holds(this.run(STEP_MS))) if (this.now - from > most) throw new Error(`not within ${most} ms: ${JSON.stringify(this.shown)}`);
    return this.now - from;
  }

  speak(): this {
    this.speech = this.now;
    return this;
  }

  hush(): this {
    this.speech = null;
    return this;
  }
}

/** Everything stands, and the person has been heard. */
function proven(phase = 0, late = LATE_MS): World {
  const world = new World(phase, late);
  world.run(2_000);
  world.speak();
  world.until(({ state }) => state.heard === 'good');
  world.run(1_500);
  return world;
}

const PHASES = [0, 110, 240, 370, 490];

describe('heard there', () => {
  it('is proven by a receipt with energy while this person spoke, and by nothing else', () => {
    const world = new World();
    expect(world.run(4_000).state).toMatchObject({ captured: 'good', sent: 'good', heard: 'not_yet', seen: 'good', fault: null, connected: false });
    // Energy that is not this person's.
    world.lights.receipt(FAR, [{ seat: nameOf(OWN), sound: 'energy', picture: 'frames' }], world.now);
    expect(world.run(STEP_MS).state.heard).toBe('not_yet');
    // Somebody else's.
    world.speak().run(150);
    world.lights.receipt(FAR, [{ seat: nameOf(AIDE), sound: 'energy', picture: 'frames' }], world.now);
    expect(world.run(STEP_MS).state.heard).not.toBe('good');
    expect(world.until(({ state }) => state.heard === 'good')).toBeLessThan(1_000);
    expect(world.shown.state).toMatchObject({ fault: null, connected: true });
  });

  it('stays in silence while the far end decodes', () => {
    const world = proven();
    expect(world.hush().run(20_000).state).toMatchObject({ heard: 'good', connected: true });
  });

  it.each(PHASES)('is bad within a second of the moment from which nothing is decoded (%i)', (phase) => {
    const world = proven(phase);
    world.decodes = false;
    expect(world.until(({ state }) => state.heard === 'bad')).toBeLessThanOrEqual(1_000);
    expect(world.shown.faults.heard).toBe('not_arriving');
    expect(world.shown.state).toMatchObject({ fault: 'not_arriving', connected: false, sent: 'good' });
    // It comes back by proof alone.
    world.hush().run(2_000);
    world.decodes = true;
    world.run(3_000);
    expect(world.shown.state.heard).toBe('not_yet');
    world.speak().until(({ state }) => state.heard === 'good', 1_200);
  });

  it.each(PHASES)('is bad within a second of speaking when the far end decodes silence (%i)', (phase) => {
    for (const before of [new World(phase), proven(phase)]) {
      before.hush().run(3_000);
      before.deaf = true;
      before.run(1_370);
      before.speak();
      expect(before.until(({ state }) => state.heard === 'bad')).toBeLessThanOrEqual(1_000);
      expect(before.shown.faults.heard).toBe('silent');
      // Until he is heard; his own silence proves nothing.
      expect(before.hush().run(5_000).state.heard).toBe('bad');
      before.deaf = false;
      before.speak().until(({ state }) => state.heard === 'good', 1_200);
      expect(before.shown.state.fault).toBeNull();
    }
  });

  it.each(PHASES)('is not called silent by a receipt of the time before he spoke, nor after he stopped (%i)', (phase) => {
    // As over a satellite: what is decoded there is known here half a second later.
    const world = proven(phase, 250);
    // Each beginning that a receipt's pace allows.
    for (let pause = 1_100; pause < 1_600; pause += 70) {
      world.hush().run(pause);
      world.speak();
      for (let i = 0; i < 160; i++) expect(world.run(STEP_MS).state.heard).toBe('good');
    }
  });

  it('is bad when no receipt came for a second and a half', () => {
    const world = proven();
    world.receipts = false;
    const after = world.until(({ state }) => state.heard === 'bad');
    expect(after).toBeGreaterThan(1_000);
    expect(after).toBeLessThanOrEqual(1_500 + LATE_MS + STEP_MS);
    expect(world.shown.faults.heard).toBe('not_arriving');
  });

  it('never leaves "not yet" while the far decoder is starved from the start', () => {
    const world = new World();
    world.decodes = false;
    world.speak();
    for (let i = 0; i < 1_500; i++) expect(world.run(STEP_MS).state.heard).toBe(i === 0 ? world.shown.state.heard : 'not_yet');
    expect(world.shown.state).toMatchObject({ sent: 'good', connected: false });
    expect(world.shown.lack).toBe('heard');
  });

  it('asks the far principal, and anybody where no principal is there', () => {
    const world = new World();
    world.sight = { ...world.sight, hearers: [...world.sight.hearers, { key: AIDE, principal: false }] };
    world.from = [AIDE];
    world.speak().run(4_000);
    expect(world.shown.state.heard).toBe('not_yet');
    world.sight = { ...world.sight, hearers: [{ key: AIDE, principal: false }] };
    expect(world.run(1_000).state.heard).toBe('good');
  });

  it('believes the best of several terminals of one principal', () => {
    const world = proven();
    world.sight = { ...world.sight, hearers: [...world.sight.hearers, { key: AIDE, principal: true }] };
    for (let i = 0; i < 4; i++) {
      world.lights.receipt(AIDE, [{ seat: nameOf(OWN), sound: 'nothing', picture: 'nothing' }], world.now);
      expect(world.run(500).state.heard).toBe('good');
    }
  });

  it('is nobody\'s while nobody is there or the call is held', () => {
    const world = proven();
    world.sight = { ...world.sight, hearers: [] };
    expect(world.run(STEP_MS).state).toMatchObject({ heard: 'none', seen: 'none', connected: false });
    const held = proven();
    held.hush().run(1_500);
    held.sight = { ...held.sight, open: false };
    expect(held.run(STEP_MS).state).toMatchObject({ captured: 'good', sent: 'none', heard: 'none', seen: 'none', connected: false });
    // What was proven then proves nothing later.
    held.sight = { ...held.sight, open: true };
    expect(held.run(2_000).state.heard).toBe('not_yet');
  });

  it('takes a seat that a short note leaves out for one without a track, and one that a full note leaves out for told later', () => {
    const world = proven();
    world.receipts = false;
    const others = Array.from({ length: 10 }, (_, i) => ({ seat: `0000000${i}`, sound: 'energy' as const, picture: 'frames' as const }));
    world.lights.receipt(FAR, others, world.now);
    expect(world.run(STEP_MS).state.heard).toBe('good');
    world.lights.receipt(FAR, others.slice(1), world.now);
    expect(world.run(STEP_MS).state.heard).toBe('bad');
  });
});

describe('off', () => {
  it('is said at every light, and keeps what was proven', () => {
    const world = proven();
    world.hush().run(200);
    world.press(false);
    expect(world.run(STEP_MS).state).toMatchObject({ captured: 'off', sent: 'off', heard: 'off', talking_off: false });
    world.run(4_000);
    expect(world.shown.state.connected).toBe(true);
    world.press(true);
    expect(world.run(STEP_MS).state).toMatchObject({ captured: 'good', heard: 'good' });
  });

  it('notices whoever speaks, and his words while off prove nothing', () => {
    const world = new World();
    world.press(false);
    world.speak();
    expect(world.until(({ state }) => state.talking_off)).toBeLessThanOrEqual(200);
    world.lights.receipt(FAR, [{ seat: nameOf(OWN), sound: 'energy', picture: 'frames' }], world.now);
    world.run(1_000);
    world.press(true);
    expect(world.run(STEP_MS).state).toMatchObject({ talking_off: false, heard: 'not_yet' });
    // Nor are his words while off held against the far end.
    for (let i = 0; i < 50; i++) expect(world.run(STEP_MS).state.heard).not.toBe('bad');
    world.until(({ state }) => state.heard === 'good', 1_000);
  });

  it('hides no device that went', () => {
    const world = new World();
    world.press(false);
    world.sight = { ...world.sight, microphone: 'gone' };
    expect(world.run(STEP_MS).state).toMatchObject({ captured: 'bad', fault: 'gone' });
  });
});

describe('captured and sent', () => {
  it('name what is wrong with the device', () => {
    const of = (microphone: Sight['microphone'], muted = false) => {
      const world = new World();
      world.sight = { ...world.sight, microphone, muted };
      return world.run(200).faults.captured;
    };
    expect([of(null), of('refused'), of('none'), of('gone'), of('busy'), of('failed'), of(null, true)]).toEqual([null, 'refused', 'gone', 'gone', 'dead', 'dead', 'muted']);
  });

  it('say within a second that a device gives nothing but zeros', () => {
    const world = proven();
    world.device = { zero: true };
    expect(world.until(({ state }) => state.captured === 'bad')).toBeLessThanOrEqual(1_000);
    expect(world.shown.state.fault).toBe('dead');
    world.device = { zero: false };
    expect(world.until(({ state }) => state.captured === 'good')).toBeLessThanOrEqual(200);
  });

  it('do not call a device good of which nothing is known', () => {
    const world = new World();
    world.device = null;
    expect(world.run(2_000).state).toMatchObject({ captured: 'not_yet', fault: null });
  });

  it('say that nothing leaves, and when it is for want of keys', () => {
    for (const [change, fault] of [
      [{ leaving: false }, 'not_leaving'],
      [{ sealing: false }, 'not_leaving'],
    ] as const) {
      const world = proven();
      Object.assign(world, change);
      expect(world.until(({ state }) => state.sent === 'bad')).toBeLessThanOrEqual(1_500);
      expect(world.shown.faults.sent).toBe(fault);
    }
    const world = proven();
    world.sight = { ...world.sight, sealed: false };
    expect(world.run(STEP_MS).faults.sent).toBe('unsealed');
    const never = new World();
    never.leaving = false;
    expect(never.run(2_500).state.sent).toBe('not_yet');
    expect(never.run(1_000).state).toMatchObject({ sent: 'bad', fault: 'not_leaving' });
  });
});

describe('the picture and "connected"', () => {
  it('name who does not see or hear whom', () => {
    const world = new World();
    world.run(2_000);
    expect(world.shown.lack).toBe('heard');
    world.speak().run(2_000);
    expect(world.shown).toMatchObject({ lack: null, state: { connected: true } });
    world.sees = false;
    world.run(1_000);
    expect(world.shown).toMatchObject({ lack: 'seen', state: { seen: 'bad', connected: false, fault: 'not_arriving' } });
    world.sees = true;
    world.sight = { ...world.sight, heard: [{ ...flowing, sound: 'nothing' }] };
    expect(world.run(1_000)).toMatchObject({ lack: 'hears', state: { connected: false } });
    world.sight = { ...world.sight, heard: [{ ...flowing, sound: 'silent', picture: 'nothing' }] };
    expect(world.run(1_000)).toMatchObject({ lack: 'sees', state: { connected: false } });
    // A call without a picture needs none.
    world.sight = { ...world.sight, picture: false };
    expect(world.run(1_000)).toMatchObject({ lack: null, state: { connected: true, seen: 'none' } });
  });

  it('is not said before the far side has been heard once', () => {
    const world = new World();
    world.quiet();
    world.speak().run(3_000);
    expect(world.shown).toMatchObject({ lack: 'hears', state: { heard: 'good', connected: false } });
  });
});

describe('the band', () => {
  it('stands while somebody speaks into a microphone that is off, three seconds longer, and not once it is on', () => {
    const band = new Band();
    expect(band.look(false, false, 0)).toBe(false);
    expect(band.look(true, true, 10)).toBe(false);
    expect(band.look(false, false, 20)).toBe(false);
    expect(band.look(false, true, 30)).toBe(true);
    expect(band.look(false, false, 30 + STAYS_MS - 1)).toBe(true);
    expect(band.look(false, false, 30 + STAYS_MS)).toBe(false);
    expect(band.look(false, true, 9_000)).toBe(true);
    expect(band.look(true, true, 9_010)).toBe(false);
    expect(band.look(false, false, 9_020)).toBe(false);
  });
});

describe('what the node is told', () => {
  it('is each change, the first at once, twice a second at most', () => {
    const paced = new Paced<{ n: number }>(500);
    const said: number[] = [];
    for (let now = 0; now <= 5_000; now += 10) {
      // It changes every 70 ms in the second second.
      const n = now < 1_000 ? 0 : now < 2_000 ? Math.floor(now / 70) : 99;
      if (paced.offer({ n }, now)) said.push(now);
    }
    expect(said).toEqual([0, 1_000, 1_500, 2_000]);
    paced.forget();
    expect(paced.offer({ n: 99 }, 6_000)).toEqual({ n: 99 });
    expect(paced.offer({ n: 99 }, 9_000)).toBeNull();
  });
});
