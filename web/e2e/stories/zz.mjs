// One side's clock is an hour off: the line stands, the call is held, both desks say by how much they differ.

import { shown, begin, endAndProve, gather, own, TOPICS } from '../lib/call.mjs';

export const title = 'a clock that is an hour off';

export async function tell(story) {
  const { a, b } = await own(story, { desksOnly: true });
  story.step('both desks say it');
  for (const side of [a, b]) {
    
    

  }
  await story.shot(a.desk.page, 'skew');

  story.step('a call from request to proof all the same');
  const call = await a.desk.ask({ topics: TOPICS });
  await b.desk.open(call);
  await b.desk.press('agree');
  await a.desk.phase('agreed');
  await gather(story, { a, b });
  await begin(story, { a, b });
  for (const s of [a,b]) story.note(s.letter+JSON.stringify(shown(s,call).timeline.map(x=>[x.side.slice(0,4),x.number,x.kind])));
  await endAndProve(story, { a, b }, call);
}
