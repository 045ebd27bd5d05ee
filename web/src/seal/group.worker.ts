// The group's worker: a clock, random bytes and a way out for `Group`, and nothing else. Secrets live in its memory
// alone; roots leave it as handles, over a port to the frames' worker. The seat's key signs here and cannot be read.

import { fromHex } from './bytes';
import type { ToFrames } from './frames.messages';
import { Group } from './group';
import type { FromGroup, ToGroup } from './messages';
import { Mls } from './mls';

interface Scope {
  onmessage: ((event: MessageEvent<ToGroup>) => void) | null;
  postMessage(message: FromGroup, options: StructuredSerializeOptions): void;
}

const scope = globalThis as unknown as Scope;
const say = (message: FromGroup) => scope.postMessage(message, {});

/** What is said to the frames' worker before its port has come. */
const EARLY_MOST = 64;

let group: Group | null = null;
let port: MessagePort | null = null;
let early: ToFrames[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
/** One thing at a time, in the order in which it came: opening waits for the suite. */
let work: Promise<void> = Promise.resolve();

function frames(message: ToFrames): void {
  if (port) port.postMessage(message);
  else if (early.length < EARLY_MOST) early.push(message);
}

function wind(): void {
  clearTimeout(timer);
  if (group) timer = setTimeout(() => void group?.tick().then(wind), Math.max(0, group.next() - performance.now()));
}

async function open({ call, seat, key, seats }: ToGroup & { do: 'open' }): Promise<void> {
  const publicKey = fromHex(seat);
  if (!publicKey || publicKey.length !== 32) throw new Error('a seat key has 32 bytes');
  await group?.close();
  const sign = async (message: Uint8Array) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, message as Uint8Array<ArrayBuffer>));
  group = new Group({
    call,
    seat,
    mls: await Mls.of({ publicKey, sign }),
    now: () => performance.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    send: (message) => say({ say: 'send', message }),
    frames,
    status: (status) => say({ say: 'status', status }),
    footage: (said) => say({ say: 'footage', said }),
    note: (from, kind, bytes) => say({ say: 'note', from, kind, bytes }),
    lease: (held) => say({ say: 'lease', held }),
  });
  await group.seats(seats);
}

async function take(message: ToGroup): Promise<void> {
  if (message.do === 'open') await open(message);
  else if (message.do === 'frames') {
    port = message.port;
    for (const waited of early) port.postMessage(waited);
    early = [];
  } else if (message.do === 'online') await group?.online(message.online);
  else if (message.do === 'node') await group?.take(message.message);
  else if (message.do === 'seats') await group?.seats(message.seats);
  else if (message.do === 'note') await group?.note(message.kind, message.bytes);
  else if (message.do === 'footage') await group?.footage(message.told);
  else if (message.do === 'footage.press') await group?.pressed(message.context);
  else if (message.do === 'close') {
    await group?.close();
    group = null;
  }
  wind();
}

scope.onmessage = ({ data }) => {
  work = work.then(() => take(data)).catch(reportError);
};
