// What both nodes hold of a call is of no use to them, and both terminals show the same words. With pages whose
// transform is left out, the same look finds faces and voices: it would notice.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrives, endAndProve, other, own, seeAndHear, session, soundSize } from '../lib/call.mjs';
import { chimeIn, packets, picturesDecoded, unsealedPages } from '../lib/capture.mjs';
import { received } from '../lib/probe.mjs';

export const title = 'sealed from terminal to terminal';

const WEB = fileURLToPath(new URL('../..', import.meta.url));
/** A chime stands out of noise by more than this, and out of a voice by far more. */
const CHIME_LEAST = 8;
/** Packets at the end of a call, four seconds of sound, and how many sizes they may have. */
const LAST = 200;
const SIZES_MOST = 3;

/** Runs in a terminal's page: the group's worker tells one word twice, as it does in one call of fifty. */
function twice() {
  const real = Worker.prototype.addEventListener;
  Worker.prototype.addEventListener = function listen(type, told, ...more) {
    const hear = (event) => {
      const words = event.data?.status?.words;
      if (words) words[1] = words[0];
      told(event);
    };
    real.call(this, type, type === 'message' ? hear : told, ...more);
  };
}

/** A call between nodes that keep what they forward; returns what was found in it. */
async function captured(story, name, { environment = [], ...options }, during) {
  const folders = {};
  const under = {};
  for (const letter of ['a', 'b']) {
    folders[letter] = join(story.scratch(`${name}-capture`), letter);
    mkdirSync(folders[letter], { recursive: true });
    under[letter] = ['env', `VISAVIS_CAPTURE=${folders[letter]}`, ...environment];
  }
  const sides = await own(story, { ...options, under });
  const call = await session(story, sides);
  await Promise.all([arrives(story, sides.a), arrives(story, sides.b)]);
  await during(sides);
  for (const { terminal } of [sides.a, sides.b]) await story.until(`${name}: enough pictures to look at`, async () => (await received(terminal.page)).picture.frames > 120);
  await endAndProve(story, sides, call);
  for (const side of [sides.a, sides.b]) {
    await side.browser.close();
    await sides.nodes[side.letter].process.stop('SIGTERM');
  }

  const found = [];
  for (const letter of ['a', 'b']) {
    for (const [index, track] of packets(folders[letter]).entries()) {
      const speaker = track.way === 'out' ? letter : other[letter];
      const file = join(folders[letter], `../${letter}-${index}.decode`);
      const made = track.kind === 'picture' ? picturesDecoded(track, file) : chimeIn(track, speaker, file);
      const sizes = track.packets.slice(-LAST).map(({ payload }) => payload.length);
      found.push({ node: letter, way: track.way, kind: track.kind, packets: track.packets.length, made, sizes: new Set(sizes), changes: sizes.filter((size, at) => at && size !== sizes[at - 1]).length });
    }
  }
  for (const { node, way, kind, packets, made } of found) story.note(`${name}: node ${node}, ${way}, ${packets} packets of ${kind}: ${kind === 'picture' ? `${made} pictures decoded` : `chime ${made.toFixed(1)} times its surroundings`}`);
  for (const kind of ['picture', 'sound']) story.check(found.filter((one) => one.kind === kind && one.packets > 100).length >= 4, `${name}: both nodes forwarded ${kind} both ways`, found.length);
  return found.filter((one) => one.packets > 100);
}

async function words(side) {
  const list = side.terminal.id('seal-words');
  // They come with the first epoch, and show themselves for a few seconds after each movement.
  await list.waitFor({ state: 'attached' });
  await side.terminal.page.mouse.move(200 + 10 * Math.random(), 200);
  await list.waitFor({ timeout: 3_000 });
  return (await list.innerText()).split(/\s+/).join(' ');
}

export async function tell(story) {
  story.step('a call between nodes that keep every packet');
  const sealed = await captured(story, 'sealed', {}, async ({ a, b }) => {
    for (const side of [a, b]) await story.until(`${side.letter}: the ring is closed`, async () => (await side.terminal.id('seal').getAttribute('data-seal')) === 'sealed');
    const [ours, theirs] = [await words(a), await words(b)];
    story.equal(ours, theirs, 'both terminals show the same words');
    story.equal(ours.split(' ').length, 16, 'eight words, each with its dice');
    story.note(`words: ${ours}`);
    await story.shot(a.terminal.page, 'words');
    await seeAndHear(story, { a, b });
    story.check((await soundSize(a)) > 165, 'what leaves is longer than what was spoken: it is sealed', await soundSize(a));
  });
  for (const { node, way, kind, made, sizes, changes } of sealed) {
    if (kind === 'picture') story.equal(made, 0, `node ${node}, ${way}: pictures that a decoder makes of what the node holds`);
    else story.check(made < CHIME_LEAST, `node ${node}, ${way}: the speaker's chime in what the node holds`, made);
    // A browser that finds its way narrow speaks in smaller packets from then on: their size follows the way, never the voice.
    if (kind === 'sound') story.check(sizes.size <= SIZES_MOST && changes < SIZES_MOST, `node ${node}, ${way}: sizes of sealed sound (${[...sizes].join(', ')})`, changes);
  }

  story.step('the same on pages whose transform is left out');
  const pages = unsealedPages(WEB, join(story.scratch('unsealed'), 'pages'));
  const open = await captured(story, 'unsealed', { environment: [`VISAVIS_PAGES=${pages}`], prepare: twice }, async ({ a }) => {
    // Both nodes were paired on the pages that are built in, and serve others now.
    await a.desk.id('pages-changed').waitFor();
    const said = (await words(a)).split(' ');
    story.equal(said.slice(0, 2), said.slice(2, 4), 'a word that stands twice is shown twice');
  });
  for (const { node, way, kind, made } of open) {
    if (kind === 'picture') story.check(made > 10, `node ${node}, ${way}: pictures are found where nothing is sealed`, made);
    else story.check(made > CHIME_LEAST, `node ${node}, ${way}: the chime is found where nothing is sealed`, made);
  }
}
