// Two leaders without a common language: each side's interpreter puts its principal's words into the other's language.
// Every voice has a chime of its own; what each person's loudspeaker plays says who hears whom.

import { begin, demo, endAndProve, gather, TOPICS, USUAL } from '../lib/call.mjs';
import { enrol, Terminal } from '../lib/desk.mjs';
import { CHIME, INTERPRETER } from '../lib/media.mjs';
import { must } from '../lib/node.mjs';
import { instrumentOutput, played } from '../lib/probe.mjs';

export const title = 'interpreted at the same time: who hears whom, and no crosstalk';

const TONES = { a: CHIME.a, ia: INTERPRETER.a.chime, b: CHIME.b, ib: INTERPRETER.b.chime };
/** A voice that is played stands above this; one that is not, this much below whichever is. Decibels of full scale. */
const HEARD_DB = -55;
const BELOW_DB = 25;

/** An interpreter's own browser, at his seat. */
async function interpreter(story, side) {
  const browser = await story.browser(side.letter, { voice: INTERPRETER[side.letter].voice, prepare: instrumentOutput });
  const page = await browser.page(null, 'interpreter', story);
  await page.setViewportSize(USUAL);
  const { link } = JSON.parse(await must(['enrol', '--data', side.data, '--role', 'interpreter', '--name', 'Interpreter', '--json']));
  await enrol(page, link);
  const terminal = new Terminal(page);
  await terminal.screen('waiting');
  return terminal;
}

/** Exactly these voices come out of a terminal's loudspeaker. */
async function plays(story, terminal, wanted, what) {
  let found;
  await story.until(what, async () => {
    const most = await played(terminal.page, Object.values(TONES), 2_300);
    found = Object.fromEntries(Object.entries(TONES).map(([voice, hertz]) => [voice, Math.round(most[hertz])]));
    const loudest = Math.max(...Object.values(found));
    const heard = Object.keys(found).filter((voice) => found[voice] > HEARD_DB && found[voice] > loudest - BELOW_DB);
    if (JSON.stringify(heard.toSorted()) !== JSON.stringify(wanted.toSorted())) throw new Error(JSON.stringify(found));
    return true;
  }, 20_000);
  story.note(`${what}: ${JSON.stringify(found)} dB`);
}

export async function tell(story) {
  const { said, a, b } = await demo(story, { prepare: instrumentOutput });
  const [ia, ib] = [await interpreter(story, a), await interpreter(story, b)];
  const [sideA, sideB] = said.sides.map(({ side }) => side);

  story.step('agreed: sound alone, interpreted at the same time');
  const interpreters = { [sideA]: { from: 'en', to: 'ru' }, [sideB]: { from: 'ru', to: 'en' } };
  const call = await a.desk.ask({ topics: TOPICS, medium: 'sound', interpretation: 'simultaneous', interpreters });
  await b.desk.ring();
  await b.desk.answerRing();
  await story.shot(b.desk.page, 'terms');
  await b.desk.press('agree');
  await gather(story, { a, b });
  await Promise.all([ia.screen('gathering'), ib.screen('gathering')]);
  await begin(story, { a, b });

  story.step('B chooses what to hear');
  await b.terminal.page.mouse.move(300, 200);
  await b.terminal.id('listen-original').check({ force: true });
  await plays(story, b.terminal, ['a'], 'B’s principal, original');
  await b.terminal.page.mouse.move(320, 200);
  await story.shot(b.terminal.page, 'listen');
  await b.terminal.id('listen-interpretation').check({ force: true });
  await plays(story, b.terminal, ['ia'], 'B’s principal, interpretation');

  story.step('each interpreter hears the floor that he interprets, and never the other interpreter');
  await plays(story, ia, ['a'], 'A’s interpreter');
  await plays(story, ib, ['b'], 'B’s interpreter');

  story.step('A hears both: the original under the interpretation');
  await a.terminal.page.mouse.move(300, 200);
  await a.terminal.id('listen-both').check({ force: true });
  await story.until('A’s principal hears both', async () => {
    const most = await played(a.terminal.page, Object.values(TONES), 2_300);
    const { b: floor, ib: over, a: own, ia: other } = Object.fromEntries(Object.entries(TONES).map(([voice, hertz]) => [voice, most[hertz]]));
    if (!(over > HEARD_DB && floor > over - 40 && floor < over - 8 && own < over - BELOW_DB && other < over - BELOW_DB)) throw new Error(JSON.stringify({ floor, over, own, other }));
    story.note(`A’s principal, both: interpretation ${over.toFixed(0)} dB, original ${floor.toFixed(0)} dB`);
    return true;
  }, 20_000);

  story.step('B’s interpreter leaves: A and A’s desk are told, and the floor comes back');
  await ib.page.close();
  await a.terminal.id('missed').waitFor({ timeout: 20_000 });
  story.note(`A: “${(await a.terminal.id('missed').innerText()).replaceAll('\n', ' ')}”`);
  await story.shot(a.terminal.page, 'missed');
  await plays(story, a.terminal, ['b'], 'A’s principal hears the original');

  await endAndProve(story, { a, b }, call);
}
