// What a group is given: time, randomness, and the ways out.

import type { Bytes } from './bytes';
import type { ToFrames } from './frames.messages';
import type { FootageSaid, SealStatus, SealToNode } from './messages';
import type { Mls } from './mls';

export interface GroupDeps {
  call: string;
  /** This terminal's seat key. */
  seat: string;
  mls: Mls;
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
  random(length: number): Bytes;
  send(message: SealToNode): void;
  frames(message: ToFrames): void;
  status(status: SealStatus): void;
  footage(said: FootageSaid): void;
  note(from: string, kind: number, bytes: Bytes): void;
  lease(held: boolean): void;
}
