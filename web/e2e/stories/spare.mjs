// Real sound devices: seats that fail their check for what is really wrong with them, a microphone that is switched off
// at itself, one that is pulled out and put back while the spare stands in.

import { checkSeat, demo, endAndProve, gathered, openCheck } from '../lib/call.mjs';
import { media } from '../lib/media.mjs';
import { heard, whoseVoice } from '../lib/probe.mjs';
import { Pulse } from '../lib/pulse.mjs';

export const title = 'a microphone that is silent, switched off, pulled out and put back';

/** From the pull of the plug to the other side hearing the spare. */
const STANDS_IN_MS_MAX = 3_000;

const state = (side) => side.terminal.page.evaluate(async () => (await window.visavis.stats()).state);

const hears = (story, listener, what, within) => story.until(what, async () => whoseVoice(await heard(listener.terminal.page, 700)) === 'a', within);

export async function tell(story) {
  const pulse = await new Pulse(story).start();
  pulse.plug('Table');
  pulse.plug('Spare');
  const { sound } = await media('a', 'small');
  const { a, b } = await demo(story, { a: { pulse } });

  story.step('A chooses its microphone and a spare, before any call');
  await a.terminal.openDevices();
  await a.terminal.chooseDevice('device-microphone', 'Table');
  await a.terminal.chooseDevice('spare-microphone', 'Spare');
  await story.shot(a.terminal.page, 'devices');
  await a.terminal.id('devices-close').click();

  const call = await gathered(story, { a, b });
  await openCheck({ a, b });

  story.step('its seat fails for what is wrong with it');
  story.equal(await checkSeat(a), 'silent_microphone', 'nobody speaks at A');
  await story.shot(a.desk.page, 'silent-microphone');
  pulse.speak('Table', sound);
  story.equal(await checkSeat(a), 'no_camera', 'A has no camera');

  story.step('begun anyway, by both: B hears A');
  await a.desk.twice('begin-anyway');
  await b.desk.twice('begin-anyway');
  for (const side of [a, b]) await side.terminal.screen('session');
  await hears(story, b, 'B hears A');
  await story.until('A is proven heard', async () => (await state(a)).heard === 'good');
  await a.terminal.openDevices();
  story.equal(await a.terminal.id('devices').getAttribute('data-locked'), 'true', 'devices are locked in session');
  await a.terminal.id('devices-close').click();

  story.step('it is switched off at the device itself');
  pulse.mute('Table', true);
  await story.until('A is told', async () => ['muted', 'dead'].includes((await state(a)).fault), 4_000);
  story.note(`A: “${(await a.terminal.id('mic-fault').innerText()).replaceAll('\n', ' ')}”`);
  await story.shot(a.terminal.page, 'muted-at-device');
  pulse.mute('Table', false);
  await hears(story, b, 'B hears A again', 8_000);

  story.step('it is pulled out in mid-sentence: the spare stands in');
  pulse.speak('Spare', sound);
  pulse.unplug('Table');
  const pulled = Date.now();
  await a.terminal.id('device-note').first().waitFor({ timeout: STANDS_IN_MS_MAX });
  story.note(`said after ${Date.now() - pulled} ms: “${(await a.terminal.id('device-note').first().innerText()).replaceAll('\n', ' ')}”`);
  await story.until('the spare is in use', async () => (await state(a)).captured === 'good', STANDS_IN_MS_MAX);
  await hears(story, b, 'B hears A over the spare', 6_000);
  await story.shot(a.terminal.page, 'spare-in-use');

  story.step('and put back: taken again without a reload');
  pulse.hush('Spare');
  pulse.plug('Table');
  await hears(story, b, 'B hears A over the table again', 8_000);
  await endAndProve(story, { a, b }, call);
}
