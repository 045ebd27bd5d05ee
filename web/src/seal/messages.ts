// What a terminal and its node say about a call's MLS group, and the page with the group's worker. Bytes are base64
// (RFC 4648, padded), keys and group ids lower-case hex. Types and bounds only; nothing here runs.

import type { Opening, WhyClosed } from './window';

export type SealToNode =
  /** My key package: I am no member and want in. Null: I am one. Replaces the one before. See `NONE`. */
  | { t: 'seal.package'; call: string; bytes: string | null }
  /** I propose this commit to `epoch` of `group`; epoch 0 creates the group. */
  | { t: 'seal.commit'; call: string; group: string; epoch: number; commit: string; welcome: string | null }
  /** Send me what was accepted from this epoch of this group on; another group, or null: all of the present one. */
  | { t: 'seal.since'; call: string; group: string | null; epoch: number }
  /** A sealed note to every other terminal of the call. */
  | { t: 'seal.note'; call: string; bytes: string }
  /** The footage root of an epoch, sealed to a recorder's key: for that recorder's node. `envelope`: 80 bytes. */
  | { t: 'footage.root'; call: string; group: string; epoch: number; context: string; recorder: string; envelope: string }
  /** This terminal has closed footage by itself: the minutes are over, or the far side is not heard. */
  | { t: 'footage.closed'; call: string; why: 'clock' | 'lease' };

export type SealFromNode =
  /** Every key package that waits, of both sides: the whole set at each change. */
  | { t: 'seal.packages'; call: string; packages: { key: string; bytes: string }[] }
  /** Accepted, in order, once each (again only after seal.since). `by`: the committer's seat, as its node says. */
  | { t: 'seal.commit'; call: string; group: string; epoch: number; commit: string; welcome: string | null; by: string }
  /** Your proposal was not taken: another was, or the group is another. */
  | { t: 'seal.late'; call: string; group: string; epoch: number }
  /** Your proposal could not be ordered: the line is cut. */
  | { t: 'seal.away'; call: string }
  | { t: 'seal.note'; call: string; from: string; bytes: string };

/** No member, and wants in no more: a package that nobody can read, so that this terminal stands in no new group's way. */
export const NONE = 'AA==';

/** Decoded bytes. */
export const MAX_PACKAGE = 16 * 1024;
export const MAX_COMMIT = 128 * 1024;
export const MAX_WELCOME = 128 * 1024;
export const MAX_NOTE = 4 * 1024;

/** A seat as this terminal's own check of the record sees it. */
export interface SealSeat {
  key: string;
  side: string;
  good: boolean;
}

export interface SealMember {
  key: string;
  /** Null when the record does not name the key. */
  side: string | null;
  /** A note of it opened under the present epoch's key. Always true of this terminal itself. */
  confirmed: boolean;
  /** Not confirmed for three seconds, or not heard for three: to be shown as unable to hear. */
  late: boolean;
}

/**
 * Why media of this terminal stands. `forbidden`: a member's commit broke the rules. `fork`: two commits for one
 * epoch. `split`: a member's notes of this very epoch do not open. `words`: members tell different words.
 */
export type Alarm = 'forbidden' | 'fork' | 'split' | 'words';

export interface SealStatus {
  state: 'joining' | 'sealed' | 'alarm';
  alarm: Alarm | null;
  epoch: number;
  /** Eight words once members of both sides were heard, else null. */
  words: { word: string; dice: string }[] | null;
  /** This terminal was a member in the epoch of the words. If not, other members told them to it. */
  wordsOwn: boolean;
  /** Frames of this terminal go out, sealed. */
  sending: boolean;
  members: SealMember[];
}

/** What this terminal's own check of the record says about footage while both sides' Opens stand. */
export interface FootageTold extends Opening {
  /** X25519 keys of the recorders that get it, hexadecimal, ascending. */
  recorders: string[];
}

/** How the window stands, as the group's worker holds it. `leftMs`: at the moment of saying it. */
export type FootageSaid =
  | { is: 'closed'; context: string | null; why: WhyClosed | null }
  | { is: 'waiting' | 'light' | 'open'; context: string; leftMs: number };

/** To the worker of the group. */
export type ToGroup =
  | { do: 'open'; call: string; seat: string; key: CryptoKey; seats: SealSeat[] }
  /** A port whose other end the frames' worker holds: roots go there and nowhere else. */
  | { do: 'frames'; port: MessagePort }
  /** The socket is ready, or gone. */
  | { do: 'online'; online: boolean }
  | { do: 'node'; message: SealFromNode }
  /** The whole set, at each change of the verified state. */
  | { do: 'seats'; seats: SealSeat[] }
  | { do: 'note'; kind: number; bytes: Uint8Array }
  /** At each change of the verified state. Null: no Opens stand. */
  | { do: 'footage'; told: FootageTold | null }
  /** Somebody here pressed Close. */
  | { do: 'footage.press'; context: string }
  | { do: 'close' };

/** From the worker of the group. */
export type FromGroup =
  | { say: 'send'; message: SealToNode }
  | { say: 'status'; status: SealStatus }
  | { say: 'note'; from: string; kind: number; bytes: Uint8Array }
  /** Told at each change. */
  | { say: 'footage'; said: FootageSaid }
  /** Whether an authenticated heartbeat of the far side came within the lease. Told at each change. */
  | { say: 'lease'; held: boolean };
