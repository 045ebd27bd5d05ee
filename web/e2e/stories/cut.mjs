// The link is cut for half a minute in mid-call: a sentence on every screen, the same call afterwards, the gap in the record.

import { arrives, drawSmall, endAndProve, own, seeAndHear, session, shown } from '../lib/call.mjs';
import { control, OCEAN } from '../lib/relay.mjs';

export const title = 'the link between the nodes cut for 30 s';

const CUT_MS = 30_000;

/** From the mended link to both pictures and both voices: the nodes try again with growing pauses. */
const BACK_MS_MAX = 15_000;

export async function tell(story) {
  const relays = [];
  const route = async (side) => {
    const { said } = await story.impair(['--to', side.link, '--both', OCEAN, '--seed', '7'], side.letter);
    relays.push(said.control);
    return said.address;
  };
  const { a, b } = await own(story, { route });
  const call = await session(story, { a, b });
  await drawSmall({ a, b });
  await Promise.all([arrives(story, a), arrives(story, b)]);
  await seeAndHear(story, { a, b }, { seconds: 3 });

  story.step(`the link is cut for ${CUT_MS / 1000} s`);
  const cutAt = Date.now();
  for (const relay of relays) await control(relay, 'both cut=1');
  for (const side of [a, b]) {
    const notice = side.terminal.id('notice-cut');
    await notice.waitFor({ timeout: 12_000 });
    story.note(`${side.letter}, ${Date.now() - cutAt} ms after the cut: “${(await notice.innerText()).trim()}”`);
  }
  await a.desk.id('interrupted').waitFor();
  await story.shot(a.terminal.page, 'cut-terminal');
  await story.shot(a.desk.page, 'cut-desk');
  await a.terminal.page.waitForTimeout(Math.max(0, CUT_MS - (Date.now() - cutAt)));

  story.step('and mended');
  const mendedAt = Date.now();
  for (const relay of relays) await control(relay, 'both cut=0');
  await Promise.all([arrives(story, a, BACK_MS_MAX), arrives(story, b, BACK_MS_MAX)]);
  story.note(`both pictures and voices back ${Date.now() - mendedAt} ms after the link was mended`);
  await seeAndHear(story, { a, b }, { seconds: 3 });
  for (const side of [a, b]) {
    const view = await story.until(`${side.letter}: the gap is closed in the record`, () => {
      const found = shown(side, call);
      return found.gaps.length > 0 && found.gaps.every((gap) => gap.to) && found;
    });
    const [gap] = view.gaps;
    const seconds = (Date.parse(gap.to) - Date.parse(gap.from)) / 1000;
    story.check(seconds > 15 && seconds < 60, `${side.letter}: a gap of about half a minute`, seconds);
    story.equal([view.id, view.phase], [call, 'in_session'], `${side.letter}: the same call goes on`);
  }
  await endAndProve(story, { a, b }, call);
}
