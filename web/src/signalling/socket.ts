// The one socket to the own node: signs in, proves the key, comes back by itself, and never gives up unless told.

import type { FromNode, Me, ToNode } from './protocol';
import { MAX_FRAME } from './protocol';
import { Trouble } from './api';
import { wait } from './backoff';
import { socketBytes } from './proofs';

export type SocketState =
  | { is: 'connecting' }
  | { is: 'ready' }
  /** The node is away; tries go on. */
  | { is: 'away'; since: number; stopping: boolean }
  /** This seat was opened elsewhere. */
  | { is: 'replaced' }
  /** The node does not accept this seat's key. */
  | { is: 'refused'; code: string };

export interface Entry {
  signIn(): Promise<Me>;
  proveSocket(bytes: Uint8Array): Promise<string>;
  /** A light proven request, to learn whether a silent socket still has a node behind it. */
  alive(): Promise<void>;
}

/** A node says something about its lines every few seconds; after this silence it is asked. */
export const QUIET_MS = 12_000;

export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export class Socket {
  state: SocketState = { is: 'connecting' };
  private wire: Wire | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private stopping = false;

  constructor(
    private entry: Entry,
    private connect: () => Wire,
    private onState: (state: SocketState) => void,
    private onMessage: (message: FromNode) => void,
    private chance: () => number = Math.random,
  ) {}

  start(): void {
    this.stopped = false;
    this.stopping = false;
    this.set({ is: 'connecting' });
    void this.dial();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.quiet);
    this.drop();
  }

  send(message: ToNode): boolean {
    if (this.state.is !== 'ready' || !this.wire) return false;
    const text = JSON.stringify(message);
    if (text.length > MAX_FRAME) return false;
    this.wire.send(text);
    return true;
  }

  /** Try at once, without waiting out the pause: the network is back, or the page is on screen again. */
  nudge(): void {
    if (this.state.is !== 'away' || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.dial();
  }

  private set(state: SocketState): void {
    this.state = state;
    this.onState(state);
  }

  private drop(): void {
    const wire = this.wire;
    this.wire = null;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close();
  }

  private again(): void {
    clearTimeout(this.quiet);
    this.drop();
    if (this.stopped || this.state.is === 'replaced' || this.state.is === 'refused') return;
    if (this.state.is !== 'away') this.set({ is: 'away', since: Date.now(), stopping: this.stopping });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.dial();
    }, wait(this.attempt++, this.chance()));
  }

  private async dial(): Promise<void> {
    try {
      // A node that was started again has forgotten its sessions, so each try begins with the key.
      await this.entry.signIn();
    } catch (trouble) {
      if (this.stopped) return;
      const closed = trouble instanceof Trouble && (trouble.status === 401 || trouble.status === 403);
      if (closed) {
        this.stopped = true;
        this.set({ is: 'refused', code: trouble.code });
      } else this.again();
      return;
    }
    if (this.stopped) return;
    let wire: Wire;
    try {
      wire = this.connect();
    } catch {
      this.again();
      return;
    }
    this.wire = wire;
    // A node that takes the connection and says nothing is a node that is not there.
    this.listen(8_000, () => this.again());
    wire.onclose = () => this.again();
    wire.onmessage = (event) => void this.take(event.data);
  }

  private listen(after: number, then: () => void): void {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(then, after);
  }

  private heard(): void {
    this.listen(QUIET_MS, () => {
      const wire = this.wire;
      this.entry.alive().then(
        () => this.wire === wire && this.heard(),
        () => this.wire === wire && this.again(),
      );
    });
  }

  private async take(data: unknown): Promise<void> {
    const wire = this.wire;
    if (typeof data !== 'string' || !wire) return;
    let message: FromNode;
    try {
      message = JSON.parse(data) as FromNode;
    } catch {
      this.again();
      return;
    }
    switch (message.t) {
      case 'challenge': {
        const signature = await this.entry.proveSocket(socketBytes(message.nonce));
        if (this.wire === wire) wire.send(JSON.stringify({ t: 'prove', signature } satisfies ToNode));
        return;
      }
      case 'ready':
        this.attempt = 0;
        this.stopping = false;
        this.heard();
        this.set({ is: 'ready' });
        break;
      case 'replaced':
        this.stopped = true;
        clearTimeout(this.quiet);
        this.set({ is: 'replaced' });
        this.drop();
        return;
      case 'going':
        this.stopping = true;
        break;
      default:
        this.heard();
    }
    this.onMessage(message);
  }
}

/** The browser's own socket to this page's node. */
export function browserWire(seat: string): Wire {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return new WebSocket(`${scheme}://${location.host}/api/ws?seat=${encodeURIComponent(seat)}`) as unknown as Wire;
}
