// What the node has said so far, and whether it is there: shared by desk and terminal.

import { Api, Trouble } from '../signalling/api';
import { look, missing, type Missing } from '../signalling/door';
import { findSeat, type Seat } from '../signalling/keys';
import type { Aside, CallSummary, CallView, FromNode, LineView, Me, ToNode } from '../signalling/protocol';
import { holdSeat } from '../signalling/seatlock';
import { browserWire, Socket, type SocketState } from '../signalling/socket';
import { trust } from './now.svelte';

export type Stage =
  | { is: 'starting' }
  | { is: 'door'; missing: Missing }
  | { is: 'unenrolled' }
  | { is: 'elsewhere' }
  | { is: 'lost' }
  | { is: 'refused'; code: string }
  | { is: 'in' };

export class Session {
  stage = $state<Stage>({ is: 'starting' });
  socket = $state<SocketState>({ is: 'connecting' });
  me = $state.raw<Me | null>(null);
  lines = $state.raw<LineView[]>([]);
  calls = $state.raw<CallSummary[]>([]);
  views = $state.raw<Record<string, CallView>>({});
  /** By call: the own side's words that this seat may see. */
  asides = $state.raw<Record<string, Aside[]>>({});
  /** True once the first lists are here: before that, an empty list says nothing. */
  known = $state(false);
  /** This seat's public key, as the node and the record name it. */
  key = '';
  /** What the enrolment left in this browser: the seat's key and the own side's, pinned. */
  holder: Seat | null = null;

  private api: Api | null = null;
  private wire: Socket | null = null;
  private takeSeat: () => void = () => undefined;

  constructor(
    readonly seat: string,
    readonly page: 'desk' | 'terminal',
    private hear: (message: FromNode) => void,
  ) {}

  async start(): Promise<void> {
    const lacking = missing(await look(this.page), this.page);
    if (lacking) {
      this.stage = { is: 'door', missing: lacking };
      return;
    }
    const seat = await findSeat(this.seat).catch(() => undefined);
    if (!seat) {
      this.stage = { is: 'unenrolled' };
      return;
    }
    this.key = seat.publicKey;
    this.holder = seat;
    const api = new Api(seat);
    this.api = api;
    this.wire = new Socket(
      {
        signIn: () => api.signIn(),
        proveSocket: (bytes) => api.proveSocket(bytes),
        alive: () => api.get('/api/me').then(() => undefined),
      },
      () => browserWire(this.seat),
      (state) => this.onSocket(state),
      (message) => this.onMessage(message),
    );
    this.takeSeat = holdSeat(this.seat, (hold) => {
      if (hold === 'held') {
        this.stage = { is: 'in' };
        this.wire?.start();
      } else {
        this.wire?.stop();
        this.stage = { is: hold };
        this.hear({ t: 'replaced' });
      }
    });
    addEventListener('online', () => this.wire?.nudge());
    document.addEventListener('visibilitychange', () => this.wire?.nudge());
  }

  useThisWindow(): void {
    this.takeSeat();
  }

  /** After the node refused the key, or the seat was opened on another machine: begin again. */
  retry(): void {
    this.stage = { is: 'in' };
    this.socket = { is: 'connecting' };
    this.wire?.stop();
    this.wire?.start();
  }

  send(message: ToNode): boolean {
    return this.wire?.send(message) ?? false;
  }

  async act(call: string, verb: string, body: unknown = {}): Promise<void> {
    this.answered(await this.need().post<CallView>(`/api/calls/${call}/${verb}`, body));
  }

  async ask(line: string, terms: unknown): Promise<string> {
    return (await this.need().post<{ id: string }>('/api/calls', { line, terms })).id;
  }

  get<T>(path: string): Promise<T> {
    return this.need().get<T>(path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.need().post<T>(path, body);
  }

  record(call: string): Promise<Blob> {
    return this.need().download(`/api/calls/${call}/record`);
  }

  file(path: string): Promise<Blob> {
    return this.need().download(path);
  }

  film(path: string, bytes: number, told: (bytes: number) => void, gone: AbortSignal): Promise<Blob> {
    return this.need().film(path, bytes, told, gone);
  }

  /** Fetches a call that is on screen and was not told of. */
  async want(call: string): Promise<void> {
    if (this.views[call] || !this.api) return;
    this.answered(await this.api.get<CallView>(`/api/calls/${call}`));
  }

  private need(): Api {
    if (!this.api) throw new Trouble('offline', 'offline');
    return this.api;
  }

  /** An answer may be overtaken on its way by what the socket tells. Timelines only grow: the longer one is the later. */
  private answered(call: CallView): void {
    const told = this.views[call.id];
    if (!told || call.timeline.length > told.timeline.length) this.keep(call);
  }

  private keep(call: CallView): void {
    this.views = { ...this.views, [call.id]: call };
    const at = this.calls.findIndex((c) => c.id === call.id);
    this.calls = at < 0 ? [call, ...this.calls] : this.calls.with(at, call);
  }

  private onSocket(state: SocketState): void {
    if (state.is === 'refused') this.stage = { is: 'refused', code: state.code };
    if (state.is === 'replaced') this.stage = { is: 'lost' };
    if (state.is === 'away') {
      // What was known of calls may be out of date once the node is back; the list on screen stays until then.
      this.views = Object.fromEntries(Object.entries(this.views).filter(([, call]) => call.phase === 'gathering' || call.phase === 'in_session'));
    }
    this.socket = state;
  }

  private onMessage(message: FromNode): void {
    switch (message.t) {
      case 'ready':
        this.me = message.me;
        // A node that was started again has forgotten them; what it still has it tells now.
        this.asides = {};
        trust(message.me.now);
        break;
      case 'lines':
        this.lines = message.lines;
        break;
      case 'calls':
        this.calls = message.calls;
        this.known = true;
        break;
      case 'call':
        this.keep(message.call);
        break;
      case 'asides':
        this.asides = { ...this.asides, [message.call]: message.asides };
        break;
      default:
    }
    this.hear(message);
  }
}
