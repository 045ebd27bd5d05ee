// The frames of one terminal of the simulated world: its roots, its sealer and its opener, told by its group what the
// frames' worker would be told. Time is the world's, so the opener's
// own wait for an epoch that is not known is left to the test.

import type { ToFrames } from '../../src/seal/frames.messages';
import { EPOCHS, readFrame, type TrackKind } from '../../src/seal/keys';
import { Opener, Tries } from '../../src/seal/opener';
import { Permit } from '../../src/seal/permit';
import { Roots, WAIT_MS } from '../../src/seal/roots';
import { Sealer } from '../../src/seal/sealer';
import type { Bytes } from '../../src/seal/frame';
import type { Terminal } from './order';

export class Media {
  readonly opener: Opener;
  /** Epochs that the group gave and has not taken back. */
  readonly epochs = new Set<number>();
  private readonly unknown = new Map<number, number>();
  private readonly permit: Permit;
  private readonly sealer: Sealer;
  private readonly roots: Roots;
  private readonly tries = new Map<string, Tries>();
  private readonly time: { now: () => number; sleep: () => Promise<void> };

  constructor(terminal: Terminal) {
    const { world } = terminal;
    this.time = { now: () => world.now, sleep: () => Promise.resolve() };
    this.roots = new Roots(this.time);
    this.permit = new Permit(this.time);
    this.sealer = new Sealer(this.roots, Math.floor(world.random() * 2 ** 32), this.permit);
    this.opener = new Opener(this.roots);
    this.sealer.me(terminal.key);
    terminal.also = (message) => this.take(message);
  }

  private take(message: ToFrames): void {
    if (message.do === 'epoch') {
      this.epochs.add(message.epoch);
      this.unknown.delete(message.epoch % EPOCHS);
      const { gone, renewed } = this.roots.set(message.epoch, message.root);
      for (const old of gone) this.opener.forget(old);
      if (renewed) this.opener.renew(message.epoch % EPOCHS);
      this.sealer.changed();
    } else if (message.do === 'footage') {
      const root = message.root && { root: message.root, context: message.context };
      if (this.roots.setFootage(message.epoch, root)) this.opener.renew(message.epoch % EPOCHS);
      this.sealer.changed();
    } else if (message.do === 'permit') this.permit.give(message.context, message.ms);
    else if (message.do === 'shut') this.permit.shut(message.context);
    else if (message.do === 'send') this.sealer.use(message.epoch);
    else if (message.do === 'stop') this.sealer.stop();
    else if (message.do === 'forget') {
      this.epochs.delete(message.epoch);
      if (this.roots.forget(message.epoch)) this.opener.forget(message.epoch % EPOCHS);
    }
  }

  async seal(kind: TrackKind, plain: Uint8Array): Promise<Bytes | null> {
    await this.sealer.settled();
    return this.sealer.seal(kind, plain.slice().buffer);
  }

  /** Until when a frame of an epoch that is not known may wait for it: for so long after the first such frame. */
  waitsUntil(frame: Bytes): number {
    const { epoch } = readFrame(frame)!.id;
    const since = this.unknown.get(epoch) ?? this.time.now();
    this.unknown.set(epoch, since);
    return since + WAIT_MS;
  }

  /** The plain bytes, or why there are none. */
  async open(from: string, kind: TrackKind, frame: Bytes): Promise<Uint8Array | string> {
    const tries = this.tries.get(`${from} ${kind}`) ?? new Tries(this.time);
    this.tries.set(`${from} ${kind}`, tries);
    const opened = await this.opener.open(from, kind, frame, tries);
    return 'data' in opened ? new Uint8Array(opened.data) : opened.why;
  }
}
