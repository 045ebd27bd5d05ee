// Sees every sender and receiver as it is made, puts the frames' worker in its way, and watches that nothing goes
// past it. Knows whose a track is only from whom it is told by.

import type { TrackView } from '../signalling/protocol';
import type { Guard } from '../media/connection';
import { makeWorker } from './able';
import type { Counts, FromFrames, ToFrames, TransformOptions } from './frames.messages';
import type { TrackKind } from './keys';
import { Watchdog, type Breach } from './watchdog';

/** How often senders are looked at, and how long the worker's answer is waited for. Milliseconds. */
export const LOOK_MS = 500;
/** Senders and receivers held at once; older ones belong to connections long closed. */
const SENDERS_MOST = 8;
const RECEIVERS_MOST = 64;

/** A track's frames so far, as the worker counted them. */
export interface TrackCounts extends Counts {
  way: 'send' | 'receive';
  kind: TrackKind;
  /** Of a receiver. */
  track: TrackView | null;
}

export interface GuardEvents {
  /** The worker's counts, whenever they changed. `failed` or `replayed` of a receiver growing lets the mark fall. */
  counts(counts: TrackCounts[]): void;
  /** Frames went past the worker. The sender has been cut off already; the connection is to be closed. */
  breach(kind: TrackKind, breach: Breach): void;
  /** The worker is gone and nothing flows any more: a new guard and a new connection are needed. */
  broken(): void;
}

/** What the guard needs of a browser; another than the real one is for tests. */
export interface GuardParts {
  worker(): Worker;
  transform(worker: Worker, options: TransformOptions): RTCRtpScriptTransform;
  now(): number;
}

const realParts: GuardParts = {
  worker: makeWorker,
  transform: (worker, options) => new RTCRtpScriptTransform(worker, options),
  now: () => performance.now(),
};

interface Sending {
  sender: RTCRtpSender;
  kind: TrackKind;
  dog: Watchdog;
}

interface Receiving {
  receiver: RTCRtpReceiver;
  track: TrackView;
}

/** Seals what leaves and opens what comes, for one terminal and all its connections, one after the other. */
export class SealGuard implements Guard {
  private worker: Worker;
  private next = 1;
  private senders = new Map<number, Sending>();
  private receivers = new Map<number, Receiving>();
  private ready = new Map<number, () => void>();
  private asked = new Map<number, (counts: Counts[] | null) => void>();
  private asks = 0;
  private seatOf: (track: TrackView) => string | null = () => null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private looking = false;
  private closed = false;

  /** Starts the worker. `seat`: the own seat's key in hexadecimal. */
  constructor(
    seat: string,
    private events: GuardEvents,
    private parts: GuardParts = realParts,
  ) {
    this.worker = parts.worker();
    this.worker.addEventListener('message', ({ data }: MessageEvent<FromFrames>) => this.heard(data));
    this.worker.addEventListener('error', () => this.broke());
    this.tell({ do: 'me', seat });
    this.timer = setInterval(() => void this.look(), LOOK_MS);
  }

  /** Hands the worker a port to whoever holds the group: epochs and their roots come by it. */
  join(port: MessagePort): void {
    this.tell({ do: 'port', port }, [port]);
  }

  /** No more frames under footage for these Open statements, at once and for good. */
  shut(context: string): void {
    this.tell({ do: 'shut', context });
  }

  /** Whose tracks are whose: the seat's key in hexadecimal, or null for nobody who may be seen or heard. */
  setSeats(seatOf: (track: TrackView) => string | null): void {
    this.seatOf = seatOf;
    for (const [id, { track }] of this.receivers) this.tell({ do: 'bind', id, seat: seatOf(track) });
  }

  /** Puts the worker in a sender's way, in this very call. Resolves when it is there; never, if it does not come. */
  sender(sender: RTCRtpSender, kind: TrackKind): Promise<void> {
    const id = this.next++;
    const running = new Promise<void>((resolve) => this.ready.set(id, resolve));
    // A guard that is closed leaves no sender without a transform: this one is never answered, and lets nothing out.
    sender.transform = this.parts.transform(this.worker, { id, way: 'send', kind });
    this.senders.set(id, { sender, kind, dog: new Watchdog() });
    this.pruneSenders();
    return running;
  }

  /** Puts the worker in a receiver's way, in this very call. Nothing opens until the track's seat is known. */
  receiver(receiver: RTCRtpReceiver, track: TrackView): void {
    const id = this.next++;
    receiver.transform = this.parts.transform(this.worker, { id, way: 'receive', kind: track.kind });
    this.receivers.set(id, { receiver, track });
    this.prune(this.receivers, RECEIVERS_MOST, ({ receiver }) => receiver.track.readyState === 'ended');
    this.tell({ do: 'bind', id, seat: this.seatOf(track) });
  }

