// The three lights of a microphone (captured, sent, heard there) and the picture's one, with what is wrong, from what
// was counted here and from what the far terminals' own decoders say. Pure: time is an argument.
//
// Heard there is proven by one thing alone: a far receipt of sound with energy while this person spoke.

import type { DeviceTrouble } from '../media/devices';
import type { Fault, Light, SeatState } from '../signalling/protocol';
import { Band } from './band';
import { nameOf, RECEIPTS_MOST, type Receipt } from './receipt';
import type { Heard } from './ears';

/** Milliseconds, all of them. A device that gives nothing but zeros for so long is dead. */
const ZERO_MS = 1_000;
/** The worklet says something ten times a second. */
const CAPTURED_STALE_MS = 1_500;
/** Without a receipt for so long a far terminal is taken to hear nothing. */
const RECEIPT_STALE_MS = 1_500;
/** Energy at the far end is this person's if he spoke so long before the receipt came. */
const SPOKE_MS = 1_500;
/** Who has spoken for so long must have been heard. */
const SPOKEN_MS = 800;
/** From the mouth to a decoder's count and back as a receipt, over a line without length. */
const DECODE_MS = 230;
/** A terminal in which nothing left from the start: so long is a start. */
const START_MS = 3_000;
/** Looks at the counts, half a second apart, in which nothing left. */
const STILL_LOOKS = 2;

/** One look at what left. Counts only grow, but for a connection that is made anew. */
export interface Counts {
  packets: number;
  /** Frames that were sealed. */
  sealed: number;
}

/** A terminal of the far side that is there. */
export interface Hearer {
  key: string;
  principal: boolean;
}

export interface Sight {
  /** Media may pass between the sides. */
  open: boolean;
  hearers: readonly Hearer[];
  /** The call has a picture. */
  picture: boolean;
  camera: boolean;
  cameraNote: SeatState['camera'];
  microphone: DeviceTrouble | null;
  /** The device or the system holds it mute. */
  muted: boolean;
  /** This terminal has the call's keys, and may send. */
  sealed: boolean;
  /** Between the sides. */
  rttMs: number | null;
  /** What this terminal's own decoder made of the far side. */
  heard: readonly Heard[];
  /** An interpreter whom the call needs has been silent while the floor spoke. */
  uninterpreted: boolean;
}

/** What keeps "connected" from being said: who does not hear or see whom. */
export type Lack = 'heard' | 'seen' | 'hears' | 'sees';

export interface Shown {
  state: SeatState;
  faults: { captured: Fault | null; sent: Fault | null; heard: Fault | null; seen: Fault | null };
  lack: Lack | null;
}

interface Far {
  at: number;
  receipt: Pick<Receipt, 'sound' | 'picture'>;
  /** Energy while this person spoke, and no word to the contrary since. */
  proven: boolean;
  provenAt: number;
  ever: boolean;
  silent: boolean;
  /** When it last decoded pictures of this person; never before the first. */
  seenAt: number;
}

type Said = { light: Light; fault: Fault | null };
const said = (light: Light, fault: Fault | null = null): Said => ({ light, fault });

export class Lights {
  private on = false;
  private onAt = 0;
  private captured: { at: number; zeroMs: number; speaking: boolean; from: number } | null = null;
  private spokeAt = -Infinity;
  private counts: Counts | null = null;
  private still = { packets: 0, sealed: 0 };
  private left = false;
  private openAt: number | null = null;
  private fars = new Map<string, Far>();
  private readonly band = new Band();
  private energyFrom = new Set<string>();

  /** `own`: this seat's key. */
  constructor(private readonly own: string) {}

  microphone(on: boolean, now: number): void {
    if (on && !this.on) this.onAt = now;
    this.on = on;
  }

  capture({ zero_ms, speaking, speech_ms }: { zero_ms: number; speaking: boolean; speech_ms: number }, now: number): void {
    this.captured = { at: now, zeroMs: zero_ms, speaking, from: now - speech_ms };
    if (speaking && this.on) this.spokeAt = now;
  }

  /** The device went: nothing is known of what it picks up. */
  released(): void {
    this.captured = null;
  }

  /** Somebody speaks into this microphone, on or off. */
  get speaking(): boolean {
    return this.captured?.speaking ?? false;
  }

  count(next: Counts): void {
    const { counts } = this;
    this.counts = next;
    if (!counts) return;
    this.still.packets = next.packets === counts.packets ? this.still.packets + 1 : 0;
    this.still.sealed = next.sealed === counts.sealed ? this.still.sealed + 1 : 0;
    if (!this.still.packets && !this.still.sealed) this.left = true;
  }

  /** A receipt of a far seat's terminal. */
  receipt(from: string, receipts: readonly Receipt[], now: number): void {
    const mine = receipts.find((r) => r.seat === nameOf(this.own));
    const far = this.fars.get(from) ?? { at: -Infinity, receipt: { sound: 'none', picture: 'none' }, proven: false, provenAt: -Infinity, ever: false, silent: false, seenAt: -Infinity };
    // A full note may tell of others this time.
    if (mine) far.receipt = mine;
    else if (receipts.length < RECEIPTS_MOST) far.receipt = { sound: 'none', picture: 'none' };
    far.at = now;
    const { sound, picture } = far.receipt;
    if (mine && sound === 'energy' && this.on && now - this.spokeAt <= SPOKE_MS) {
      far.proven = far.ever = true;
      far.provenAt = now;
      far.silent = false;
    } else if (sound === 'none' || sound === 'nothing') far.proven = false;
    if (picture === 'frames') far.seenAt = now;
    this.fars.set(from, far);
  }

