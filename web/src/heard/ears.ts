// What this terminal's own decoder made of each far seat since the last look, for its receipts and its own screen. Pure.

import type { Stats } from '../media/connection';
import { nameOf, RECEIPTS_MOST, type Picture, type Receipt, type Sound } from './receipt';

/** Of the sound played, so much must have been decoded, not made up to fill gaps: half a word is no word. */
const DECODED_SHARE = 0.25;
/** Mean square of full scale: -70 dB. What a microphone gives that is switched off is exactly nothing. */
const ENERGY = 1e-7;
/** Without a new picture for so long none is seen. Milliseconds; less than two looks and their jitter. */
const FRAMES_MS = 950;

interface Before {
  at: number;
  decoded: number;
  samples: number;
  energy: number;
  frames: number;
  grewAt: number;
}

const NEVER: Omit<Before, 'at'> = { decoded: 0, samples: 0, energy: 0, frames: 0, grewAt: -Infinity };
/** What the first look at a track is taken to cover. Milliseconds. */
const FIRST_MS = 500;

export interface Heard {
  /** The seat's whole key. */
  key: string;
  principal: boolean;
  sound: Sound;
  picture: Picture;
}

export class Ears {
  private before = new Map<number, Before>();
  private turn = 0;

  /** One look at the decoder's counts. `own`: the side whose tracks nobody is told of; `principals`: keys. */
  look(far: Stats['far'], own: string, principals: ReadonlySet<string>, now: number): Heard[] {
    const seats = new Map<string, Heard>();
    const next = new Map<number, Before>();
    for (const track of far) {
      if (track.side === own) continue;
      const then = this.before.get(track.id) ?? { ...NEVER, at: now - FIRST_MS };
      const decoded = track.samples - track.concealed;
      // Counts that went down belong to a connection that was made anew.
      const anew = track.samples < then.samples || track.frames < then.frames;
      const was = anew ? { ...NEVER, at: then.at } : then;
      const grewAt = track.frames > was.frames ? now : was.grewAt;
      next.set(track.id, { at: now, decoded, samples: track.samples, energy: track.energy, frames: track.frames, grewAt });
      const seat = seats.get(track.key) ?? { key: track.key, principal: principals.has(track.key), sound: 'none', picture: 'none' };
      if (track.kind === 'picture') seat.picture = now - grewAt < FRAMES_MS ? 'frames' : 'nothing';
      else {
        const heard = decoded - was.decoded;
        const played = track.samples - was.samples;
        const power = (track.energy - was.energy) / (Math.max(1, now - was.at) / 1000);
        if (heard <= 0 || heard < played * DECODED_SHARE) seat.sound = 'nothing';
        else seat.sound = power >= ENERGY ? 'energy' : 'silent';
      }
      seats.set(track.key, seat);
    }
    this.before = next;
    return [...seats.values()];
  }

  /** What the next receipt tells: the principals always, the others in turn where they are too many. */
  receipts(heard: readonly Heard[]): Receipt[] {
    const first = heard.filter((h) => h.principal).slice(0, RECEIPTS_MOST);
    const others = heard.filter((h) => !first.includes(h));
    const room = RECEIPTS_MOST - first.length;
    const shown = others.length <= room ? others : Array.from({ length: room }, (_, i) => others[(this.turn + i) % others.length]!);
    this.turn = others.length ? (this.turn + room) % others.length : 0;
    return [...first, ...shown].map(({ key, sound, picture }) => ({ seat: nameOf(key), sound, picture }));
  }
}
