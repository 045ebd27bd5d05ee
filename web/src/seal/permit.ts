// The leave to seal under a footage key. It runs out by itself: whoever gives it must give it again and again, so that
// a worker that hangs or is gone leaves nothing open. Pure; time is given to it.

/** No leave is longer: the lease, however long somebody asks for. Milliseconds. */
export const PERMIT_MS = 2_000;
/** Windows of one call that were shut for good. One more, and none opens any more. */
const SHUT_MOST = 256;

export class Permit {
  private context: string | null = null;
  private until = -Infinity;
  private readonly over = new Set<string>();

  constructor(private readonly time: { now(): number }) {}

  /** Footage under these Open statements, for so long from now on; zero ends it. */
  give(context: string, ms: number): void {
    if (this.over.has(context) || this.over.size >= SHUT_MOST) return;
    this.context = context;
    this.until = ms > 0 ? this.time.now() + Math.min(ms, PERMIT_MS) : -Infinity;
  }

  /** Never again under these Open statements, whatever is still on its way. */
  shut(context: string): void {
    if (this.over.size < SHUT_MOST) this.over.add(context);
    if (this.context === context) this.until = -Infinity;
  }

  holds(context: string): boolean {
    return this.context === context && this.time.now() < this.until;
  }
}
