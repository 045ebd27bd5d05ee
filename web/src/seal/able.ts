// Whether this browser can hold a sealed call at all, asked at the door and not in the middle of a call.

import type { FromFrames } from './frames.messages';

/** What is missing: transforms of media, keys and ciphers of WebCrypto, or workers that are modules. */
export type Missing = 'transforms' | 'keys' | 'workers';

/** How long a worker may take to start and try itself. Milliseconds. */
const WORKER_MS = 5_000;

/** What is asked of a browser; another than the real one is for tests. */
export interface Browser {
  transforms(): boolean;
  /** Rejects for a key that the browser cannot make. */
  key(name: 'Ed25519' | 'X25519'): Promise<unknown>;
  /** Starts the frames' worker. May throw. */
  worker(): Worker;
}

export const makeWorker = (): Worker => new Worker(new URL('./frames.worker.ts', import.meta.url), { type: 'module', name: 'frames' });

const real: Browser = {
  transforms: () => typeof RTCRtpScriptTransform === 'function' && typeof RTCRtpSender === 'function' && 'transform' in RTCRtpSender.prototype && 'transform' in RTCRtpReceiver.prototype,
  key: (name) => crypto.subtle.generateKey(name, false, name === 'Ed25519' ? ['sign', 'verify'] : ['deriveBits']),
  worker: makeWorker,
};

/** Lets the worker itself seal and open a frame: modules, ciphers and derivations in one. */
async function workerTries(start: () => Worker): Promise<boolean> {
  let worker: Worker | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const started = start();
    worker = started;
    return await new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), WORKER_MS);
      started.addEventListener('error', () => resolve(false));
      started.addEventListener('message', ({ data }: MessageEvent<FromFrames>) => {
        if (data.say === 'probe') resolve(data.able);
      });
      started.postMessage({ do: 'probe' }, {});
    });
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    worker?.terminate();
  }
}

async function works(what: () => Promise<unknown>): Promise<boolean> {
  try {
    await what();
    return true;
  } catch {
    return false;
  }
}

/** What this browser lacks for a sealed call; empty when it can hold one. Never rejects. */
export async function canSeal(browser: Browser = real): Promise<Missing[]> {
  const [signs, agrees, workers] = await Promise.all([works(() => browser.key('Ed25519')), works(() => browser.key('X25519')), workerTries(() => browser.worker())]);
  const missing: Missing[] = [];
  if (!browser.transforms()) missing.push('transforms');
  if (!signs || !agrees) missing.push('keys');
  if (!workers) missing.push('workers');
  return missing;
}
