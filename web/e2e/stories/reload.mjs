// A tab reloaded in mid-call is back in its seat, with its microphone as it was.

import { arrives, demo, drawSmall, endAndProve, seeAndHear, session } from '../lib/call.mjs';
import { received } from '../lib/probe.mjs';

export const title = 'a terminal reloaded in mid-call';

export async function tell(story) {
  const { a, b } = await demo(story);
  const call = await session(story, { a, b });
  await drawSmall({ a, b });
  await Promise.all([arrives(story, a), arrives(story, b)]);

  story.step('A switches the microphone off and reloads');
  await a.terminal.page.keyboard.press('Space');
  story.equal(await a.terminal.mic(), 'false', 'off before the reload');
  await a.terminal.page.reload();
  const began = Date.now();
  await a.terminal.screen('session');
  await arrives(story, a);
  story.note(`back in its seat, seeing and hearing, ${Date.now() - began} ms after the reload`);
  story.equal(await a.terminal.mic(), 'false', 'off after the reload');
  await story.shot(a.terminal.page, 'reloaded-off');
  await story.until(
    'B sees A again, and hears nothing of A',
    async () => {
      const before = await received(b.terminal.page);
      await b.terminal.page.waitForTimeout(1500);
      const after = await received(b.terminal.page);
      return after.picture.frames - before.picture.frames > 10 && after.sound.energy - before.sound.energy < 1e-6;
    },
    12_000,
  );

  story.step('A switches it on, and B reloads with the microphone on');
  await a.terminal.page.keyboard.press('Space');
  story.equal(await a.terminal.mic(), 'true', 'on again');
  await arrives(story, b);
  await b.terminal.page.reload();
  await b.terminal.screen('session');
  story.equal(await b.terminal.mic(), 'true', 'on after the reload');
  await Promise.all([arrives(story, a), arrives(story, b)]);
  await seeAndHear(story, { a, b });
  await endAndProve(story, { a, b }, call);
}
