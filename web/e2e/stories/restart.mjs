// One node is killed in mid-call and started again: the same call, both pictures back, the gap in the record. Its side
// forbids open microphones meanwhile: from then on its terminals close the device whenever the microphone is off.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrives, drawSmall, endAndProve, own, seeAndHear, session, shown } from '../lib/call.mjs';
import { lost, ticking } from '../lib/late.mjs';

export const title = 'a node killed in mid-call and started again';

/** From the start of the process to both pictures and both voices, in milliseconds. */
const BACK_MS_MAX = 5_000;

/** Runs in B's pages: `window.microphonesOpen()` counts microphones whose device is open. */
function watchDevices() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const tracks = [];
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    tracks.push(...stream.getAudioTracks());
    return stream;
  };
  window.microphonesOpen = () => tracks.filter((track) => track.readyState === 'live').length;
}

/** B's side writes into its configuration that no microphone stays open while it is off. */
function forbidOpenMicrophones(node) {
  const file = join(node.data, 'visavis.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('microphone_stays_open = true', 'microphone_stays_open = false'));
}

export async function tell(story) {
  const { nodes, a, b } = await own(story, { prepare: ticking, b: { prepare: [watchDevices, ticking] } });
  const call = await session(story, { a, b });
  await drawSmall({ a, b });
  await Promise.all([arrives(story, a), arrives(story, b)]);

  story.step('B’s node is killed');
  await nodes.b.process.kill();
  await a.terminal.id('notice-cut').waitFor();
  await b.terminal.id('notice-node').waitFor();
  await story.shot(a.terminal.page, 'cut-a');
  await story.shot(b.terminal.page, 'cut-b');
  await a.terminal.page.waitForTimeout(2000);

  story.step('and started again');
  forbidOpenMicrophones(nodes.b);
  await nodes.b.serve();
  const from = nodes.b.process.startedAt;
  await Promise.all([arrives(story, a), arrives(story, b)]);
  const back = Date.now() - from;
  const lag = Math.max(...(await Promise.all([a, b].map(({ terminal }) => lost(terminal.page, from, from + back)))));
  story.note(`both pictures and voices back ${back} ms after the start, of which a page stood still for ${lag}`);
  story.check(back <= BACK_MS_MAX + lag, `back within ${BACK_MS_MAX} ms of the start, and ${lag} for which a page stood still`, back);
  await seeAndHear(story, { a, b });
  for (const side of [a, b]) {
    const view = await story.until(`${side.letter}: the gap is closed in the record`, () => {
      const found = shown(side, call);
      return found.gaps.length > 0 && found.gaps.every((gap) => gap.to) && found;
    });
    story.equal([view.id, view.phase], [call, 'in_session'], `${side.letter}: the same call goes on`);
  }

  story.step('B’s side forbids open microphones from now on');
  const open = () => b.terminal.page.evaluate(() => window.microphonesOpen());
  story.equal(await open(), 1, 'B’s microphone is on, and its device open');
  await b.terminal.page.keyboard.press('Space');
  story.equal(await b.terminal.id('mic-open').getAttribute('data-open'), 'false', 'off, B is told that nobody can warn');
  await story.until('the device is closed', async () => (await open()) === 0, 2_000);
  await b.terminal.page.keyboard.press('Space');
  await story.until('and open again when it is on', async () => (await open()) === 1, 2_000);
  await endAndProve(story, { a, b }, call);
}
