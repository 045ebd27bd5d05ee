// One side's clock is an hour off: the line stands, the call is held, both desks say by how much they differ.

import assert from 'node:assert/strict';
import { begin, endAndProve, gather, own, TOPICS } from '../lib/call.mjs';
import { anHourBehind } from '../lib/time.mjs';

export const title = 'a clock that is an hour off';

export async function tell(story) {
  const { a, b } = await own(story, { desksOnly: true, under: { b: anHourBehind() } });
  story.step('both desks say it');
  for (const side of [a, b]) {
    const skew = side.desk.id('line-skew');
    await skew.waitFor({ timeout: 20_000 });
    const said = (await skew.innerText()).replaceAll('\n', ' ');
    story.note(`${side.letter}: “${said}”`);
    assert.match(said, side === a ? /1 hr.* behind/ : /1 hr.* ahead/);
  }
  await story.shot(a.desk.page, 'skew');

  story.step('a call from request to proof all the same');
  const call = await a.desk.ask({ topics: TOPICS });
  await b.desk.open(call);
  await b.desk.press('agree');
  await a.desk.phase('agreed');
  await gather(story, { a, b });
  await begin(story, { a, b });
  await endAndProve(story, { a, b }, call);
}
