// The parts that several stories share: both sides at their places, a call taken as far as a story needs it, and
// the assertion that matters, made on what each terminal decoded.

import { join } from 'node:path';
import { Desk, enrol, Terminal } from './desk.mjs';
import { must } from './node.mjs';
import { pair } from './pair.mjs';
import { corners, heard, received, receivedDuring, whoseVoice, whoseWall } from './probe.mjs';

export const TOPICS = ['EXAMPLE: order of the talks', 'EXAMPLE: next meeting'];

/** A terminal's window. Without a graphics card a larger one costs more than the media. */
export const USUAL = { width: 960, height: 540 };

/** How long a picture may take to grow to a real size after it arrived. */
const GROW_MS_MAX = 10_000;

/** The other side of a line. */
export const other = { a: 'b', b: 'a' };

/**
 * Both sides' browsers (or `only` one's) with a desk and a principal's terminal each, enrolled and signed in, in a
 * running demo. Under `a` and `b` are options for one side's browser; `under` starts the demo in another time.
 */
export async function demo(story, { only, under, ...options } = {}) {
  const { process, said } = await story.start(['demo', '--json'], 'demo', { under });
  const sides = {};
  for (const [index, letter] of ['a', 'b'].entries()) {
    if (only && only !== letter) continue;
    sides[letter] = await seat(story, letter, said.sides[index], { ...options, ...options[letter] });
  }
  return { process, said, ...sides };
}

/**
 * One side's people at their places. `links` has the one-time links `desk` and `terminal`; without the second there is
 * a desk alone.
 */
export async function seat(story, letter, links, { size = 'tiny', desksOnly = false, ...options } = {}) {
  const browser = await story.browser(letter, { size, ...options });
  const deskPage = await browser.page(null, 'desk', story);
  await enrol(deskPage, links.desk);
  const side = { ...links, links, letter, browser, desk: new Desk(deskPage), terminal: undefined };
  await side.desk.lineUp();
  if (desksOnly || !links.terminal) return side;
  const terminalPage = await browser.page(null, 'terminal', story);
  if (!options.viewport) await terminalPage.setViewportSize(USUAL);
  await enrol(terminalPage, links.terminal);
  side.terminal = new Terminal(terminalPage);
  await side.terminal.screen('waiting');
  return side;
}

/** Two nodes of their own, paired, each with its people at their places. */
export async function own(story, options = {}) {
  const nodes = await pair(story, options);
  const sides = { nodes };
  for (const letter of ['a', 'b']) {
    const node = nodes[letter];
    const desk = (await node.enrol('operator', 'Desk')).link;
    const terminal = (await node.enrol('principal', 'Principal')).link;
    sides[letter] = await seat(story, letter, { desk, terminal, data: node.data }, { ...options, ...options[letter] });
  }
  return sides;
}

/** From nothing to both sides gathered, under terms that A asks for and B agrees to. Returns the call's id. */
export async function gathered(story, { a, b }, terms) {
  const call = await a.desk.ask({ topics: TOPICS, ...terms });
  await b.desk.ring();
  await b.desk.answerRing();
  await b.desk.press('agree');
  await a.desk.phase('agreed');
  await b.desk.phase('agreed');
  await gather(story, { a, b });
  return call;
}

/** From nothing to a running session. Returns the call's id. */
export async function session(story, { a, b }, terms) {
  const call = await gathered(story, { a, b }, terms);
  await begin(story, { a, b });
  return call;
}

/**
 * Draws the terminals small: without a graphics card that costs more than the media, and a story that takes times wants
 * the machine for those.
 */
export async function drawSmall({ a, b }) {
  for (const { terminal } of [a, b]) await terminal.page.setViewportSize({ width: 640, height: 360 });
}

export async function gather(story, { a, b }) {
  await a.desk.press('gather');
  await b.desk.press('gather');
  for (const side of [a, b]) {
    await side.desk.phase('gathering');
    await side.terminal?.screen('gathering');
  }
}

/** Both sides' halves of a check: sound and picture pass between the terminals. */
export async function openCheck({ a, b }) {
  await a.desk.press('check-on');
  await b.desk.press('check-on');
  for (const side of [a, b]) await side.terminal.id('check').waitFor();
}

/** Both sides check their seats before Begin: each is heard and seen at the far end, and hears the tone. Both sign. */
export async function check({ a, b }) {
  await openCheck({ a, b });
  for (const side of [a, b]) {
    await side.desk.press('check-seat');
    await side.terminal.id('check-tone-yes').click();
    await side.desk.page.locator('[data-testid=check-result][data-good=true]').waitFor();
    await side.terminal.id('check-close').click();
    await side.desk.press('sign-check');
  }
}

/** One seat checks itself, its person answering whether he `hears` the tone; returns the fault that its desk shows. */
export async function checkSeat(side, hears = true) {
  await side.desk.press('check-seat');
  return checkedSeat(side, hears);
}

