// One node is killed in mid-call and started again: the same call, both pictures back, the gap in the record.

import { arrives, drawSmall, endAndProve, own, seeAndHear, session, shown } from '../lib/call.mjs';

export const title = 'a node killed in mid-call and started again';

/** From the start of the process to both pictures and both voices, in milliseconds. */
const BACK_MS_MAX = 5_000;

export async function tell(story) {
  const { nodes, a, b } = await own(story);
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
  await nodes.b.serve();
  const from = nodes.b.process.startedAt;
  await Promise.all([arrives(story, a), arrives(story, b)]);
  const back = Date.now() - from;
  story.note(`both pictures and voices back ${back} ms after the start`);
  story.check(back <= BACK_MS_MAX, `back within ${BACK_MS_MAX} ms of the start`, back);
  await seeAndHear(story, { a, b });
  for (const side of [a, b]) {
    const view = await story.until(`${side.letter}: the gap is closed in the record`, () => {
      const found = shown(side, call);
      return found.gaps.length > 0 && found.gaps.every((gap) => gap.to) && found;
    });
    story.equal([view.id, view.phase], [call, 'in_session'], `${side.letter}: the same call goes on`);
  }
  await endAndProve(story, { a, b }, call);
}
