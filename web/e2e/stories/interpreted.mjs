// Two leaders without a common language: each side's interpreter puts its principal's words into the other's language.
// Every voice has a chime of its own; what each person's loudspeaker plays says who hears whom.

import { begin, demo, endAndProve, gather, TOPICS, USUAL } from '../lib/call.mjs';
import { enrol, Terminal } from '../lib/desk.mjs';
import { CHIME, INTERPRETER } from '../lib/media.mjs';
import { must } from '../lib/node.mjs';
import { instrumentOutput, played } from '../lib/probe.mjs';

/** Seconds. */
export const secondsMax = 1200;

export const title = 'interpreted at the same time: who hears whom, and no crosstalk';

const TONES = { a: CHIME.a, ia: INTERPRETER.a.chime, b: CHIME.b, ib: INTERPRETER.b.chime };
/** A voice that is played stands above this; one that is not, this much below whichever is. Decibels of full scale. */
const HEARD_DB = -55;
const BELOW_DB = 25;

/** Four terminals and two desks share what is one person's machine each: waiting is no bound of this story. */
const PATIENCE_MS = 60_000;

/** Runs in an interpreter's pages: `hush` makes the person silent, not the microphone. */
function hushable() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const voices = [];
  window.hush = (yes) => {
    for (const voice of voices) voice.gain.value = yes ? 0.001 : 1;
  };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    if (!wanted.audio) return stream;
    const context = new AudioContext({ sampleRate: 48_000 });
    const voice = context.createGain();
    voices.push(voice);
    const out = context.createMediaStreamDestination();
    context.createMediaStreamSource(stream).connect(voice).connect(out);
    return out.stream;
  };
}

/** An interpreter's own browser, at his seat. */
async function interpreter(story, side, more = []) {
  const browser = await story.browser(side.letter, { voice: INTERPRETER[side.letter].voice, prepare: [instrumentOutput, ...more] });
  const page = await browser.page(null, 'interpreter', story);
  await page.setViewportSize(USUAL);
  const { link } = JSON.parse(await must(['enrol', '--data', side.data, '--role', 'interpreter', '--name', 'Interpreter', '--json']));
  await enrol(page, link);
  const terminal = new Terminal(page);
  await terminal.screen('waiting');
  return terminal;
}

/** Tools show themselves on movement, and hide again: on a busy machine before the press that follows. */
async function listens(story, side, what) {
  const { page } = side.terminal;
  const choice = side.terminal.id(`listen-${what}`);
  let at = 300;
  await story.until(`${side.letter} listens to: ${what}`, async () => {
    await page.mouse.move((at += 20), 200);
    if (!(await choice.isChecked())) await choice.click({ force: true });
    return choice.isChecked();
  }, PATIENCE_MS);
}

/** Until what a terminal's loudspeaker plays is as `good` finds it; returns the decibels of each voice. */
async function loudspeaker(story, terminal, what, good) {
  const found = await story.until(what, async () => {
    const most = await played(terminal.page, Object.values(TONES), 2_300);
    const voices = Object.fromEntries(Object.entries(TONES).map(([voice, hertz]) => [voice, Math.round(most[hertz])]));
    if (!good(voices)) throw new Error(JSON.stringify(voices));
    return voices;
  }, PATIENCE_MS);
  story.note(`${what}: ${JSON.stringify(found)} dB`);
}

/** Exactly these voices come out of a terminal's loudspeaker. */
function plays(story, terminal, wanted, what) {
  return loudspeaker(story, terminal, what, (found) => {
    const loudest = Math.max(...Object.values(found));
    const heard = Object.keys(found).filter((voice) => found[voice] > HEARD_DB && found[voice] > loudest - BELOW_DB);
    return JSON.stringify(heard.toSorted()) === JSON.stringify(wanted.toSorted());
  });
}

export async function tell(story) {
  const { said, a, b } = await demo(story, { prepare: instrumentOutput });
  const [ia, ib] = [await interpreter(story, a, [hushable]), await interpreter(story, b)];
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
  await listens(story, b, 'original');
  await plays(story, b.terminal, ['a'], 'B’s principal, original');
  await b.terminal.page.mouse.move(320, 200);
  await story.shot(b.terminal.page, 'listen');
  await listens(story, b, 'interpretation');
  await plays(story, b.terminal, ['ia'], 'B’s principal, interpretation');

  story.step('each interpreter hears the floor that he interprets, and never the other interpreter');
  await plays(story, ia, ['a'], 'A’s interpreter');
  await plays(story, ib, ['b'], 'B’s interpreter');

  story.step('A hears both: the original under the interpretation');
  await listens(story, a, 'both');
  await loudspeaker(story, a.terminal, 'A’s principal, both', ({ b: floor, ib: over, a: own, ia: other }) => over > HEARD_DB && floor > over - 40 && floor < over - 8 && own < over - BELOW_DB && other < over - BELOW_DB);

  story.step('B’s interpreter leaves: A and A’s desk are told, and A hears whoever speaks');
  await ib.page.close();
  await a.terminal.id('missed').waitFor();
  await a.desk.page.locator('[data-testid=missed][data-why=missing]').waitFor();
  story.note(`A: “${(await a.terminal.id('missed').innerText()).replaceAll('\n', ' ')}”`);
  await story.shot(a.terminal.page, 'missed');
  await plays(story, a.terminal, ['b'], 'A’s principal, without the interpreter');

  story.step('A’s interpreter falls silent while A speaks: both desks are told');
  const missed = (desk, why) => desk.page.locator(`[data-testid=missed][data-to=ru][data-why=${why}]`);
  await ia.page.keyboard.press('Space');
  story.equal(await ia.mic(), 'false', 'the interpreter’s microphone is off');
  for (const { desk } of [a, b]) await missed(desk, 'muted').waitFor();
  await ia.page.evaluate(() => window.hush(true));
  await ia.page.keyboard.press('Space');
  const silent = (desk) => desk.page.locator('[data-testid=missed][data-why=silent]');
  for (const { desk } of [a, b]) await silent(desk).waitFor();
  await story.shot(b.desk.page, 'silent');
  await ia.page.evaluate(() => window.hush(false));
  for (const { desk } of [a, b]) await silent(desk).waitFor({ state: 'detached' });

  story.step('from now on in turn: everybody hears everybody');
  await listens(story, b, 'original');
  await a.desk.press('counter-open');
  await a.desk.fill({ interpretation: 'consecutive' });
  await a.desk.send();
  await b.desk.press('agree');
  await plays(story, b.terminal, ['a', 'ia'], 'B’s principal, in turn');
  await plays(story, ia, ['a', 'b'], 'A’s interpreter, in turn');
  await plays(story, a.terminal, ['b', 'ia'], 'A’s principal, in turn');

  await endAndProve(story, { a, b }, call);
}
