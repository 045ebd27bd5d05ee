// The notes of one terminal in its group: its heartbeat and the page's own notes out, those of others in.

import { type Bytes, fromBase64, toBase64 } from './bytes';
import type { Epochs } from './epochs';
import type { Heard } from './heard';
import { type Alarm, MAX_NOTE } from './messages';
import type { Member } from './mls';
import { HEARTBEAT, NoteWriter, readHead, readHeartbeat, writeHeartbeat } from './notes';
import type { Spoken } from './spoken';

/** Milliseconds. */
export const HEARTBEAT_MS = 500;

interface Deps {
  seat: string;
  random(length: number): Bytes;
  /** Base64. */
  out(note: string): void;
  note(from: string, kind: number, bytes: Bytes): void;
}

export class Talk {
  private readonly writer: NoteWriter;
  /** When the last heartbeat went. */
  beatAt = -Infinity;

  constructor(
    private readonly deps: Deps,
    private readonly epochs: Epochs,
    private readonly heard: Heard,
  ) {
    this.writer = new NoteWriter(deps.seat, new DataView(deps.random(4).buffer).getUint32(0));
  }

  async send(member: Member, kind: number, bytes: Uint8Array): Promise<void> {
    const epoch = this.epochs.find(member.group, member.epoch);
    const note = epoch && (await this.writer.seal(epoch.root, member.group, member.epoch, kind, bytes));
    if (note) this.deps.out(toBase64(note));
  }

  beat(member: Member, spoken: Spoken, now: number): Promise<void> {
    this.beatAt = now;
    return this.send(member, HEARTBEAT, writeHeartbeat(spoken.tell()));
  }

  /** A note of a good member. What follows from it: an alarm, being behind, or nothing. */
  async take(member: Member, from: string, text: string, spoken: Spoken, now: number): Promise<Alarm | 'behind' | null> {
    const note = fromBase64(text, MAX_NOTE);
    const head = note && readHead(note);
    if (!head) return null;
    const epoch = this.epochs.find(head.group, head.epoch);
    if (!epoch) return member.group.startsWith(head.group) && head.epoch > member.epoch ? 'behind' : null;
    const plain = await epoch.reader.open(from, note, head, now);
    if (plain === 'old') return null;
    if (plain === 'shut') {
      if (head.epoch === member.epoch) this.heard.shut(from, now);
      return null;
    }
    this.heard.opened(from, head.epoch, now);
    if (head.kind === HEARTBEAT) return spoken.told(head.epoch, readHeartbeat(plain)) ? null : 'words';
    this.deps.note(from, head.kind, plain);
    return null;
  }
}
