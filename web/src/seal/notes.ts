// Sealed notes between the terminals of a call: small, of one size a kind, at an even pace, so that neither their
// length nor their time says anything. Pure but for WebCrypto.

import { type Bytes, concat, fromHex } from './bytes';
import { ReplayWindow } from './replay';

/** Every half second: which epoch its sender has applied, and the words' seed if it knows it. */
export const HEARTBEAT = 1;
/** For the page's own use, as it is told at the far end: what was heard. */
export const HEARD = 2;

/** Plain bytes of each kind; shorter ones are padded with zeros. */
const SIZES: Readonly<Record<number, number>> = { [HEARTBEAT]: 32, [HEARD]: 64 };
const HEADER = 21;
const TAG = 16;

/** Worker starts of one seat whose notes are told apart in one epoch. */
const STARTS = 4;
/** Keys made for unknown starts of one seat, a second. */
const TRIES = 16;

export interface NoteHead {
  kind: number;
  /** The first eight bytes of the group id. */
  group: string;
  epoch: number;
  start: number;
  counter: number;
}

/** What stands in clear before a note, or null when it is none. */
export function readHead(note: Uint8Array): NoteHead | null {
  const size = SIZES[note[0] ?? 0];
  if (size === undefined || note.length !== HEADER + size + TAG) return null;
  const view = new DataView(note.buffer, note.byteOffset, note.length);
  const group = Array.from(note.subarray(1, 9), (b) => b.toString(16).padStart(2, '0')).join('');
  return { kind: note[0]!, group, epoch: view.getUint32(9), start: view.getUint32(13), counter: view.getUint32(17) };
}

function writeHead({ kind, group, epoch, start, counter }: NoteHead): Bytes {
  const out = new Uint8Array(HEADER);
  out[0] = kind;
  out.set(fromHex(group) ?? [], 1);
  const view = new DataView(out.buffer);
  view.setUint32(9, epoch);
  view.setUint32(13, start);
  view.setUint32(17, counter);
  return out;
}

const INFO = new TextEncoder().encode('visavis note');

/** One key for each sender, worker start and epoch. */
async function keyOf(root: CryptoKey, seat: string, start: number, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const place = new Uint8Array(4);
  new DataView(place.buffer).setUint32(0, start);
  const info = concat(INFO, fromHex(seat) ?? new Uint8Array(), place);
  return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(), info }, root, { name: 'AES-GCM', length: 256 }, false, [use]);
}

function nonce(counter: number): Bytes {
  const out = new Uint8Array(12);
  new DataView(out.buffer).setUint32(8, counter);
  return out;
}

/** Seals this terminal's notes. One for each start of the worker; its counter never goes back. */
export class NoteWriter {
  private counter = 0;
  private key: { of: CryptoKey; key: CryptoKey } | null = null;

  constructor(
    private readonly seat: string,
    private readonly start: number,
  ) {}

  /** The note, or null: no such kind, too long for it, or no counter left. */
  async seal(root: CryptoKey, group: string, epoch: number, kind: number, plain: Uint8Array): Promise<Bytes | null> {
    const size = SIZES[kind];
    if (size === undefined || plain.length > size || this.counter > 0xffff_fffe) return null;
    // Taken before anything is waited for: two notes never share a number.
    const counter = this.counter;
    this.counter += 1;
    if (this.key?.of !== root) this.key = { of: root, key: await keyOf(root, this.seat, this.start, 'encrypt') };
    const head = writeHead({ kind, group: group.slice(0, 16), epoch, start: this.start, counter });
    const padded = concat(plain, new Uint8Array(size - plain.length));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce(counter), additionalData: head }, this.key.key, padded);
    return concat(head, new Uint8Array(sealed));
  }
}

interface Known {
  start: number;
  key: CryptoKey;
  window: ReplayWindow;
}

/** Opens the notes of one epoch. Forgotten with it. */
export class NoteReader {
  private known = new Map<string, Known[]>();
  private tries = new Map<string, { second: number; count: number }>();

  constructor(private readonly root: CryptoKey) {}

  /** The plain bytes, `old` for one that was opened before or is too old to tell, `shut` for one that does not open. */
  async open(from: string, note: Bytes, head: NoteHead, now: number): Promise<Bytes | 'old' | 'shut'> {
    let known = this.known.get(from)?.find((k) => k.start === head.start);
    const fresh = !known;
    if (!known) {
      if (!this.mayTry(from, now)) return 'old';
      known = { start: head.start, key: await keyOf(this.root, from, head.start, 'decrypt'), window: new ReplayWindow() };
    }
    if (!known.window.fresh(head.counter)) return 'old';
    let plain: ArrayBuffer;
    try {
      const additionalData = note.subarray(0, HEADER);
      plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce(head.counter), additionalData }, known.key, note.subarray(HEADER));
    } catch {
      return 'shut';
    }
    if (fresh) this.known.set(from, [known, ...(this.known.get(from) ?? [])].slice(0, STARTS));
    return known.window.take(head.counter) ? new Uint8Array(plain) : 'old';
  }

  private mayTry(from: string, now: number): boolean {
    const second = Math.floor(now / 1000);
    const tries = this.tries.get(from);
    const count = tries?.second === second ? tries.count : 0;
    this.tries.set(from, { second, count: count + 1 });
    return count < TRIES;
  }
}

/** What a heartbeat says beside that its sender has applied the epoch under whose key it opens. */
export interface Heartbeat {
  /** The epoch from which the words come, and their seed. */
  words: { epoch: number; seed: Bytes } | null;
  /** Its sender knows that up to its epoch there was none with members of both sides. */
  none: boolean;
}

/** One byte (0 not known, 1 words, 2 none), four of the words' epoch, sixteen of their seed; zeros to 32. */
export function writeHeartbeat({ words, none }: Heartbeat): Bytes {
  const out = new Uint8Array(SIZES[HEARTBEAT]!);
  if (none) out[0] = 2;
  if (words) {
    out[0] = 1;
    new DataView(out.buffer).setUint32(1, words.epoch);
    out.set(words.seed.subarray(0, 16), 5);
  }
  return out;
}

export function readHeartbeat(plain: Bytes): Heartbeat {
  const words = plain[0] === 1 ? { epoch: new DataView(plain.buffer, plain.byteOffset).getUint32(1), seed: plain.slice(5, 21) } : null;
  return { words, none: plain[0] === 2 };
}