  /** The worker's counts of this moment; null when it does not answer in time. */
  count(): Promise<Counts[] | null> {
    if (this.closed) return Promise.resolve(null);
    this.asks += 1;
    const ask = this.asks;
    return new Promise((resolve) => {
      const answer = (counts: Counts[] | null) => {
        clearTimeout(timer);
        this.asked.delete(ask);
        resolve(counts);
      };
      const timer = setTimeout(() => answer(null), LOOK_MS);
      this.asked.set(ask, answer);
      this.tell({ do: 'count', ask });
    });
  }

  /** Ends the worker. What still hangs on its transforms lets nothing through. */
  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.worker.terminate();
    for (const answer of this.asked.values()) answer(null);
    this.senders.clear();
    this.receivers.clear();
    this.ready.clear();
  }

  private tell(message: ToFrames, transfer: Transferable[] = []): void {
    if (!this.closed) this.worker.postMessage(message, { transfer });
  }

  private heard(message: FromFrames): void {
    if (this.closed) return;
    if (message.say === 'ready') {
      this.ready.get(message.id)?.();
      this.ready.delete(message.id);
    } else if (message.say === 'counts') {
      if (message.ask !== undefined) this.asked.get(message.ask)?.(message.counts);
      this.events.counts(message.counts.flatMap((counts) => this.named(counts)));
    }
  }

  private named(counts: Counts): TrackCounts[] {
    const sending = this.senders.get(counts.id);
    if (sending) return [{ ...counts, way: 'send', kind: sending.kind, track: null }];
    const track = this.receivers.get(counts.id)?.track;
    return track ? [{ ...counts, way: 'receive', kind: track.kind, track }] : [];
  }

  private broke(): void {
    if (this.closed) return;
    for (const { sender } of this.senders.values()) cut(sender);
    this.close();
    this.events.broken();
  }

  private pruneSenders(): void {
    this.prune(this.senders, SENDERS_MOST, ({ sender }) => sender.transport?.state === 'closed');
  }

  private prune<T>(held: Map<number, T>, most: number, over: (one: T) => boolean): void {
    for (const [id, one] of held) {
      if (!over(one) && held.size <= most) continue;
      held.delete(id);
      this.ready.delete(id);
      this.tell({ do: 'gone', id });
    }
  }

  /** One look at every sender: the browser's numbers first, then the worker's, so that the worker can only be ahead. */
  private async look(): Promise<void> {
    this.pruneSenders();
    if (this.looking || this.closed || !this.senders.size) return;
    this.looking = true;
    try {
      const watched = [...this.senders];
      const sent = await Promise.all(watched.map(([, { sender }]) => numbers(sender)));
      const counts = await this.count();
      if (this.closed) return;
      const at = this.parts.now();
      for (const [index, [id, { sender, kind, dog }]] of watched.entries()) {
        const numbers = sent[index];
        if (!numbers || !this.senders.has(id)) continue;
        // A worker that answers and knows nothing of this sender has sealed nothing for it.
        const sealed = counts && (counts.find((one) => one.id === id)?.passed ?? 0);
        const breach = sender.transport?.state === 'closed' ? null : dog.look({ at, ...numbers, sealed });
        if (!breach) continue;
        cut(sender);
        this.senders.delete(id);
        this.tell({ do: 'gone', id });
        this.events.breach(kind, breach);
      }
    } finally {
      this.looking = false;
    }
  }
}

/** Takes the track away: no packet follows, whatever the transform does. */
function cut(sender: RTCRtpSender): void {
  void sender.replaceTrack(null).catch(() => undefined);
}

/** What a sender has sent; null when it has not yet, or can no longer say. */
async function numbers(sender: RTCRtpSender): Promise<{ packets: number; bytes: number } | null> {
  try {
    const report = (await sender.getStats()) as unknown as Map<string, Record<string, unknown>>;
    const number = (value: unknown) => (typeof value === 'number' ? value : 0);
    const out = { packets: 0, bytes: 0 };
    let found = false;
    for (const entry of report.values()) {
      if (entry.type !== 'outbound-rtp') continue;
      found = true;
      out.packets += number(entry.packetsSent) - number(entry.retransmittedPacketsSent);
      out.bytes += number(entry.bytesSent) - number(entry.retransmittedBytesSent);
    }
    return found ? out : null;
  } catch {
    return null;
  }
}
