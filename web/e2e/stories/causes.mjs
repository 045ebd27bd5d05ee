// A seat that fails its check is named with what is really wrong, cause by cause, and no cause is taken for another. What
// only a real device shows is told in `spare`; what a far decoder without keys shows, in `heard`.

import { checkSeat, demo, gather, TOPICS } from '../lib/call.mjs';

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

export async function tell(story) {
  const { a, b } = await demo(story, { a: { prepare: breakOwn } });
  await a.desk.ask({ topics: TOPICS });
  await b.desk.ring();
  await b.desk.answerRing();
  await b.desk.press('agree');
  await gather(story, { a, b });
  await a.desk.press('check-on');
  await b.desk.press('check-on');
  for (const side of [a, b]) await side.terminal.id('check').waitFor();

  for (const cause of ['no_microphone', 'not_sent', 'heard_silent']) {
    await a.terminal.page.evaluate((wrong) => localStorage.setItem('broken', wrong), cause);
    await a.terminal.page.reload();
    await a.terminal.id('check').waitFor();
    story.equal(await checkSeat(a), cause, 'what A’s desk is told');
    story.note(`${cause}: “${(await a.desk.id('check-result').innerText()).split('\n').at(-1)}”`);
    await story.shot(a.desk.page, cause.replace('_', '-'));
  }
  await a.terminal.page.evaluate(() => localStorage.removeItem('broken'));
  await a.terminal.page.reload();
  await a.terminal.id('check').waitFor();

  await b.terminal.page.close();
  story.equal(await checkSeat(a), 'nobody_there', 'what A’s desk is told while nobody is at B’s terminal');
  await story.shot(a.desk.page, 'nobody-there');
}
