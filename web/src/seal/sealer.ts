// The own frames: one sender, one start, one counter.

import { sealFrame, type Bytes, type FrameKey } from './frame';
import { FIRST_CTR, LAST_CTR, METADATA, seatBytes, senderKey, writeKid, type TrackKind } from './keys';
import type { Roots } from './roots';

interface Use {
  epoch: number;
  footage: boolean;
}

/**
 * Seals with the key in use. The counter runs on over all keys of this start and never goes back, so that no nonce
 * comes twice whatever is switched, forgotten or given again; a start that used it up stops for good. That the keys
 * of another start are others is what the 32 random bits in the key id are for.
 */
export class Sealer {
  private seat: string | null = null;
  private wanted: Use | null = null;
  private current: (Use & { key: FrameKey }) | null = null;
  /** Grows with every change of what is wanted: a key that comes too late for it is not used. */
  private turn = 0;
  /** Grows with every stop: what was being sealed at that moment does not leave. */
  private stops = 0;
  private preparing: Promise<void> = Promise.resolve();

  /** `start`: 32 random bits. `ctr`: the first counter; another than the usual one is for tests. */
  constructor(
    private roots: Roots,
    private start: number,
    private ctr: number = FIRST_CTR,
  ) {}

  /** Whose frames these are: the own seat's key in hexadecimal. Another seat than before stops the old one's. */
  me(seat: string): void {
    if (!seatBytes(seat) || seat === this.seat) return;
    this.seat = seat;
    this.drop();
    void this.prepare();
  }

  /** Seals with this epoch from now on, as soon as its root is there; with the key before it until then. */
  use(epoch: number, footage: boolean): void {
    this.wanted = { epoch, footage };
    void this.prepare();
  }

  /** Seals nothing until told to again. */
  stop(): void {
    this.wanted = null;
    this.drop();
  }

  /** A root has come or gone: what is wanted may be possible now. */
  changed(): void {
    if (this.wanted) void this.prepare();
  }

  /** Resolves when what was asked last has been done as far as it can be. */
  settled(): Promise<void> {
    return this.preparing;
  }

  /** Seals one frame; null where there is no key, or the counter is used up. */
  async seal(kind: TrackKind, plain: ArrayBuffer): Promise<Bytes | null> {
    const current = this.current;
    if (!current || this.ctr > LAST_CTR) return null;
    const { stops } = this;
    const ctr = this.ctr;
    this.ctr += 1;
    const sealed = await sealFrame(current.key, BigInt(ctr), METADATA[kind], plain);
    return stops === this.stops ? sealed : null;
  }

  private drop(): void {
    this.current = null;
    this.roots.sending = null;
    this.turn += 1;
    this.stops += 1;
  }

  private prepare(): Promise<void> {
    this.turn += 1;
    this.preparing = this.ready(this.turn);
    return this.preparing;
  }

  private async ready(turn: number): Promise<void> {
    const { wanted, seat } = this;
    const root = wanted && this.roots.find(wanted.epoch, wanted.footage);
    if (!wanted || !seat || !root) return;
    const kid = writeKid({ ...wanted, start: this.start });
    const key = await senderKey(root, seat, kid, 'encrypt');
    if (turn !== this.turn) return;
    this.current = { ...wanted, key };
    this.roots.sending = wanted.epoch;
  }
}
