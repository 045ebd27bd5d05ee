// Footage: opened by both sides, recorded at both nodes, closed by one of them in mid-sentence. What came before is in
// the files, what came after in none, and nothing that a recorder ever held opens a later frame. Once more in a cut.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { arrives, drawSmall, endAndProve, other, own, session, shown } from '../lib/call.mjs';
import { chimeOf, samplesOf } from '../lib/capture.mjs';
import { complaints, facts, opened, pictures, spokenClock, Tail, takes, wordsHeard } from '../lib/footage.mjs';
import { stoodStill, ticking } from '../lib/late.mjs';
import { PICTURES } from '../lib/media.mjs';
import { WITHOUT_FFMPEG } from '../lib/node.mjs';
import { whoseWall } from '../lib/probe.mjs';
import { control, OCEAN } from '../lib/relay.mjs';

export const title = 'footage, recorded by both sides and closed by one';

const MINUTES = 3;
/** From the press to the last frame that anything of the recorders' opens, while the link is up. */
const CLOSES_MS_MAX = 500;
/** In this time after a press it matters by how much pages run late. */
const CLOSING_MS = 1_500;
/** A press is written down to this, at both nodes: the other side's clock is known to less than what its node takes off. */
const PRESS_MS_MAX = 5;
/** In a cut the other side's frames go on until the lease of 2 s is over: from the far side's last word, not from the cut. */
const LEASE_MS_MAX = 2_500;
/** The press is in the file to this: capture time is an upper bound by the way over the ocean, pictures and words come each 100 ms. */
const BEFORE_MS_MAX = 400;
/** The last word is found a little before the last sound: a voice lies over it. */
const WORD_MS = 400;
/** What comes over the line ends with the cut, a little before the press. */
const CUT_MS_MAX = 1_500;
/** So many of the camera's pictures in a row may a page miss on a machine that is busy: a second of them. */
const MISSED_MAX = 10;
/** A moment and the picture of it: less than half of the time in which the camera's file passes. */
const NEAR_MS = 3_000;
/** A chime stands out of a voice by far more. */
const CHIME_LEAST = 8;

/** The longest that a page stood still in the time after a press, milliseconds. */
const late = ({ page }, from) => stoodStill(page, from, from + CLOSING_MS);

/** What both screens and both desks show while footage is open. */
async function isShown(story, sides) {
  for (const side of sides) {
    const mark = side.terminal.page.locator('[data-testid=footage][data-mark=on][data-sent=true]');
    await mark.waitFor();
    const left = Number(await mark.getAttribute('data-left'));
    story.check(left > 0 && left <= MINUTES * 60, `${side.letter}: the terminal shows the seconds left`, left);
  }
  story.step('the mark is on both screens');
  for (const side of sides) {
    await side.desk.id('footage-bar').waitFor();
    await side.desk.page.locator('[data-testid=recorder][data-state=writing]').waitFor();
  }
}

/** The own recorder as a desk shows it. */
async function recorder(side) {
  const { state, seconds, bytes } = await side.desk.id('recorder').evaluate((shown) => ({ ...shown.dataset }));
  return { state, seconds: Number(seconds), bytes: Number(bytes) };
}

async function open(story, { a, b }) {
  for (const side of [a, b]) await side.desk.twice('footage-open');
  await isShown(story, [a, b]);
}

/** Presses a key on a page; the moment of the press as the page has it, milliseconds of the machine's clock. */
async function press(page, key) {
  await page.evaluate(() => addEventListener('keydown', (event) => (window.pressedAt = performance.timeOrigin + event.timeStamp), { capture: true, once: true }));
  await page.keyboard.press(key);
  return page.evaluate(() => window.pressedAt);
}

async function isGone(story, sides) {
  for (const side of sides) {
    await side.terminal.page.locator('[data-testid=footage][data-mark=off]').waitFor();
    await side.desk.id('footage-bar').waitFor({ state: 'detached' });
  }
}

/** One take at each node, finished. */
async function finished(story, { a, b }, call, count) {
  for (const side of [a, b]) {
    await side.desk.page.locator('[data-testid=recorder][data-state=done]').waitFor({ timeout: 60_000 });
    story.equal(takes(side.data, call).length, count, `${side.letter}: takes on the disk`);
  }
}

/**
 * When the camera took the picture of this number that is nearest to a moment. A page that is late misses pictures of its
 * camera: one that it missed was taken between those before and after that it saw, as evenly as a camera takes them.
 */
async function takenAt(side, number, around) {
  const taken = await side.terminal.page.evaluate(() => window.taken);
  const nearest = (one) => taken.filter(([seen]) => seen === one).reduce((best, [, at]) => (Math.abs(at - around) < Math.abs(best - around) ? at : best), -Infinity);
  const seen = (way) => {
    for (let off = 0; off <= MISSED_MAX; off += 1) {
      const at = nearest((number + way * off + PICTURES) % PICTURES);
      // The camera's file begins again after some seconds.
      if (Math.abs(at - around) < NEAR_MS) return { off, at };
    }
    return null;
  };
  const [before, after] = [seen(-1), seen(1)];
  if (!before || !after) return before?.at ?? after?.at ?? -Infinity;
  return before.off ? before.at + ((after.at - before.at) * before.off) / (before.off + after.off) : before.at;
}