/** The end of a seat's check that runs: its person says whether the tone is heard. Returns the fault, or ''. */
export async function checkedSeat(side, hears = true) {
  await side.terminal.id(hears ? 'check-tone-yes' : 'check-tone-no').click({ timeout: 60_000 });
  const result = side.desk.id('check-result');
  await result.waitFor();
  const fault = await result.getAttribute('data-fault');
  await side.terminal.id('check-close').click();
  return fault;
}

/** Both sides begin a session whose seats nobody checked: each operator is told so, and presses twice. */
export async function begin(story, { a, b }) {
  await a.desk.twice('begin-anyway');
  await b.desk.twice('begin-anyway');
  for (const side of [a, b]) {
    await side.desk.phase('in_session');
    await side.terminal?.screen('session');
  }
}

/** What the node of one side told its desk of a call, newest. */
export const shown = (side, call) => side.desk.page.told.get(call) ?? { offers: [], gaps: [], timeline: [] };

/** The statements of a call as one side keeps them on disk: their hashes, in one order. */
export async function kept(side, call) {
  const { timeline } = JSON.parse(await must(['call', 'show', call, '--data', side.data, '--json']));
  return timeline.map((statement) => statement.hash).toSorted();
}

/** Ends the call at A's desk and proves A's record. */
export async function endAndProve(story, { a, b }, call) {
  await a.desk.twice('end');
  await a.desk.phase('ended');
  await b.desk.phase('ended');
  const file = join(story.folder, 'record.cbor');
  await must(['call', 'export', call, '--data', a.data, '--out', file]);
  await must(['verify', file, '--data', a.data]);
}

/** Waits until `side` decodes a running picture and audible sound; returns how long that took in milliseconds. */
export async function arrives(story, side, within = 15_000) {
  const began = Date.now();
  await story.until(
    `${side.letter}: picture and sound arrive`,
    async () => {
      const { frames, energy } = await receivedDuring(side.terminal.page, 500);
      return frames >= 5 && energy > 1e-4;
    },
    within,
    50,
  );
  return Date.now() - began;
}

const stats = (side) => side.terminal.page.evaluate(() => window.visavis.stats());

/** Bytes in each packet of sound that a side sends in two seconds. */
export async function soundSize(side) {
  const sound = async () => (await stats(side)).own.find((sent) => sent.kind === 'sound');
  const before = await sound();
  await side.terminal.page.waitForTimeout(2000);
  const after = await sound();
  return (after.bytes - before.bytes) / (after.packets - before.packets);
}

/** Notes each second in `rates.log` what every sender was told, aims at and sends, until the function that it returns is called. */
export function watchSenders(story, sides) {
  const look = async (side) => {
    const { kbps, rtt_ms, own } = await stats(side);
    const picture = own.find((sent) => sent.kind === 'picture');
    story.append('rates.log', `${story.clock} ${side.letter} ${JSON.stringify({ kbps, rtt_ms, ...picture })}\n`);
  };
  const timer = setInterval(() => {
    for (const side of sides) look(side).catch(() => undefined);
  }, 1000);
  return () => clearInterval(timer);
}

/**
 * Each side sees and hears the other, and only the other: frames decoded at a running rate, a real picture's size,
 * energy in the decoded sound, the other's wall behind the figure and the other's chime in the voice.
 */
export async function seeAndHear(story, { a, b }, { frames = 8, seconds = 4, width = 320 } = {}) {
  for (const side of [a, b]) {
    const far = other[side.letter];
    const { page } = side.terminal;
    // A sender begins small and grows into the rate that it is told: that takes seconds, and is the browser's own pace.
    const grown = Date.now();
    await story.until(`${side.letter}: a picture at least ${width} wide`, async () => (await received(page)).picture.width >= width, GROW_MS_MAX);
    const took = Date.now() - grown;
    if (took > 1000) story.note(`${side.letter}: the picture grew to ${width} pixels in ${took} ms more`);
    const got = await receivedDuring(page, seconds * 1000);
    const rate = got.frames / got.seconds;
    story.check(rate >= frames, `${side.letter}: pictures decoded a second, at least ${frames}`, rate);
    story.check(got.energy > 1e-3, `${side.letter}: energy in the decoded sound`, got.energy);
    const wall = await corners(page, '[data-testid=far-picture]');
    story.equal(whoseWall(wall), far, `${side.letter}: sees the other side (${JSON.stringify(wall)})`);
    const voice = await heard(page, 2500);
    story.equal(whoseVoice(voice), far, `${side.letter}: hears the other side (${JSON.stringify(voice)})`);
    story.note(
      `${side.letter} sees ${far} at ${got.width}×${got.height}, ${rate.toFixed(1)} pictures a second, ` +
        `${got.freezes} freezes, ${((100 * got.concealed) / Math.max(1, got.samples)).toFixed(1)} % of sound concealed`,
    );
  }
}
