// Requests to the own node: each carries a proof by the seat's key. Signs in afresh when the session has gone.

import type { Args, Me } from './protocol';
import type { Seat } from './keys';
import { enrolBytes, requestBytes, signing, signinBytes, type Signing } from './proofs';
import { keepSeat, newKey } from './keys';
import type { SeatView, SideView } from './protocol';

/** The node said no: by a rule (`refusal`), by what the request was (`error`), or it did not answer (`offline`). */
export class Trouble extends Error {
  constructor(
    readonly kind: 'refusal' | 'error' | 'offline',
    readonly code: string,
    readonly args: Args = {},
    readonly status = 0,
  ) {
    super(`${kind} ${code}`);
  }
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** A film comes in parts of this many bytes, so that no request of it is a long one. */
export const PART_BYTES = 4 << 20;
const PART_MS = 60_000;

const plainFetch: Fetch = (path, init) => fetch(path, init);

async function answer(response: Response): Promise<Response> {
  if (response.ok) return response;
  let body: { refusal?: unknown; error?: unknown; args?: unknown } = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // An answer without a body of ours (a proxy's page, a cut) is named by its status.
  }
  if (typeof body.refusal === 'string') throw new Trouble('refusal', body.refusal, (body.args ?? {}) as Args, response.status);
  throw new Trouble('error', typeof body.error === 'string' ? body.error : `status_${response.status}`, {}, response.status);
}

async function send(fetcher: Fetch, path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetcher(path, { cache: 'no-store', credentials: 'same-origin', redirect: 'error', signal: AbortSignal.timeout(10_000), ...init });
  } catch {
    throw new Trouble('offline', 'offline');
  }
  return answer(response);
}

const json = (value: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** Turns a one-time token into this browser's key for a seat. */
export async function enrol(token: string, fetcher: Fetch = plainFetch): Promise<SeatView> {
  const key = await newKey();
  const signature = await signing(key.privateKey).sign(enrolBytes(token));
  const response = await send(fetcher, '/api/enrol', json({ token, key: key.publicKey, signature }));
  const { side, seat } = (await response.json()) as { side: SideView & { key: string }; seat: SeatView };
  await keepSeat({ seat: seat.id, side: side.id, sideKey: side.key, ...key });
  return seat;
}

export class Api {
  private session = '';
  private counter = 0;
  private signer: Signing;
  private entering: Promise<Me> | null = null;

  constructor(
    private seat: Pick<Seat, 'seat' | 'side' | 'privateKey'>,
    private fetcher: Fetch = plainFetch,
  ) {
    this.signer = signing(seat.privateKey);
  }

  /** Asks for a challenge, signs it, takes a session. Two callers at once share one sign-in. */
  signIn(): Promise<Me> {
    this.entering ??= this.enter().finally(() => (this.entering = null));
    return this.entering;
  }

  private async enter(): Promise<Me> {
    const asked = await send(this.fetcher, '/api/signin/challenge', json({ seat: this.seat.seat }));
    const { challenge } = (await asked.json()) as { challenge: string };
    const signature = await this.signer.sign(signinBytes(this.seat.side, challenge));
    const taken = await send(this.fetcher, '/api/signin', json({ seat: this.seat.seat, challenge, signature }));
    const { session, me } = (await taken.json()) as { session: string; me: Me };
    this.session = session;
    this.counter = 0;
    return me;
  }

  proveSocket(bytes: Uint8Array): Promise<string> {
    return this.signer.sign(bytes);
  }

  private async proven(method: string, path: string, body: string | null, init: RequestInit = {}): Promise<Response> {
    const counter = ++this.counter;
    const bytes = await requestBytes(this.session, counter, method, path, new TextEncoder().encode(body ?? ''));
    const headers: Record<string, string> = {
      ...(init.headers as Record<string, string>),
      'visavis-seat': this.seat.seat,
      'visavis-proof': `${counter}.${await this.signer.sign(bytes)}`,
    };
    if (body !== null) headers['content-type'] = 'application/json';
    return send(this.fetcher, path, { ...init, method, headers, body });
  }

  private async request(method: string, path: string, body: unknown = null, init: RequestInit = {}): Promise<Response> {
    const text = body === null ? null : JSON.stringify(body);
    if (!this.session) await this.signIn();
    try {
      return await this.proven(method, path, text, init);
    } catch (trouble) {
      if (!(trouble instanceof Trouble) || trouble.status !== 401) throw trouble;
      await this.signIn();
      return this.proven(method, path, text, init);
    }
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.request('GET', path)).json()) as T;
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return (await (await this.request('POST', path, body)).json()) as T;
  }

  async download(path: string): Promise<Blob> {
    return (await this.request('GET', path)).blob();
  }
  /** A file of `bytes` bytes in parts, each proven; `told` hears how many are here. */
  async film(path: string, bytes: number, told: (bytes: number) => void, gone: AbortSignal): Promise<Blob> {
    const parts: Blob[] = [];
    let here = 0;
    do {
      const range = `bytes=${here}-${Math.min(here + PART_BYTES, bytes) - 1}`;
      const response = await this.request('GET', path, null, { headers: { range }, signal: AbortSignal.any([gone, AbortSignal.timeout(PART_MS)]) });
      const part = await response.blob().catch(() => new Blob());
      // A part without bytes would be asked for again and again.
      if (!part.size) throw new Trouble('offline', 'offline');
      parts.push(part);
      here += part.size;
      told(here);
      if (response.status === 200) break;
    } while (here < bytes);
    return new Blob(parts, { type: 'video/mp4' });
  }
}
