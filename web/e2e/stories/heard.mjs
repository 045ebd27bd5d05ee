// Nobody sits down in front of a seat that was not proven heard, and nobody speaks unheard for more than a second
// without being told; one press mends it.

import { check, checkSeat, demo, endAndProve, gathered } from '../lib/call.mjs';
import { lost, ticking } from '../lib/late.mjs';
import { heard, received, whoseVoice } from '../lib/probe.mjs';

export const title = 'speak and be heard: the check, the lights, speaking while off, a decoder that is starved';

/** From the moment that a fault can be known to its being said. */
const SAID_MS_MAX = 1_000;

/** Runs in B's pages: while told to, no seat's tracks are opened, though they arrive. As if its keys were withheld. */
function starve() {
  const real = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function post(message, ...more) {
    const starved = message?.do === 'bind' && localStorage.getItem('starve') === 'yes';
    return real.call(this, starved ? { ...message, seat: null } : message, ...more);
  };
}

const state = (side) => side.terminal.page.evaluate(async () => (await window.visavis.stats()).state);

/** Waits until all three lights of a side's microphone are good and both ends have proven sound and picture. */
async function proven(story, side, within = 15_000) {
  await story.until(`${side.letter}: captured, sent, heard there, connected`, async () => {
    const { captured, sent, heard: there, seen, connected } = await state(side);
    return captured === 'good' && sent === 'good' && there === 'good' && seen === 'good' && connected;
  }, within);
}

async function decodedEnergy(side, milliseconds) {
  const before = (await received(side.terminal.page)).sound.energy;
  await side.terminal.page.waitForTimeout(milliseconds);
  return (await received(side.terminal.page)).sound.energy - before;
}

/** Runs in A's pages: keeps what its microphone picks up, to be listened to beside the page. */
function listen() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    if (wanted.audio) window.picked = stream.clone();
    return stream;
  };
}

/** From now on waits in a page for something to be shown; the returned function says when that was, by the machine's clock. */
async function lookFor(page, selector) {
  await page.evaluate((wanted) => {
    window.shownAt = new Promise((resolve) => {
      const look = () => document.querySelector(wanted) && resolve(Date.now());
      new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
      look();
    });
  }, selector);
  return () => page.evaluate(() => window.shownAt);
}

/**
 * Presses a key in a page in mid-sentence and waits there for something to be shown. When the microphone first had a sound
 * after the press, and when it was shown, by the machine's clock.
 */
async function pressInSpeechUntil(page, code, selector) {
  await page.evaluate(async (wanted) => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(window.picked).connect(analyser);
    const wave = new Float32Array(1024);
    const speaks = () => {
      analyser.getFloatTimeDomainData(wave);
      return wave.some((sample) => Math.abs(sample) > 0.1);
    };
    let pressed = 0;
    let spoke = 0;
    addEventListener('keydown', () => (pressed = Date.now()), { capture: true, once: true });
    window.shown = new Promise((resolve) => {
      const look = () => {
        // A speaker who breathes at the press is not unheard yet.
        if (pressed && speaks()) spoke ||= Date.now();
        if (!pressed || !document.querySelector(wanted)) return requestAnimationFrame(look);
        const shown = Date.now();
        return context.close().then(() => resolve({ spoke: spoke || pressed, shown }));
      };
      look();
    });
    do await new Promise(requestAnimationFrame);
    while (!speaks());
  }, selector);
  await page.keyboard.press(code);
  return page.evaluate(() => window.shown);
}

