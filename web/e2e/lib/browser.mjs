// Chromium with one side's camera and microphone, and a page hook that lets a story look at what arrived.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { media } from './media.mjs';
import { instrument } from './probe.mjs';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A window that is not in front must keep its timers and its pictures: both sides are on one machine here.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-ui-for-media-stream',
];

/**
 * Keeps what the node tells a page of its calls: `page.told` maps a call's id to its newest view; and what a terminal
 * hands over for recorders: `page.envelopes`.
 */
function listen(page) {
  page.told = new Map();
  page.envelopes = [];
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      const message = JSON.parse(payload);
      if (message.t === 'call') page.told.set(message.call.id, message.call);
    });
    socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(payload);
      if (message.t === 'footage.root') page.envelopes.push(message);
    });
  });
}

const fake = (sound, picture) => ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${sound}`, `--use-file-for-fake-video-capture=${picture}`];

/**
 * One side's browser: one process with its own profile on disk, so its seats' keys are where a person's would be.
 * `size` is that of the camera; `flags` are added to the usual ones; `locale` as a browser would be set; `voice` is who
 * speaks, if not the side's principal; `prepare` (one or several) runs in every page before its own code. With `pulse` its microphones are that server's, and there is no camera.
 */
export async function openBrowser(side, { size = 'tiny', flags = [], locale = 'en-GB', timezone, viewport, prepare, pulse, voice } = {}) {
  const { sound, picture } = await media(side, size, voice);
  const profile = mkdtempSync(join(tmpdir(), `visavis-profile-${side}-`));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: [...FLAGS, ...(pulse ? [] : fake(sound, picture)), ...flags],
    ...(pulse ? { env: pulse.env, ignoreDefaultArgs: ['--mute-audio'] } : {}),
    locale,
    ...(timezone ? { timezoneId: timezone } : {}),
    viewport: viewport ?? { width: 1280, height: 720 },
    ignoreHTTPSErrors: true,
    acceptDownloads: true,
  });
  // Two browsers and two nodes share two cores, which may be slow ones: waiting is no bound that a story promises.
  context.setDefaultTimeout(120_000);
  await context.addInitScript(instrument);
  // A page is empty at first, and has no devices then.
  for (const script of [prepare ?? []].flat()) await context.addInitScript({ content: `if (location.protocol !== 'about:') { ${script.content ?? `(${script})()`} }` });
  const windows = await context.newCDPSession(context.pages()[0]);
  return {
    side,
    context,
    /** Opens a page on `url`, in a window of its own; what its console says and throws goes to `log` under `name`. */
    async page(url, name, log) {
      // A tab behind another one runs with less priority than all else: on a busy machine a desk's every press took half a minute.
      const [page] = await Promise.all([context.waitForEvent('page'), windows.send('Target.createTarget', { url: 'about:blank', newWindow: true })]);
      listen(page);
      log?.watch(page, `${side}-${name}`);
      if (url) await page.goto(url);
      return page;
    },
    async close() {
      await context.close().catch(() => {});
      // A browser's last processes may still be writing.
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
