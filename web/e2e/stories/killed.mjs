// A node is killed while its recorder writes, again and again, at moments that nobody chose: what was written plays, before
// the node is back and after; footage is closed and stays so until both sides open it again; the call goes on.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { arrives, drawSmall, endAndProve, own, session, shown } from '../lib/call.mjs';
import { complaints, facts, takes } from '../lib/footage.mjs';
import { WITHOUT_FFMPEG } from '../lib/node.mjs';

export const title = 'a node killed in the middle of footage, several times';
export const secondsMax = 900;

const TIMES = 4;
/** After the recorder writes, the node has at most so long to live, milliseconds. */
const LIFE_MS = 3_000;
/** Of what the recorder had said that it has written, at most so much is lost, seconds: a fragment is one long. */
const LOST_SECONDS_MAX = 2;

const recorder = (side, state) => side.desk.page.locator(`[data-testid=recorder][data-state=${state}]`);

/** Every growing file of a take plays as it lies there. Returns the seconds of the longest; none where none was begun. */
function asItLies(story, folder, what) {
  const growing = readdirSync(folder).filter((name) => /^\d+\.mp4$/.test(name));
  return Math.max(
    0,
    ...growing.map((name) => {
      const file = join(folder, name);
      story.equal(complaints(file), '', `${what}, ${name}: what a decoder says of it`);
      return facts(file).seconds;
    }),
  );
}

export async function tell(story) {
  const { nodes, a, b } = await own(story, { under: { a: WITHOUT_FFMPEG, b: WITHOUT_FFMPEG } });
  const call = await session(story, { a, b }, { footage: { minutes: 3 } });
  await drawSmall({ a, b });
  await Promise.all([arrives(story, a), arrives(story, b)]);

  for (let time = 1; time <= TIMES; time += 1) {
    const what = `time ${time}`;
    story.step(`${what}: both sides open footage`);
    for (const side of [a, b]) await side.desk.twice('footage-open');
    for (const side of [a, b]) await recorder(side, 'writing').waitFor();
    await b.desk.page.waitForTimeout(LIFE_MS * Math.random());
    const said = Number(await b.desk.id('recorder').getAttribute('data-seconds'));
    await nodes.b.process.kill();
    const take = takes(b.data, call).at(-1);
    story.equal(takes(b.data, call).length, time, `${what}: takes on B's disk`);
    story.check(!take.finished, `${what}: killed while it wrote`, take);
    const written = asItLies(story, take.folder, `${what}, before the node is back`);
    story.check(written >= said - LOST_SECONDS_MAX, `${what}: seconds on the disk of ${said} that the desk was told`, written);

    await nodes.b.serve();
    await Promise.all([arrives(story, a), arrives(story, b)]);
    await story.until(`${what}: the final files are made`, () => existsSync(join(take.folder, 'finished')), 30_000);
    for (const { person, file } of take.persons.filter((one) => existsSync(one.file))) {
      story.equal(complaints(file), '', `${what}, person ${person}: what a decoder says of the final file`);
      story.note(`${what}, person ${person}: ${facts(file).seconds.toFixed(1)} s kept of ${said} that the desk was told`);
    }
    await recorder(a, 'done').waitFor({ timeout: 30_000 });
    for (const side of [a, b]) {
      await story.until(`${what}, ${side.letter}: footage is closed`, () => shown(side, call).footage?.open === false);
      await side.terminal.page.locator('[data-testid=footage][data-mark=off]').waitFor();
    }
  }
  await a.desk.page.evaluate((id) => (location.hash = `#/calls/${id}/clips`), call);
  await a.desk.id('clips-programs').waitFor();
  await story.shot(a.desk.page, 'no-ffmpeg');
  await a.desk.open(call);
  story.equal(takes(a.data, call).length, TIMES, 'takes on A’s disk');
  for (const take of takes(a.data, call)) for (const { file } of take.persons.filter((one) => existsSync(one.file))) story.equal(complaints(file), '', `${file}: of the node that lived`);
  await endAndProve(story, { a, b }, call);
}