export async function tell(story) {
  const { a, b } = await demo(story, { a: { prepare: [listen, ticking] }, b: { prepare: [starve, ticking] } });
  const call = await gathered(story, { a, b });

  story.step('a check needs both sides; a seat that fails is named with its reason');
  await a.desk.press('check-on');
  await a.terminal.page.waitForTimeout(800);
  story.equal((await received(b.terminal.page)).sound.bytes, 0, 'nothing crosses on one side’s half of a check');
  await b.desk.press('check-on');
  await a.terminal.id('check').waitFor();
  story.equal(await checkSeat(a, false), 'no_loudspeaker', 'A’s person hears no tone');
  await story.shot(a.desk.page, 'desk-no-loudspeaker');
  await b.terminal.page.evaluate(() => localStorage.setItem('starve', 'yes'));
  await b.terminal.page.reload();
  await b.terminal.id('check').waitFor();
  story.equal(await checkSeat(a, true), 'not_heard', 'B’s decoder gets nothing of A');
  await a.desk.press('sign-check');
  story.equal(await a.desk.id('begin').count(), 0, 'Begin is not offered on seats that failed');
  await a.desk.id('begin-anyway').waitFor();
  await story.shot(a.desk.page, 'desk-not-heard');
  await b.terminal.page.evaluate(() => localStorage.removeItem('starve'));
  await b.terminal.page.reload();
  await b.terminal.id('check').waitFor();

  story.step('every seat is proven, both sign, both begin');
  await a.desk.press('check-off');
  await b.desk.press('check-off');
  await check({ a, b });
  await a.desk.press('begin');
  await b.desk.press('begin');
  for (const side of [a, b]) await side.terminal.screen('session');
  await Promise.all([proven(story, a), proven(story, b)]);
  await a.terminal.page.mouse.move(300, 200);
  await story.shot(a.terminal.page, 'terminal-proven');

  story.step('A speaks into a microphone that is off');
  const elsewhere = [await lookFor(a.desk.page, '[data-testid=talking-off]'), await lookFor(b.terminal.page, '[data-testid=notice-far-mic]')];
  const { spoke, shown } = await pressInSpeechUntil(a.terminal.page, 'Space', '[data-testid=speaking-off]');
  const said = async (what, page, from, at) => {
    const lag = await lost(page, from, at);
    story.note(`${what}: ${at - from} ms, of which the page stood still for ${lag}`);
    story.check(at - from <= SAID_MS_MAX + lag, `${what}, in milliseconds, of which the page stood still for ${lag}`, at - from);
  };
  await said('from the first sound unheard to the warning across the picture', a.terminal.page, spoke, shown);
  const [desk, far] = await Promise.all(elsewhere.map((at) => at()));
  await said('from the warning to the desk', a.desk.page, shown, desk);
  await said('from the warning to B’s notice', b.terminal.page, shown, far);
  await story.shot(a.terminal.page, 'terminal-speaking-off');
  await story.shot(a.desk.page, 'desk-speaking-off');
  await b.terminal.page.waitForTimeout(500);
  const left = await decodedEnergy(b, 1_500);
  story.check(left < 1e-6, 'B decodes nothing of A', left);
  await a.terminal.id('speaking-off').click();
  story.equal(await a.terminal.mic(), 'true', 'one press on the warning itself mends it');
  story.equal(whoseVoice(await heard(b.terminal.page, 2_500)), 'a', 'B hears A again');
  await proven(story, a, 5_000);

  story.step('the operator may mute and may ask, never more');
  await a.desk.id('seat-mute').click();
  await a.terminal.id('asked-mute').waitFor();
  story.equal(await a.terminal.mic(), 'false', 'the microphone is off');
  await a.desk.id('alarm-ask').click();
  await a.terminal.id('asked-speak').waitFor();
  story.equal(await a.terminal.mic(), 'false', 'asking switches nothing on');
  await story.shot(a.terminal.page, 'terminal-asked');
  await a.terminal.page.keyboard.press('Space');
  story.equal(await a.terminal.mic(), 'true', 'the person does');
  await proven(story, a, 5_000);

  story.step('A chooses to hold a key to speak');
  await a.terminal.openDevices();
  await a.terminal.id('way-hold').check();
  await a.terminal.id('devices-close').click();
  story.equal(await a.terminal.mic(), 'false', 'no key is held');
  await b.terminal.page.waitForTimeout(500);
  const unheld = await decodedEnergy(b, 1_500);
  story.check(unheld < 1e-6, 'B decodes nothing of A', unheld);
  await a.terminal.page.keyboard.down('Space');
  story.equal(await a.terminal.mic(), 'true', 'the key is held');
  story.equal(whoseVoice(await heard(b.terminal.page, 2_500)), 'a', 'B hears A while it is');
  await a.terminal.page.keyboard.up('Space');
  story.equal(await a.terminal.mic(), 'false', 'and let go');
  await a.terminal.openDevices();
  await a.terminal.id('way-hold').uncheck();
  await a.terminal.id('devices-close').click();
  await a.terminal.page.keyboard.press('Space');
  story.equal(await a.terminal.mic(), 'true', 'one press is enough again');
  await proven(story, a, 5_000);

  story.step('a note to A’s principal, dismissed with one key');
  await a.desk.id('note-text').fill('EXAMPLE: ask about the date');
  await a.desk.id('note-send').click();
  await a.terminal.id('note').waitFor();
  await story.shot(a.terminal.page, 'terminal-note');
  await a.terminal.page.keyboard.press('Escape');
  await a.terminal.id('note').waitFor({ state: 'detached' });
  await a.desk.page.locator('[data-testid=note-said][data-seen=true]').waitFor();
  story.equal(await b.terminal.id('note').count(), 0, 'B’s principal sees nothing of it');

  story.step('B’s decoder is starved while every transport is well: A is never shown as heard');
  await b.terminal.page.evaluate(() => localStorage.setItem('starve', 'yes'));
  await b.terminal.page.reload();
  await b.terminal.screen('session');
  await story.until('A is told that B does not hear', async () => (await state(a)).heard === 'bad', 8_000);
  for (let look = 0; look < 12; look += 1) {
    const { heard: there, connected } = await state(a);
    story.check(there !== 'good' && !connected, 'A is not shown as heard, nor connected', { there, connected });
    await a.terminal.page.waitForTimeout(250);
  }
  await story.until('A knows what is wrong', async () => (await state(a)).fault === 'not_arriving', 8_000);
  story.equal(await b.terminal.page.evaluate(async () => (await window.visavis.stats()).connection), 'connected', 'B’s transport is well');
  await story.shot(a.terminal.page, 'terminal-not-heard');
  await b.terminal.page.evaluate(() => localStorage.removeItem('starve'));
  await b.terminal.page.reload();
  await b.terminal.screen('session');
  await proven(story, a, 5_000);

  await endAndProve(story, { a, b }, call);
}
