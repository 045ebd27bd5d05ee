// A seat that fails its check is named with what is really wrong, cause by cause, and no cause is taken for another. What
// only a real device shows is told in `spare`; what a far decoder without any key shows, in `heard`.

import { execFileSync } from 'node:child_process';
import { checkedSeat, checkSeat, demo, gathered, openCheck } from '../lib/call.mjs';

export const title = 'a seat that fails its check: each cause by its name';

/** Runs in A's pages: `localStorage.broken` says what is wrong from the next load on. */
function breakOwn() {
  const broken = localStorage.getItem('broken');
  if (broken === 'no_microphone') {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) => (wanted.audio ? Promise.reject(new DOMException('Requested device not found', 'NotFoundError')) : real(wanted));
  }
  // The sealing worker is never joined to the group: it has no key to send under, and nothing leaves it.
  if (broken === 'not_sent') {
    const real = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function post(message, ...more) {
      return message?.do === 'port' ? undefined : real.call(this, message, ...more);
    };
  }
  // The device is well, and what is sent of it is silence.
  if (broken === 'heard_silent') {
    const real = MediaStreamTrack.prototype.clone;
    MediaStreamTrack.prototype.clone = function clone() {
      if (this.kind !== 'audio') return real.call(this);
      const context = new AudioContext({ sampleRate: 48_000 });
      const nothing = new ConstantSourceNode(context, { offset: 0 });
      const out = context.createMediaStreamDestination();
      nothing.connect(out);
      nothing.start();
      return out.stream.getAudioTracks()[0];
    };
  }
}

/** Runs in B's pages: while told to, no seat's picture is opened, though it arrives, and every sound is. */
function blind() {
  const pictures = new Set();
  const Native = window.RTCRtpScriptTransform;
  window.RTCRtpScriptTransform = class extends Native {
    constructor(worker, options, ...more) {
      super(worker, options, ...more);
      if (options.kind === 'picture') pictures.add(options.id);
    }
  };
  const real = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function post(message, ...more) {
    const blinded = message?.do === 'bind' && pictures.has(message.id) && localStorage.getItem('blind') === 'yes';
    return real.call(this, blinded ? { ...message, seat: null } : message, ...more);
  };
}

/** Runs in A's pages: from the load after `localStorage.scenes` is set, `window.scene` says what its camera's picture is turned into. */
function scenes() {
  if (!localStorage.getItem('scenes')) return;
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.scene = 'plain';
  /** A camera's picture, as that camera would see it with something wrong in front of it. */
  async function through(camera) {
    const from = document.createElement('video');
    from.muted = true;
    from.srcObject = camera;
    await from.play();
    const canvas = document.createElement('canvas');
    const { videoWidth: w, videoHeight: h } = from;
    Object.assign(canvas, { width: w, height: h });
    const paint = canvas.getContext('2d');
    const draw = () => {
      const { scene } = window;
      // A picture that stands still goes on being sent.
      if (scene === 'frozen') return paint.drawImage(canvas, 0, 0);
      paint.globalCompositeOperation = 'source-over';
      paint.filter = { dark: 'brightness(0.3)', covered: 'brightness(0.01)' }[scene] ?? 'none';
      paint.drawImage(from, 0, 0);
      if (scene !== 'backlit') return undefined;
      // Who sits there is in the shade of a window that fills the wall behind.
      paint.globalCompositeOperation = 'multiply';
      paint.fillStyle = '#444';
      paint.fillRect(0, 0, w, h);
      paint.globalCompositeOperation = 'lighten';
      paint.fillStyle = '#fff';
      for (const left of [0, w * 0.68]) paint.fillRect(left, 0, w * 0.32, h);
      paint.fillRect(0, 0, w, h * 0.2);
      return undefined;
    };
    setInterval(draw, 100);
    return canvas.captureStream(10).getVideoTracks()[0];
  }
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    if (!wanted.video) return stream;
    return new MediaStream([...stream.getAudioTracks(), await through(new MediaStream(stream.getVideoTracks()))]);
  };
}

/** The port from which a side's node sends to its terminal: the far end of the pair of addresses that the browser chose. */
const nodePort = (page) =>
  page.evaluate(async () => {
    for (const connection of window.visavisConnections.filter((c) => c.connectionState === 'connected')) {
      const reports = await connection.getStats();
      for (const { type, selectedCandidatePairId: pair } of reports.values()) {
        if (type === 'transport' && pair) return reports.get(reports.get(pair).remoteCandidateId).port;
      }
    }
    throw new Error('no connection');
  });

