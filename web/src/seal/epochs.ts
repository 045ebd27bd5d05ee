// The epochs whose roots this terminal still holds: the present one, and those before it until ten seconds after the
// next one was in use. Roots are handles on HKDF keys that nobody can read out.

import type { ToFrames } from './frames.messages';
import type { Member } from './mls';
import { NoteReader } from './notes';

/** How long frames of an epoch may still arrive after the next one is in use. Milliseconds. */
export const FORGET_MS = 10_000;
const EPOCHS = 4;

interface Epoch {
  group: string;
  epoch: number;
  root: CryptoKey;
  reader: NoteReader;
  forget: number;
}

/** The root of a member's epoch (RFC 9420, 8.5): "visavis sealed", empty context, 32 bytes. */
export async function rootOf(member: Member): Promise<CryptoKey> {
  const bytes = await member.export('visavis sealed', new Uint8Array(), 32);
  const key = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits', 'deriveKey']);
  bytes.fill(0);
  return key;
}

export class Epochs {
  private held: Epoch[] = [];
  /** What frames are sealed with; null: nothing goes out. */
  sending: number | null = null;

  constructor(private readonly frames: (message: ToFrames) => void) {}

  add(group: string, epoch: number, root: CryptoKey): void {
    this.held.push({ group, epoch, root, reader: new NoteReader(root), forget: Infinity });
    this.frames({ do: 'epoch', epoch, root });
    for (const old of this.held.slice(0, -EPOCHS)) this.drop(old);
  }

  /** By the first bytes of its group id, as a note's head has them. */
  find(group: string, epoch: number): Epoch | undefined {
    return this.held.find((e) => e.epoch === epoch && e.group.startsWith(group));
  }

  send(epoch: number, now: number): void {
    if (this.sending === epoch) return;
    this.sending = epoch;
    this.frames({ do: 'send', epoch });
    for (const old of this.held) if (old.epoch < epoch) old.forget = Math.min(old.forget, now + FORGET_MS);
  }

  stop(): void {
    if (this.sending === null) return;
    this.sending = null;
    this.frames({ do: 'stop' });
  }

  tick(now: number): void {
    for (const old of this.held.filter((e) => e.forget <= now)) this.drop(old);
  }

  /** Another group, or none: nothing of this one is sent or opened again. */
  clear(): void {
    this.stop();
    for (const old of this.held) this.drop(old);
  }

  private drop(old: Epoch): void {
    this.held = this.held.filter((e) => e !== old);
    this.frames({ do: 'forget', epoch: old.epoch });
  }
}
