// The frames' worker: time, random bits and streams for `Frames`, and nothing else.

import { COUNT_MS, Frames, type Transformer } from './frames';
import type { FromFrames, ToFrames } from './frames.messages';
import { able } from './probe';

interface Scope {
  onmessage: ((event: MessageEvent<ToFrames>) => void) | null;
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
  postMessage(message: FromFrames, options: StructuredSerializeOptions): void;
}

const scope = globalThis as unknown as Scope;
// A worker has one hearer: the empty options tell this from a window's way of posting.
const say = (message: FromFrames) => scope.postMessage(message, {});

const frames = new Frames({
  now: () => performance.now(),
  sleep: (ms) => new Promise((next) => setTimeout(next, ms)),
  random: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  say,
});

scope.onrtctransform = ({ transformer }) => void frames.run(transformer);

function take({ data }: MessageEvent<ToFrames>): void {
  if (data.do === 'port') data.port.onmessage = take;
  else if (data.do === 'probe') void able().then((yes) => say({ say: 'probe', able: yes }));
  else frames.take(data);
}

scope.onmessage = take;
setInterval(() => frames.tick(), COUNT_MS);