/** By how much the last picture of each file of a take was taken after the press. */
async function lastPictures(sides, node, call, number, pressedAt) {
  const { persons } = takes(sides[node].data, call)[number];
  const letter = (side) => (side === sides.a.side ? 'a' : 'b');
  return Promise.all(persons.map(async ({ side, file }) => (await takenAt(sides[letter(side)], pictures(file).at(-1).number, pressedAt)) - pressedAt));
}

/** Both persons' files of one take: they play, they show and speak the right side, and they end at the press. */
async function look(story, sides, node, call, number, pressedAt, far) {
  const take = takes(sides[node].data, call)[number];
  story.equal(take.persons.length, 2, `${node}: files of both principals`);
  for (const { side, person, file } of take.persons) {
    const letter = side === sides.a.side ? 'a' : 'b';
    const what = `${node}'s file of ${letter} (person ${person})`;
    story.equal(complaints(file), '', `${what}: what a decoder says of it`);
    const { seconds, picture, sound } = facts(file);
    story.equal([picture?.codec_name, sound?.codec_name], ['vp9', 'opus'], `${what}: what it holds`);
    const seen = pictures(file);
    story.equal(seen.length, Number(picture.nb_read_frames), `${what}: pictures decoded`);
    story.equal(whoseWall(seen[Math.floor(seen.length / 2)]?.wall), letter, `${what}: whose picture`);
    const samples = samplesOf(file);
    const chimes = { own: chimeOf(samples, letter), far: chimeOf(samples, other[letter]) };
    story.check(chimes.own > CHIME_LEAST, `${what}: the speaker's chime`, chimes);
    story.check(chimes.far < chimes.own / 8, `${what}: nobody else's chime`, chimes);
    const last = (await takenAt(sides[letter], seen.at(-1).number, pressedAt)) - pressedAt;
    const word = wordsHeard(file, pressedAt).at(-1) - pressedAt;
    story.note(`${what}: ${seconds.toFixed(1)} s, ${seen.length} pictures of ${picture.width}×${picture.height}; the last picture ${Math.round(last)} ms, the last word ${Math.round(word)} ms from the press`);
    for (const [of, at, least] of [['picture', last, -far], ['word', word, -far - WORD_MS]]) story.check(at <= 0 && at > least, `${what}: the last ${of} is from before the press, and not long before`, at);
  }
  return take;
}