/** Until the returned call: of what is sent from `port`, sound and picture are lost; everything that keeps a connection up passes. */
function loseMedia(port) {
  const nft = (...words) => execFileSync('nft', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  nft('add', 'table', 'inet', 'visavis');
  nft('add', 'chain', 'inet', 'visavis', 'out', '{ type filter hook output priority 0; }');
  // RTP and no RTCP (RFC 5761, section 4); STUN and DTLS begin with other bits (RFC 7983).
  nft('add', 'rule', 'inet', 'visavis', 'out', 'udp', 'sport', String(port), '@th,64,2', '2', '@th,72,8', '!=', '200-207', 'drop');
  return () => nft('delete', 'table', 'inet', 'visavis');
}

const state = (side) => side.terminal.page.evaluate(async () => (await window.visavis.stats()).state);

export async function tell(story) {
  const { a, b } = await demo(story, { a: { prepare: [breakOwn, scenes] }, b: { prepare: blind } });
  await gathered(story, { a, b });
  await openCheck({ a, b });

  for (const cause of ['no_microphone', 'not_sent', 'heard_silent']) {
    await a.terminal.page.evaluate((wrong) => localStorage.setItem('broken', wrong), cause);
    await a.terminal.page.reload();
    await a.terminal.id('check').waitFor();
    story.equal(await checkSeat(a), cause, 'what A’s desk is told');
    story.note(`${cause}: “${(await a.desk.id('check-result').innerText()).split('\n').at(-1)}”`);
    await story.shot(a.desk.page, cause.replace('_', '-'));
  }
  story.step('what is wrong with a picture is hinted at the seat and at its desk, and stops nothing');
  await a.terminal.page.evaluate(() => {
    localStorage.removeItem('broken');
    localStorage.setItem('scenes', 'yes');
  });
  await a.terminal.page.reload();
  await a.terminal.id('check').waitFor();
  for (const hint of ['dark', 'covered', 'backlit', 'frozen']) {
    await a.terminal.page.evaluate((scene) => (window.scene = scene), hint);
    await a.terminal.page.locator(`[data-testid=camera-note][data-hint=${hint}]`).waitFor();
    await a.desk.page.locator(`[data-testid=camera-note][data-camera=${hint}]`).waitFor();
    story.note(`${hint}: “${await a.terminal.id('camera-note').innerText()}”`);
    await story.shot(a.terminal.page, `camera-${hint}`);
  }
  story.equal(await checkSeat(a), '', 'a seat whose picture stands still is seen all the same');
  await a.terminal.page.evaluate(() => (window.scene = 'plain'));
  await a.terminal.id('camera-note').waitFor({ state: 'detached' });

  story.step('what is wrong at the other side');
  const found = loseMedia(await nodePort(b.terminal.page));
  await b.terminal.page.reload();
  await b.terminal.id('check').waitFor();
  await story.until('what B’s last decoder heard is forgotten', async () => (await state(a)).heard !== 'good', 8_000);
  await a.desk.press('check-seat');
  for (let look = 0; look < 16; look += 1) {
    const { heard, connected } = await state(a);
    story.check(heard !== 'good' && !connected, 'A is not shown as heard, nor connected, while no packet reaches B’s decoder', { heard, connected });
    await a.terminal.page.waitForTimeout(250);
  }
  story.equal(await checkedSeat(a), 'not_heard', 'what A’s desk is told');
  story.equal(await b.terminal.page.evaluate(async () => (await window.visavis.stats()).connection), 'connected', 'B’s transport is well');
  found();
  story.equal(await checkSeat(a), '', 'the same seat, once packets arrive again');


  await b.terminal.page.evaluate(() => localStorage.setItem('blind', 'yes'));
  await b.terminal.page.reload();
  await b.terminal.id('check').waitFor();
  story.equal(await checkSeat(a), 'not_seen', 'what A’s desk is told while B’s terminal opens no picture');
  await story.shot(a.desk.page, 'not-seen');

  await b.terminal.page.close();
  story.equal(await checkSeat(a), 'nobody_there', 'what A’s desk is told while nobody is at B’s terminal');
  await story.shot(a.desk.page, 'nobody-there');
}
