// Stands where the real guard stands and does nothing: frames leave and come as the browser made them.

export class SealGuard {
  /** What the frames' worker would count, look.mjs says: where no node is real, nor is a count. */
  constructor(_seat: string, events: { counts(counts: unknown[]): void }) {
    new BroadcastChannel('mock-frames').addEventListener('message', ({ data }: MessageEvent<unknown[]>) => events.counts(data));
  }
  join(): void {}
  shut(): void {}
  setSeats(): void {}
  sender(): Promise<void> {
    return Promise.resolve();
  }
  receiver(): void {}
  close(): void {}
}