export async function tell(story) {
  const folders = {};
  const under = {};
  for (const letter of ['a', 'b']) {
    folders[letter] = join(story.scratch('capture'), letter);
    mkdirSync(folders[letter], { recursive: true });
    under[letter] = [...WITHOUT_FFMPEG, `VISAVIS_CAPTURE=${folders[letter]}`];
  }
  const relays = [];
  const route = async (side) => {
    const { said } = await story.impair(['--to', side.link, '--both', OCEAN, '--seed', '5'], side.letter);
    relays.push(said.control);
    return said.address;
  };
  const { a, b } = await own(story, { size: 'numbered', route, under, prepare: [spokenClock, ticking] });
  const call = await session(story, { a, b }, { footage: { minutes: MINUTES } });
  for (const side of [a, b]) side.side = shown(side, call).terms.zones.find(({ place }) => place === (side === a ? 'Washington' : 'Moscow')).side;
  await drawSmall({ a, b });
  await Promise.all([arrives(story, a), arrives(story, b)]);
  const data = { a: a.data, b: b.data };
  const tail = new Tail(Object.values(folders));
  story.undo.push(() => tail.stop());

  story.step('A opens its half: nothing is shown, nothing recorded');
  await a.desk.twice('footage-open');
  await b.desk.page.locator('[data-testid=footage][data-far=true]').waitFor();
  for (const side of [a, b]) story.equal(await side.terminal.id('footage').getAttribute('data-mark'), 'off', `${side.letter}: no mark for half an opening`);
  story.equal([takes(a.data, call).length, takes(b.data, call).length], [0, 0], 'no take');

  story.step('B opens too: the mark on both screens, both recorders write');
  const openedAt = Date.now();
  await b.desk.twice('footage-open');
  await isShown(story, [a, b]);
  story.note(`open on both screens and written by both recorders ${Date.now() - openedAt} ms after the second press`);
  await story.shot(b.terminal.page, 'open-terminal');
  await story.shot(b.desk.page, 'open-desk');
  for (const side of [a, b]) {
    const before = await recorder(side);
    const grown = await story.until(`${side.letter}: the desk shows more seconds and bytes`, async () => {
      const now = await recorder(side);
      return now.seconds >= before.seconds + 3 && now.bytes > before.bytes && now;
    });
    story.equal(grown.state, 'writing', `${side.letter}: the recorder`);
  }

  story.step('A presses F9 at the desk in mid-sentence');
  const pressedAt = await press(a.desk.page, 'F9');
  await isGone(story, [a, b]);
  story.note(`the mark is gone on both screens ${Math.round(Date.now() - pressedAt)} ms after the press`);
  await finished(story, { a, b }, call, 1);
  const lateness = { desk: await late(a.desk, pressedAt), a: await late(a.terminal, pressedAt), b: await late(b.terminal, pressedAt) };
  story.note(`pages ran late after the press by at most ${JSON.stringify(lateness)} ms`);
  const sides = { a, b };
  for (const node of ['a', 'b']) {
    const { pressed } = await look(story, sides, node, call, 0, pressedAt, BEFORE_MS_MAX + lateness.a + lateness.b);
    story.note(`${node}: the press as the journal has it: ${(pressed - pressedAt).toFixed(0)} ms from the press`);
    story.check(pressed <= pressedAt + PRESS_MS_MAX, `${node}: the journal's press is none later`, pressed - pressedAt);
  }

  story.step('open again; the link is cut, and A closes');
  const reopenedAt = Date.now();
  await open(story, { a, b });
  await a.terminal.page.waitForTimeout(3_000);
  for (const relay of relays) await control(relay, 'both cut=1');
  const cutAt = Date.now();
  await a.terminal.page.waitForTimeout(300);
  const cutPressedAt = await press(a.terminal.page, 'F9');
  await isGone(story, [a, b]);
  story.note(`the mark is gone on both screens ${Date.now() - cutAt} ms after the cut`);
  const cutLag = await late(a.terminal, cutPressedAt);
  await a.terminal.page.waitForTimeout(2_500);
  for (const relay of relays) await control(relay, 'both cut=0');
  await Promise.all([arrives(story, a), arrives(story, b)]);
  await finished(story, { a, b }, call, 2);
  await story.until('B’s files end at A’s press, of which B heard after the cut', async () => (await lastPictures(sides, 'b', call, 1, cutPressedAt)).every((after) => after <= 0));
  for (const node of ['a', 'b']) await look(story, sides, node, call, 1, cutPressedAt, CUT_MS_MAX);

  tail.stop();
  const seats = shown(a, call).seats.filter(({ role }) => role === 'principal').map(({ key }) => key);
  const { roots, found } = await opened({ folders, data, envelopes: [...a.terminal.page.envelopes, ...b.terminal.page.envelopes], seats, tail });
  story.check(roots >= 2, 'roots that the recorders were handed', roots);
  const closes = [];
  for (const { node, way, kind, frames } of found) {
    const what = `node ${node}, ${way}, ${kind}`;
    const within = (from, to) => frames.filter(({ at }) => at >= from && at < to);
    const last = (from, to) => Math.max(...within(from, to).filter(({ opens }) => opens).map(({ at }) => at));
    const count = (from, to) => within(from, to).filter(({ opens }) => opens).length;
    story.equal(count(0, openedAt), 0, `${what}: frames from before the opening that open`);
    story.check(count(openedAt, pressedAt) > 20, `${what}: frames of the footage that open`, count(openedAt, pressedAt));
    const first = last(openedAt, reopenedAt) - pressedAt;
    closes.push(first);
    story.note(`${what}: the last frame that opens passed ${Math.round(first)} ms after the press`);
    // A side's own frames go out and come to the other.
    const speaker = way === 'out' ? node : other[node];
    const lag = lateness.desk + lateness[speaker];
    story.check(first <= CLOSES_MS_MAX + lag, `${what}: milliseconds from the press to the last frame that opens, with ${lag} by which pages were late`, first);
    story.check(within(pressedAt + CLOSES_MS_MAX + lag, reopenedAt).length > 20, `${what}: frames were tried that came after the press`, within(pressedAt + CLOSES_MS_MAX + lag, reopenedAt).length);
    if (way !== 'out') continue;
    story.check(count(reopenedAt, cutAt) > 20, `${what}: frames that open once more`, count(reopenedAt, cutAt));
    const second = last(reopenedAt, Infinity) - (node === 'a' ? cutPressedAt : cutAt);
    story.note(`${what}, cut: the last frame that opens passed ${Math.round(second)} ms after ${node === 'a' ? 'the press' : 'the cut'}`);
    story.check(second <= (node === 'a' ? CLOSES_MS_MAX + cutLag : LEASE_MS_MAX), `${what}: the close in a cut, with ${cutLag} ms by which the page was late`, second);
    story.check(within(cutAt + LEASE_MS_MAX, Infinity).length > 20, `${what}: frames were tried that came after the cut`, within(cutAt + LEASE_MS_MAX, Infinity).length);
  }
  story.keep('figures.json', { footage_close_ms: Math.round(Math.max(...closes)) });
  await endAndProve(story, { a, b }, call);
}
