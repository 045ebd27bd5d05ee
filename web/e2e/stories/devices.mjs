// A browser that may not use its devices, a microphone pulled out in mid-sentence, a page that may not play sound yet:
// each is said at once with what to do, and mended without a reload.

import { arrives, demo, endAndProve, seat, session } from '../lib/call.mjs';
import { received } from '../lib/probe.mjs';

export const title = 'devices that are refused, pulled out and put back';

/** Said within this time of its cause. */
const SAID_MS_MAX = 1_000;

/** Runs in A's pages: lets a story pull the microphone's plug as the browser would tell of it. */
function plug() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const open = [];
  let out = false;
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (out && wanted.audio) throw new DOMException('Requested device not found', 'NotFoundError');
    const stream = await real(wanted);
    if (wanted.audio) open.push(...stream.getTracks());
    return stream;
  };
  window.pull = () => {
    out = true;
    for (const track of open.splice(0)) {
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  };
  window.plugIn = () => {
    out = false;
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  };
}

/**
 * Runs in B's pages: no sound before somebody presses something. Chromium has a switch for that, but takes every look
 * that a driver takes at the page for a press.
 */
function strict() {
  let pressed = false;
  for (const press of ['pointerdown', 'keydown']) addEventListener(press, () => (pressed = true), true);
  const real = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function play() {
    const may = pressed || !(this instanceof HTMLAudioElement);
    return may ? real.call(this) : Promise.reject(new DOMException('play() failed', 'NotAllowedError'));
  };
}

/** The sound energy that a side decodes in a second and a half. */
async function energy(side) {
  const before = (await received(side.terminal.page)).sound.energy;
  await side.terminal.page.waitForTimeout(1500);
  return (await received(side.terminal.page)).sound.energy - before;
}

/** A seat that was given a camera which is not plugged in today: the browser keeps the choice. */
async function chooseAway({ terminal: { page } }, label) {
  await page.evaluate((away) => {
    const nothing = { chosen: null, spare: null };
    const camera = { chosen: { id: 'away', label: away, group: '' }, spare: null };
    localStorage.setItem(`visavis-devices-${location.pathname.split('/').pop()}`, JSON.stringify({ profile: null, choices: { microphone: nothing, camera, loudspeaker: nothing } }));
  }, label);
  await page.reload();
}

export async function tell(story) {
  const { said, a } = await demo(story, { only: 'a', prepare: plug });
  await chooseAway(a, 'EXAMPLE: the camera over the screen');
  await a.terminal.screen('waiting');
  const b = await seat(story, 'b', said.sides[1], {
    locale: 'ru-RU',
    flags: ['--use-fake-ui-for-media-stream=deny'],
    prepare: strict,
  });
  const call = await session(story, { a, b });

  story.step('A is filmed by another camera than the chosen one: that is noted, and stops nothing');
  const wrong = a.terminal.page.locator('[data-testid=device-note][data-kind=camera][data-is=missing]');
  await wrong.waitFor();
  const words = await wrong.innerText();
  const [used] = await a.terminal.page.evaluate(async () => (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput').map(({ label }) => label));
  story.check(used && words.includes(used), `the camera that is in use is named (${used})`, words);
  story.note(`A: “${words}”`);
  await story.shot(a.terminal.page, 'wrong-camera');

  story.step('B’s browser may not use its devices: it says so');
  const refused = b.terminal.id('notice-devices');
  await refused.waitFor();
  story.equal(await refused.getAttribute('data-trouble'), 'refused', 'the notice');
  story.note(`B: “${(await refused.innerText()).replaceAll('\n', ' ')}”`);
  story.equal(await b.terminal.id('mic').getAttribute('data-dead'), 'true', 'the button shows that nothing comes of it');
  await story.shot(b.terminal.page, 'refused');

  story.step('B’s browser holds the sound back until B lets it in');
  const held = b.terminal.id('let-sound-in');
  await held.waitFor();
  story.note(`B: “${await held.innerText()}”`);
  await story.shot(b.terminal.page, 'held');
  await held.click();
  await held.waitFor({ state: 'detached', timeout: 2_000 });
  await arrives(story, b);

  story.step('the plug of A’s microphone is pulled in mid-sentence');
  story.check((await energy(b)) > 1e-4, 'B hears A before');
  await a.terminal.page.evaluate(() => window.pull());
  const pulled = Date.now();
  const gone = a.terminal.id('notice-microphone');
  await gone.waitFor({ timeout: SAID_MS_MAX });
  story.note(`A, ${Date.now() - pulled} ms later: “${(await gone.innerText()).replaceAll('\n', ' ')}”`);
  story.equal(await gone.getAttribute('data-trouble'), 'gone', 'the notice');
  story.equal(await a.terminal.id('mic').getAttribute('data-dead'), 'true', 'the button shows that nothing comes of it');
  await b.terminal.id('notice-far-mic').waitFor({ timeout: SAID_MS_MAX });
  await story.shot(a.terminal.page, 'pulled');
  await b.terminal.page.waitForTimeout(500);
  story.check((await energy(b)) < 1e-6, 'B hears nothing more of A');
  await a.terminal.id('device-retry').click();
  story.equal(await gone.getAttribute('data-trouble'), 'gone', 'trying again without it changes nothing');

  story.step('and put back: heard again without a reload');
  await a.terminal.page.evaluate(() => window.plugIn());
  await gone.waitFor({ state: 'detached', timeout: 3_000 });
  await arrives(story, b, 5_000);
  await b.terminal.id('notice-far-mic').waitFor({ state: 'detached', timeout: SAID_MS_MAX });

  await endAndProve(story, { a, b }, call);
}
