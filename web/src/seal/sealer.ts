// The own frames: one sender, one start, one counter.

import { sealFrame, type Bytes, type FrameKey } from './frame';
import { FIRST_CTR, LAST_CTR, METADATA, seatBytes, senderKey, writeKid, type TrackKind } from './keys';
import type { Permit } from './permit';
import type { FootageRoot, Roots } from './roots';

interface FootageKey {
  root: FootageRoot;
  key: FrameKey;
}

interface Keys {
  epoch: number;
  sealed: FrameKey;
  footage: FootageKey | null;
}

/**
 * Seals with the epoch in use: under its footage key while there is leave for that, else under its sealed key. Both
 * stand ready, so that the change from one to the other costs no frame and waits for nothing. The counter runs on over
 * all keys of this start and never goes back, so that no nonce comes twice whatever is switched, forgotten or given
 * again; a start that used it up stops for good. That the keys of another start are others is what the 32 random bits
 * in the key id are for.
 */
export class Sealer {
  private seat: string | null = null;
  private wanted: number | null = null;
  private current: Keys | null = null;
  /** Grows with every change of what is wanted: a key that comes too late for it is not used. */
  private turn = 0;
  /** Grows with every stop: what was being sealed at that moment does not leave. */
  private stops = 0;
  private preparing: Promise<void> = Promise.resolve();

  /** `start`: 32 random bits. `ctr`: the first counter; another than the usual one is for tests. */
  constructor(
    private roots: Roots,
    private start: number,
    private permit: Permit,
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
  use(epoch: number): void {
    this.wanted = epoch;
    void this.prepare();
  }

  /** Seals nothing until told to again. */
  stop(): void {
    this.wanted = null;
    this.drop();
  }

  /** A root has come or gone: what is wanted may be possible now, and a footage key without its root is gone at once. */
  changed(): void {
    const { current } = this;
    if (current?.footage && this.roots.footage(current.epoch) !== current.footage.root) current.footage = null;
    if (this.wanted !== null) void this.prepare();
  }

  /** Resolves when what was asked last has been done as far as it can be. */
  settled(): Promise<void> {
    return this.preparing;
  }

  /** Seals one frame; null where there is no key, or the counter is used up. */
  async seal(kind: TrackKind, plain: ArrayBuffer): Promise<Bytes | null> {
    const { current, stops } = this;
    if (!current) return null;
    const footage = this.allows(current.epoch, current.footage) ? current.footage : null;
    const sealed = await this.next(footage?.key ?? current.sealed, kind, plain);
    if (!sealed || stops !== this.stops) return null;
    // Closed while it was being sealed: nobody gets that one, and the frame goes out under the sealed key.
    if (footage && !this.allows(current.epoch, footage)) return this.again(kind, plain);
    return sealed;
  }

  private async again(kind: TrackKind, plain: ArrayBuffer): Promise<Bytes | null> {
    const { current, stops } = this;
    const sealed = current && (await this.next(current.sealed, kind, plain));
    return stops === this.stops ? sealed : null;
  }

  private async next(key: FrameKey, kind: TrackKind, plain: ArrayBuffer): Promise<Bytes | null> {
    if (this.ctr > LAST_CTR) return null;
    const ctr = this.ctr;
    this.ctr += 1;
    return sealFrame(key, BigInt(ctr), METADATA[kind], plain);
  }

  private allows(epoch: number, footage: FootageKey | null): boolean {
    return footage !== null && this.permit.holds(footage.root.context) && this.roots.footage(epoch) === footage.root;
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
    const { wanted: epoch, seat, start } = this;
    const root = epoch === null ? null : this.roots.find(epoch, false);
    if (epoch === null || !seat || !root) return;
    const footage = this.roots.footage(epoch);
    const key = (from: CryptoKey, forFootage: boolean) => senderKey(from, seat, writeKid({ epoch, start, footage: forFootage }), 'encrypt');
    const [sealed, opened] = await Promise.all([key(root, false), footage && key(footage.root, true)]);
    if (turn !== this.turn) return;
    this.current = { epoch, sealed, footage: footage && opened && { root: footage, key: opened } };
    this.roots.sending = epoch;
  }
}
