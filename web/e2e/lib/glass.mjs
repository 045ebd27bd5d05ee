// How long a picture takes from one camera to the other screen, and what the processor has to do meanwhile.

import { readdirSync, readFileSync } from 'node:fs';
import { NUMBER_BITS } from './media.mjs';

/**
 * Runs in a page: when which numbered picture was taken by the own camera, and when which was shown of the far one, in
 * `milliseconds`.
 * Times are milliseconds of the machine's clock, the same in every page.
 */
async function watch({ milliseconds, bits }) {
  const connections = window.visavisConnections.filter((one) => one.connectionState === 'connected');
  const own = connections.flatMap((one) => one.getSenders()).map(({ track }) => track).find((track) => track?.kind === 'video');
  const far = connections.flatMap((one) => one.getReceivers()).map(({ track }) => track).find((track) => track?.kind === 'video' && !track.muted);
  const canvas = new OffscreenCanvas(bits * 8, 8);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const look = (track) => {
    const seen = {};
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = new MediaStream([track]);
    Object.assign(video.style, { position: 'fixed', insetBlockStart: '0', inlineSize: '64px', zIndex: '99' });
    document.body.append(video);
    void video.play();
    // Of the own camera it is known when it took a picture; of the far one when its picture is on this screen.
    const shown = (_, { captureTime, expectedDisplayTime }) => {
      const strip = video.videoHeight / 12;
      context.drawImage(video, 0, video.videoHeight - strip, video.videoWidth, strip, 0, 0, bits * 8, 8);
      const { data } = context.getImageData(0, 4, bits * 8, 1);
      let number = 0;
      for (let bit = 0; bit < bits; bit += 1) if (data[(bit * 8 + 4) * 4] > 127) number += 2 ** bit;
      seen[number] ??= performance.timeOrigin + (track === own ? captureTime : expectedDisplayTime);
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
    return { seen, end: () => video.remove() };
  };
  const looks = { own: look(own), far: look(far) };
  await new Promise((next) => setTimeout(next, milliseconds));
  for (const { end } of Object.values(looks)) end();
  return { own: looks.own.seen, far: looks.far.seen };
}

/** Milliseconds from each side's camera to the other's screen, of every picture known at both, ascending. */
export async function glassToGlass(pages, milliseconds) {
  const [a, b] = await Promise.all(pages.map((page) => page.evaluate(watch, { milliseconds, bits: NUMBER_BITS })));
  const took = [
    [a.own, b.far],
    [b.own, a.far],
  ].flatMap(([from, to]) => Object.keys(to).flatMap((number) => (number in from ? [to[number] - from[number]] : [])));
  return took.toSorted((one, two) => one - two);
}

/** Seconds of processor time that everything started from here has used so far: browsers and nodes, not this runner. */
export function spent() {
  const ticks = new Map();
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // The name stands in brackets and may hold anything; numbers follow the last one.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
      parents.set(Number(pid), Number(fields[1]));
      ticks.set(Number(pid), Number(fields[11]) + Number(fields[12]));
    } catch {
      // It has ended in the meantime.
    }
  }
  const ours = (pid) => {
    for (let at = parents.get(pid); at; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  return [...ticks].filter(([pid]) => ours(pid)).reduce((sum, [, used]) => sum + used, 0) / 100;
}
