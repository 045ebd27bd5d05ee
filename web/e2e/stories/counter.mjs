// What operators do with offers: counter, decline, withdraw, ask at the same instant, agree to what just changed.

import { demo, shown, TOPICS } from '../lib/call.mjs';

export const title = 'offers that are countered, declined, withdrawn, crossed and overtaken';

export async function tell(story) {
  const { a, b } = await demo(story, { desksOnly: true });

  story.step('B counters: the differences are shown on both sides, and A agrees');
  const first = await a.desk.ask({ topics: TOPICS, minutes: 60 });
  await b.desk.ring();
  await b.desk.answerRing();
  await b.desk.press('counter-open');
  await b.desk.fill({ topics: ['EXAMPLE: one topic alone'], minutes: 45 });
  await b.desk.id('differences').waitFor();
  await story.shot(b.desk.page, 'counter-form');
  await b.desk.send();
  await b.desk.call.waitFor();
  await a.desk.open(first);
  await a.desk.id('differences').waitFor();
  const differ = await a.desk.differences();
  story.check(differ.includes('minutes') && differ.includes('topics'), 'minutes and topics are shown as different', differ);
  await story.shot(a.desk.page, 'counter-differences');
  await a.desk.press('agree');
  for (const side of [a, b]) {
    await side.desk.phase('agreed');
    await story.until(`${side.letter}: 45 minutes are agreed`, () => shown(side, first).terms.minutes === 45);
  }

  story.step('declined');
  const second = await a.desk.ask({ topics: ['EXAMPLE: declined'] });
  await b.desk.open(second);
  await b.desk.twice('decline');
  await a.desk.phase('declined');
  await b.desk.phase('declined');

  story.step('withdrawn');
  const third = await a.desk.ask({ topics: ['EXAMPLE: withdrawn'] });
  await b.desk.open(third);
  await a.desk.twice('withdraw-offer');
  await a.desk.phase('withdrawn');
  await b.desk.phase('withdrawn');

  await crossing(story, a, b);
  await overtaken(story, a, b);
}

/** Both ask at the same instant: two calls; agreeing to one offers to withdraw the other. */
async function crossing(story, a, b) {
  story.step('both ask at the same instant: two calls');
  for (const side of [a, b]) {
    await side.desk.id('ask-open').click();
    await side.desk.fill({ reason: 'EXAMPLE', topics: [`EXAMPLE: asked by ${side.letter}`] });
  }
  await Promise.all([a.desk.send(), b.desk.send()]);
  const [ofA, ofB] = await Promise.all([a, b].map(async (side) => {
    await side.desk.call.waitFor();
    return side.desk.call.getAttribute('data-call');
  }));
  story.check(ofA !== ofB, 'two calls with ids of their own', [ofA, ofB]);
  await a.desk.open(ofB);
  await b.desk.open(ofA);
  await a.desk.press('agree');
  await a.desk.phase('agreed');
  const offered = a.desk.page.locator(`[data-testid=halfway][data-call="${ofA}"]`);
  await offered.waitFor();
  await story.shot(a.desk.page, 'halfway');
  await offered.getByTestId('halfway-withdraw').click();
  await a.desk.open(ofA);
  await a.desk.phase('withdrawn');
  await b.desk.phase('withdrawn');
  await b.desk.open(ofB);
  await b.desk.phase('agreed');
}

/** Holds back B's press of *Agree* until `meanwhile` has happened and B's node knows of it. */
async function agreeLate(b, meanwhile) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await b.desk.page.route('**/agree', async (route) => {
    await held;
    await route.continue();
  });
  await b.desk.press('agree');
  await meanwhile();
  release();
}

/** The terms change while B's *Agree* is on its way. */
async function overtaken(story, a, b) {
  story.step('A withdraws while B agrees: refused in words, nothing agreed');
  const gone = await a.desk.ask({ topics: ['EXAMPLE: withdrawn under the pen'] });
  await b.desk.open(gone);
  await agreeLate(b, async () => {
    await a.desk.twice('withdraw-offer');
    await story.until('B’s node knows', () => shown(b, gone).phase === 'withdrawn');
  });
  const trouble = b.desk.id('trouble');
  await trouble.waitFor();
  story.note(`refused with ${await trouble.getAttribute('data-code')}: “${await trouble.innerText()}”`);
  await story.shot(b.desk.page, 'overtaken');
  for (const side of [a, b]) story.equal(shown(side, gone).phase, 'withdrawn', `${side.letter}: nothing was agreed`);
  await b.desk.page.unroute('**/agree');

  story.step('A offers other terms while B agrees: agreed is what B read, the other is shown with its differences');
  const call = await a.desk.ask({ topics: ['EXAMPLE: overtaken'], minutes: 60 });
  await b.desk.open(call);
  await agreeLate(b, async () => {
    await a.desk.press('counter-open');
    await a.desk.fill({ minutes: 90 });
    await a.desk.send();
    await a.desk.call.waitFor();
    await story.until('A’s other terms are on B’s node', () => shown(b, call).offers.length === 2);
  });
  await b.desk.phase('agreed');
  await b.desk.page.unroute('**/agree');
  story.equal(shown(b, call).terms.minutes, 60, 'what B read is agreed');
  await b.desk.id('differences').waitFor();
  story.check((await b.desk.differences()).includes('minutes'), 'the difference is shown');
  await b.desk.press('agree');
  await story.until('the newer terms replace them', () => shown(a, call).terms.minutes === 90);
}
