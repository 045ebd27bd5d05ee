import { createPublicKey, verify, webcrypto } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, PART_BYTES, Trouble } from '../src/signalling/api';
import { LONGEST_MS, wait } from '../src/signalling/backoff';
import { missing } from '../src/signalling/door';
import { enrolBytes, hex, requestBytes, signing, signinBytes, socketBytes } from '../src/signalling/proofs';
import { QUIET_MS, Socket, type SocketState, type Wire } from '../src/signalling/socket';
import type { FromNode } from '../src/signalling/protocol';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('what a seat signs', () => {
  it('is exactly what the protocol writes', async () => {
    expect(text(enrolBytes('tok'))).toBe('visavis enrol\ntok');
    expect(text(signinBytes('aa', 'bb'))).toBe('visavis signin\naa\nbb');
    expect(text(socketBytes('cc'))).toBe('visavis socket\ncc');
    expect(text(await requestBytes('5e', 7, 'POST', '/api/calls?x=1', new TextEncoder().encode('{}')))).toBe(
      'visavis request\n5e\n7\nPOST\n/api/calls?x=1\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
    expect(text(await requestBytes('5e', 8, 'GET', '/api/me', new Uint8Array()))).toMatch(/\ne3b0c44298fc1c14/);
  });

  it('verifies under the public key, and only what was signed', async () => {
    const pair = (await webcrypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
    const raw = hex(await webcrypto.subtle.exportKey('raw', pair.publicKey));
    const key = createPublicKey({ key: Buffer.from(`302a300506032b6570032100${raw}`, 'hex'), format: 'der', type: 'spki' });
    const signature = await signing(pair.privateKey).sign(enrolBytes('tok'));
    expect(signature).toMatch(/^[0-9a-f]{128}$/);
    expect(verify(null, Buffer.from('visavis enrol\ntok'), key, Buffer.from(signature, 'hex'))).toBe(true);
    expect(verify(null, Buffer.from('visavis enrol\ntok2'), key, Buffer.from(signature, 'hex'))).toBe(false);
  });
});

describe('requests', () => {
  const respond = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
  async function api(answers: ((path: string, init: RequestInit) => Response | Promise<Response>)[]) {
    const pair = (await webcrypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
    const seen: { path: string; init: RequestInit }[] = [];
    let sessions = 0;
    const made = new Api({ seat: 'desk', side: 'aa', privateKey: pair.privateKey }, async (path, init) => {
      seen.push({ path, init });
      if (path === '/api/signin/challenge') return respond(200, { challenge: 'c' });
      if (path === '/api/signin') return respond(200, { session: `s${++sessions}`, me: {} });
      return (answers.shift() ?? (() => respond(500, {})))(path, init);
    });
    return { made, seen };
  }
  const proof = (init: RequestInit) => (init.headers as Record<string, string>)['visavis-proof']!;

  it('count upwards, so that none is played again', async () => {
    const { made, seen } = await api([() => respond(200, 1), () => respond(200, 2)]);
    await made.get('/api/me');
    await made.post('/api/calls/x/end');
    const proven = seen.filter((s) => !s.path.includes('signin')).map((s) => proof(s.init));
    expect(proven.map((p) => p.split('.')[0])).toEqual(['1', '2']);
    expect(proven[1]).toMatch(/^2\.[0-9a-f]{128}$/);
  });

  it('sign in afresh once when the session has gone, and then give up', async () => {
    const { made, seen } = await api([() => respond(401, { error: 'unproven' }), () => respond(200, 'fine')]);
    expect(await made.get('/api/me')).toBe('fine');
    expect(seen.filter((s) => s.path === '/api/signin')).toHaveLength(2);
    const second = await api([() => respond(401, { error: 'unproven' }), () => respond(401, { error: 'unproven' })]);
    await expect(second.made.get('/api/me')).rejects.toMatchObject({ kind: 'error', code: 'unproven', status: 401 });
  });

  it('tell a rule’s no from an error and from silence', async () => {
    const { made } = await api([() => respond(409, { refusal: 'terms_changed', args: { by: 'b' } }), () => new Response('<html>', { status: 502 }), () => Promise.reject(new TypeError('net'))]);
    await expect(made.get('/x')).rejects.toMatchObject({ kind: 'refusal', code: 'terms_changed', args: { by: 'b' } });
    await expect(made.get('/x')).rejects.toMatchObject({ kind: 'error', code: 'status_502' });
    await expect(made.get('/x')).rejects.toMatchObject({ kind: 'offline' });
  });

  it('fetch a film in parts, each with a proof of its own', async () => {
    const bytes = PART_BYTES + 3;
    const part = (size: number) => new Response(new Uint8Array(size), { status: 206 });
    const { made, seen } = await api([() => part(PART_BYTES), () => part(3)]);
    const here: number[] = [];
    const film = await made.film('/x.mp4', bytes, (n) => here.push(n), new AbortController().signal);
    expect([film.size, film.type]).toEqual([bytes, 'video/mp4']);
    expect(here).toEqual([PART_BYTES, bytes]);
    const asked = seen.filter((s) => s.path === '/x.mp4').map((s) => (s.init.headers as Record<string, string>)['range']);
    expect(asked).toEqual([`bytes=0-${PART_BYTES - 1}`, `bytes=${PART_BYTES}-${bytes - 1}`]);
    expect(new Set(seen.filter((s) => s.path === '/x.mp4').map((s) => proof(s.init))).size).toBe(2);
  });

  it('take a film that comes whole, and stop at one that does not go on', async () => {
    const { made } = await api([() => new Response(new Uint8Array(9)), () => new Response(null, { status: 206 })]);
    const gone = new AbortController().signal;
    expect((await made.film('/x.mp4', PART_BYTES + 3, () => undefined, gone)).size).toBe(9);
    await expect(made.film('/x.mp4', 3, () => undefined, gone)).rejects.toMatchObject({ kind: 'offline' });
  });
});

describe('the socket', () => {
  class FakeWire implements Wire {
    sent: unknown[] = [];
    closed = false;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: (() => void) | null = null;
    send(line: string) {
      this.sent.push(JSON.parse(line));
    }
    close() {
      this.closed = true;
    }
    say(message: unknown) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }
  }

  let wires: FakeWire[];
  let states: SocketState[];
  let heard: FromNode[];
  let signIns: number;
  let signIn: () => Promise<never>;
  let alive: () => Promise<void>;
  let socket: Socket;
  const settle = () => vi.advanceTimersByTimeAsync(0);
  const ready = async () => {
    await settle();
    wires.at(-1)!.say({ t: 'challenge', nonce: 'n' });
    await settle();
    wires.at(-1)!.say({ t: 'ready', me: {} });
    await settle();
  };

  beforeEach(() => {
    vi.useFakeTimers();
    wires = [];
    states = [];
    heard = [];
    signIns = 0;
    signIn = () => Promise.resolve({} as never);
    alive = () => Promise.resolve();
    socket = new Socket(
      { signIn: () => (signIns++, signIn()), proveSocket: async (bytes) => `signed ${text(bytes)}`, alive: () => alive() },
      () => {
        const wire = new FakeWire();
        wires.push(wire);
        return wire;
      },
      (state) => states.push(state),
      (message) => heard.push(message),
      () => 0.5,
    );
  });
  afterEach(() => {
    socket.stop();
    vi.useRealTimers();
  });

  it('proves its key before it says anything', async () => {
    socket.start();
    await settle();
    expect(socket.send({ t: 'mic', on: true })).toBe(false);
    await ready();
    expect(wires[0]!.sent).toEqual([{ t: 'prove', signature: 'signed visavis socket\nn' }]);
    expect(socket.send({ t: 'mic', on: true })).toBe(true);
    expect(wires[0]!.sent).toHaveLength(2);
  });

  it('comes back by itself, signing in each time, within a bounded wait', async () => {
    socket.start();
    await ready();
    signIn = () => Promise.reject(new Trouble('offline', 'offline'));
    wires[0]!.onclose!();
    expect(states.at(-1)).toMatchObject({ is: 'away' });
    await vi.advanceTimersByTimeAsync(30_000);
    const tries = signIns;
    expect(tries).toBeGreaterThan(15);
    signIn = () => Promise.resolve({} as never);
    await vi.advanceTimersByTimeAsync(LONGEST_MS);
    expect(wires).toHaveLength(2);
    await ready();
    expect(states.at(-1)).toEqual({ is: 'ready' });
    expect(states.filter((s) => s.is === 'away')).toHaveLength(1);
  });

  it('says that the node is stopping when the node said so', async () => {
    socket.start();
    await ready();
    wires[0]!.say({ t: 'going' });
    wires[0]!.onclose!();
    expect(states.at(-1)).toMatchObject({ is: 'away', stopping: true });
  });

  it('stops for good when the seat was opened elsewhere or the key is refused', async () => {
    socket.start();
    await ready();
    wires[0]!.say({ t: 'replaced' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wires).toHaveLength(1);
    expect(wires[0]!.closed).toBe(true);
    expect(states.at(-1)).toEqual({ is: 'replaced' });

    signIn = () => Promise.reject(new Trouble('error', 'unproven', {}, 401));
    socket.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toEqual({ is: 'refused', code: 'unproven' });
    expect(wires).toHaveLength(1);
  });

  it('asks a silent node whether it is there, and leaves a dead one', async () => {
    socket.start();
    await ready();
    const asked = vi.fn(() => Promise.resolve());
    alive = asked;
    await vi.advanceTimersByTimeAsync(QUIET_MS * 3 + 10);
    expect(asked).toHaveBeenCalledTimes(3);
    expect(states.at(-1)).toEqual({ is: 'ready' });
    alive = () => Promise.reject(new Trouble('offline', 'offline'));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(states.at(-1)).toMatchObject({ is: 'away' });
  });

  it('leaves a node that takes the connection and says nothing', async () => {
    socket.start();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(states.at(-1)).toMatchObject({ is: 'away' });
    await vi.advanceTimersByTimeAsync(LONGEST_MS);
    expect(wires.length).toBeGreaterThan(1);
  });

  it('tries at once when nudged', async () => {
    socket.start();
    await ready();
    wires[0]!.onclose!();
    const before = signIns;
    socket.nudge();
    await settle();
    expect(signIns).toBe(before + 1);
  });
});

describe('waits', () => {
  it('grow, spread and stay short enough to be back within five seconds', () => {
    expect(wait(0, 0)).toBe(90);
    expect(wait(1, 1)).toBe(300);
    for (let n = 0; n < 5000; n += 7) {
      expect(wait(n, 1)).toBeLessThanOrEqual(LONGEST_MS);
      expect(wait(n, 0)).toBeGreaterThan(0);
      expect(wait(n, 0.9)).toBeGreaterThan(wait(n, 0.1));
    }
  });
});

describe('the door', () => {
  const all = { secure: true, ed25519: true, indexedDb: true, locks: true, webrtc: true, seal: true };
  it('lets in who can do it all, and a desk needs no media', () => {
    expect(missing(all, 'terminal')).toBeNull();
    expect(missing({ ...all, webrtc: false, seal: false }, 'desk')).toBeNull();
    expect(missing({ ...all, locks: false }, 'enrol')).toBeNull();
  });
  it('names what is missing, the most telling first', () => {
    expect(missing({ ...all, secure: false, ed25519: false }, 'terminal')).toBe('insecure');
    expect(missing({ ...all, ed25519: false }, 'enrol')).toBe('ed25519');
    expect(missing({ ...all, seal: false }, 'terminal')).toBe('transform');
  });
});