  /** When a far decoder last proved this person heard. */
  get provenAt(): number {
    return Math.max(-Infinity, ...[...this.fars.values()].map((far) => far.provenAt));
  }

  /** When a far decoder last said that this person's picture moves. */
  get seenAt(): number {
    return Math.max(-Infinity, ...[...this.fars.values()].map((far) => far.seenAt));
  }

  look(sight: Sight, now: number): Shown {
    if (!sight.open) this.close();
    else this.openAt ??= now;
    for (const { key, sound } of sight.heard) if (sound === 'energy') this.energyFrom.add(key);
    const captured = this.lookCaptured(sight, now);
    const sent = this.lookSent(sight, now);
    const chosen = this.choose(sight, now);
    const heard = this.lookHeard(sight, chosen, now);
    const seen = this.lookSeen(sight, chosen, now);
    const lack = this.lack(sight, chosen, seen, now);
    const all = [captured, sent, heard, seen];
    return {
      state: {
        captured: captured.light,
        sent: sent.light,
        heard: heard.light,
        seen: seen.light,
        fault: all.find((one) => one.fault)?.fault ?? null,
        talking_off: this.band.look(this.on, this.speaking, now),
        camera: sight.cameraNote,
        connected: sight.open && lack === null,
        uninterpreted: sight.uninterpreted,
      },
      faults: { captured: captured.fault, sent: sent.fault, heard: heard.fault, seen: seen.fault },
      lack: sight.open && sight.hearers.length ? lack : null,
    };
  }

  private close(): void {
    this.openAt = null;
    this.counts = null;
    this.still = { packets: 0, sealed: 0 };
    this.left = false;
    this.fars.clear();
    this.energyFrom.clear();
  }

  private lookCaptured({ microphone, muted }: Sight, now: number): Said {
    if (microphone === 'refused') return said('bad', 'refused');
    if (microphone === 'none' || microphone === 'gone') return said('bad', 'gone');
    if (microphone) return said('bad', 'dead');
    if (!this.on) return said('off');
    if (muted) return said('bad', 'muted');
    if (!this.captured || now - this.captured.at > CAPTURED_STALE_MS) return said('not_yet');
    return this.captured.zeroMs >= ZERO_MS ? said('bad', 'dead') : said('good');
  }

  private lookSent({ open, sealed, microphone }: Sight, now: number): Said {
    if (!this.on) return said('off');
    if (!open) return said('none');
    if (microphone) return said('not_yet');
    const flows = this.left && this.still.packets < STILL_LOOKS && this.still.sealed < STILL_LOOKS;
    if (flows && sealed) return said('good');
    if (!this.left && now - (this.openAt ?? now) < START_MS) return said('not_yet');
    return said('bad', sealed ? 'not_leaving' : 'unsealed');
  }

  /** The far principal's terminals where one is there, else anybody's: the one that hears best. */
  private choose({ hearers }: Sight, now: number): Far | null {
    const principals = hearers.filter((h) => h.principal);
    const asked = (principals.length ? principals : hearers).flatMap(({ key }) => this.fars.get(key) ?? []);
    const rank = (far: Far) => (now - far.at <= RECEIPT_STALE_MS ? 4 : 0) + (far.proven ? 2 : 0) + (far.receipt.sound === 'energy' || far.receipt.sound === 'silent' ? 1 : 0);
    return asked.toSorted((a, b) => rank(b) - rank(a))[0] ?? null;
  }

  private lookHeard({ open, hearers, rttMs }: Sight, far: Far | null, now: number): Said {
    const bad = far && this.judge(far, rttMs, now);
    if (!this.on) return said('off');
    if (!open || !hearers.length) return said('none');
    if (bad) return said('bad', bad);
    return said(far?.proven ? 'good' : 'not_yet');
  }

  private judge(far: Far, rttMs: number | null, now: number): Fault | null {
    const { sound } = far.receipt;
    if (now - far.at > RECEIPT_STALE_MS || sound === 'none' || sound === 'nothing') {
      far.proven = false;
      far.silent = false;
      return far.ever ? 'not_arriving' : null;
    }
    const from = Math.max(this.captured?.from ?? now, this.onAt);
    const spoken = this.on && this.speaking && now - from >= SPOKEN_MS;
    // A receipt that came too early may tell of the time before he spoke.
    if (spoken && sound === 'silent' && far.at >= from + DECODE_MS + (rttMs ?? 0)) {
      far.proven = false;
      far.silent = true;
    }
    return far.silent ? 'silent' : null;
  }

  private lookSeen({ open, hearers, picture, camera }: Sight, far: Far | null, now: number): Said {
    if (!picture || !open || !hearers.length) return said('none');
    const fresh = far && now - far.at <= RECEIPT_STALE_MS && far.receipt.picture === 'frames';
    if (fresh) return said('good');
    if (!camera) return said('bad', 'not_leaving');
    return far && far.seenAt > -Infinity ? said('bad', 'not_arriving') : said('not_yet');
  }

  private lack({ picture, hearers, heard }: Sight, far: Far | null, seen: Said, now: number): Lack | null {
    const fresh = far && now - far.at <= RECEIPT_STALE_MS && (far.receipt.sound === 'energy' || far.receipt.sound === 'silent');
    if (!fresh || !far.proven) return 'heard';
    if (picture && seen.light !== 'good') return 'seen';
    const principals = hearers.filter((h) => h.principal);
    const from = (principals.length ? principals : hearers).map(({ key }) => key);
    const here = heard.filter(({ key }) => from.includes(key));
    if (!here.some(({ key, sound }) => this.energyFrom.has(key) && (sound === 'energy' || sound === 'silent'))) return 'hears';
    return picture && !here.some((h) => h.picture === 'frames') ? 'sees' : null;
  }
}
