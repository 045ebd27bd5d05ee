// Firefox at one side's terminal, Chromium at the other's, in a network of their own (Firefox refuses ICE to loopback).

import { Desk, enrol } from '../lib/desk.mjs';
import { begin, endAndProve, seat, soundSize, TOPICS } from '../lib/call.mjs';
import { openFirefox } from '../lib/firefox.mjs';
import { pair } from '../lib/pair.mjs';
import { corners, receivedDuring, whoseWall } from '../lib/probe.mjs';

export const title = 'Firefox and Chromium at the two ends of a line';

const HOST = '10.99.0.1';
const at = (name) => `[data-testid=${name}]`;

/** A terminal in Firefox, with the few calls that the shared steps make. */
async function firefoxTerminal(story, link) {
  const firefox = await openFirefox();
  story.undo.push(() => firefox.close());
  const page = await firefox.page(link);
  page.on('console', (message) => story.append('console-b-firefox.log', `${story.clock}s ${message.type()}: ${message.text()}\n`));
  story.pages.set('b-firefox', page);
  await page.waitForSelector(at('enrol-go'));
  await page.click(at('enrol-go'));
  const screen = (wanted, within = 60_000) => page.waitForSelector(`${at('terminal')}[data-screen="${wanted}"]`, { timeout: within });
  await screen('waiting');
  return { page, screen };
}

export async function tell(story) {
  const nodes = await pair(story, { host: HOST });
  const links = async (node) => ({
    desk: (await node.enrol('operator', 'Desk')).link,
    terminal: (await node.enrol('principal', 'Principal')).link,
    data: node.data,
  });
  const a = await seat(story, 'a', await links(nodes.a), { flags: ['--allow-loopback-in-peer-connection'] });
  const linksB = await links(nodes.b);
  // B's desk is a second window of A's Chromium: another seat, another node, one browser fewer to run.
  const deskPage = await a.browser.page(null, 'desk-b', story);
  await enrol(deskPage, linksB.desk);
  const b = { ...linksB, letter: 'b', desk: new Desk(deskPage), terminal: await firefoxTerminal(story, linksB.terminal) };

  story.step('asked, agreed, gathered, begun');
  const call = await a.desk.ask({ topics: TOPICS });
  await b.desk.open(call);
  await b.desk.press('agree');
  await a.desk.phase('agreed');
  await a.desk.press('gather');
  await b.desk.press('gather');
  for (const side of [a, b]) await side.terminal.screen('gathering');
  await begin(story, { a, b });

  story.step('both ways');
  for (const side of [a, b]) {
    await story.until(`${side.letter}: pictures arrive`, async () => (await receivedDuring(side.terminal.page, 500)).frames >= 5);
    const got = await receivedDuring(side.terminal.page, 4000);
    const rate = got.frames / got.seconds;
    story.check(rate >= 8, `${side.letter}: pictures decoded a second`, rate);
    story.check(got.width >= 160, `${side.letter}: a picture of a real size`, [got.width, got.height]);
    story.check(got.energy > 1e-4, `${side.letter}: energy in the decoded sound`, got.energy);
    story.note(`${side.letter}: ${got.width}×${got.height}, ${rate.toFixed(1)} pictures a second, ${got.freezes} freezes`);
  }
  story.equal(await soundSize(a), 80 + 28, 'Firefox takes no redundant sound, so none is sent to it');
  const wall = await corners(b.terminal.page, at('far-picture'));
  story.equal(whoseWall(wall), 'a', `Firefox sees A (${JSON.stringify(wall)})`);
  // Without a sound device Firefox starts no AudioContext: that it hears is known from the energy it decoded, above.
  await story.shot(a.terminal.page, 'chromium');
  await story.shot(b.terminal.page, 'firefox');
  await endAndProve(story, { a, b }, call);
}
