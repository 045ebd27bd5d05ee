// What is said to the frames' worker and what it says. Roots come by a port from the worker that holds the group, as
// handles that nobody can read out: the page's own script has no need of them.

import type { TrackKind } from './keys';

/** What a transform is made with. `id` is never used twice with one worker. */
export interface TransformOptions {
  id: number;
  way: 'send' | 'receive';
  kind: TrackKind;
}

export type ToFrames =
  /** The own seat's key, in hexadecimal. */
  | { do: 'me'; seat: string }
  /** Frames of this epoch may be opened. `root`: an HKDF key that may derive bits. */
  | { do: 'epoch'; epoch: number; root: CryptoKey }
  /** The root for footage in a known epoch, or null: there is none. `context`: for which Open statements, hexadecimal. */
  | { do: 'footage'; epoch: number; root: CryptoKey; context: string }
  | { do: 'footage'; epoch: number; root: null }
  /** Seal with this epoch from now on. */
  | { do: 'send'; epoch: number }
  /** Seal under the footage key of these Open statements for so many milliseconds from now on; 0 ends it. */
  | { do: 'permit'; context: string; ms: number }
  /** Never again under footage for these Open statements. */
  | { do: 'shut'; context: string }
  /** Seal nothing until the next `send`. */
  | { do: 'stop' }
  /** Open nothing more of this epoch. Without effect on the one in use for sending. */
  | { do: 'forget'; epoch: number }
  /** A receiver's transform carries this seat's frames, or nobody's. */
  | { do: 'bind'; id: number; seat: string | null }
  /** A transform is no longer needed: what still comes through it is dropped. */
  | { do: 'gone'; id: number }
  /** Say the counts at once. `ask` comes back with them. */
  | { do: 'count'; ask?: number }
  /** Take messages from this port as well. */
  | { do: 'port'; port: MessagePort }
  /** Say whether frames can be sealed here at all. */
  | { do: 'probe' };

/** One transform's frames since it was made. */
export interface Counts {
  id: number;
  /** Came in. */
  frames: number;
  /** Went on, sealed or opened. */
  passed: number;
  /** Of those, under a footage key. */
  footage: number;
  /** Dropped: not whole, not of the seat that the track belongs to, not of its kind. */
  failed: number;
  /** Dropped: opened before at another place of the stream, or too old to tell. */
  replayed: number;
  /** Dropped: packets that came twice, as browsers send them to try a path. Nobody's fault. */
  repeated: number;
  /** Dropped: no key for it. */
  waiting: number;
}

export type FromFrames =
  | { say: 'ready'; id: number }
  | { say: 'counts'; counts: Counts[]; ask?: number }
  | { say: 'probe'; able: boolean };

const KINDS: readonly unknown[] = ['sound', 'picture'];
const WAYS: readonly unknown[] = ['send', 'receive'];

/** A transform's options as they came with it, or null when they are none. */
export function readOptions(options: unknown): TransformOptions | null {
  if (typeof options !== 'object' || options === null) return null;
  const { id, way, kind } = options as Record<string, unknown>;
  if (!Number.isSafeInteger(id) || !WAYS.includes(way) || !KINDS.includes(kind)) return null;
  return { id, way, kind } as TransformOptions;
}
