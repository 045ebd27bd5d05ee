// The whole outcome: asked, agreed, gathered, begun, seen and heard, ended, exported, proved without a node.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrives, check, demo, gather, kept, seeAndHear, soundSize, TOPICS, USUAL, watchSenders } from '../lib/call.mjs';
import { command, must } from '../lib/node.mjs';
import { received } from '../lib/probe.mjs';

export const title = 'a call from the first request to the proof of its record';

/** Bytes of a packet of sound: Opus at constant rate, the frame before it, and what sealing adds. */
const REDUNDANT = 80 + 80 + 5 + 28;

const WIDE = { width: 1920, height: 1080 };
const SIZES = { '1920': WIDE, '1280': { width: 1280, height: 720 }, '390': { width: 390, height: 844 } };

/** Pictures of one page at the three sizes that people use. */
async function pictures(story, page, name) {
  for (const [label, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    await page.waitForTimeout(150);
    await story.shot(page, `${name}-${label}`);
  }
  await page.setViewportSize(USUAL);
}

export async function tell(story) {
  const { process, said, a, b } = await demo(story, { size: 'small' });
  story.note(`the demo was ready ${process.readyAt - process.startedAt} ms after its start`);
  await pictures(story, a.desk.page, 'desk-home');
  await pictures(story, a.terminal.page, 'terminal-waiting');

  story.step('A asks, B rings and agrees');
  const call = await a.desk.ask({ topics: TOPICS, reason: 'EXAMPLE' });
  story.equal(await b.desk.ring(), call, 'B rings for the call that A asked for');
  await story.shot(b.desk.page, 'desk-ring');
  await b.desk.answerRing();
  await pictures(story, b.desk.page, 'desk-asked');
  await b.desk.press('agree');
  await a.desk.phase('agreed');

  story.step('both gather: held, nothing crosses');
  await gather(story, { a, b });
  await a.terminal.page.waitForTimeout(1500);
  for (const side of [a, b]) {
    const { picture, sound } = await received(side.terminal.page);
    story.equal([picture.bytes, sound.bytes], [0, 0], `${side.letter}: no media before Begin by both`);
  }
  await pictures(story, a.terminal.page, 'terminal-gathering');

  story.step('both check their seats; then nothing crosses again until both begin');
  await check({ a, b });
  await pictures(story, a.desk.page, 'desk-checked');
  await b.desk.press('check-off');
  await a.terminal.id('gathering').waitFor();
  await a.terminal.page.waitForTimeout(300);
  const checked = await received(b.terminal.page);
  await a.desk.press('begin');
  await a.terminal.page.waitForTimeout(700);
  const early = await received(b.terminal.page);
  story.equal([early.picture.bytes, early.sound.bytes], [checked.picture.bytes, checked.sound.bytes], 'no media on one side’s Begin alone');
  await b.desk.press('begin');
  const pressed = Date.now();
  const unwatch = watchSenders(story, [a, b]);
  await Promise.all([arrives(story, a), arrives(story, b)]);
  story.note(`both see and hear each other within ${Date.now() - pressed} ms of the second Begin`);

  story.step('each sees and hears the other, and only the other');
  await seeAndHear(story, { a, b });
  for (const side of [a, b]) story.equal(await soundSize(side), REDUNDANT, `${side.letter}: sound comes with the frame before, all packets of one size`);
  await pictures(story, a.terminal.page, 'terminal-session');
  await a.terminal.page.mouse.move(300, 300);
  await a.terminal.page.setViewportSize(WIDE);
  await story.shot(a.terminal.page, 'terminal-session-moved-1920');
  await a.terminal.page.setViewportSize(USUAL);
  await pictures(story, a.desk.page, 'desk-session');
  unwatch();

  story.step('A’s microphone goes off and on by the space bar: no energy leaves, then speech again');
  await a.terminal.page.keyboard.press('Space');
  story.equal(await a.terminal.mic(), 'false', 'the button shows the microphone off');
  await b.terminal.id('notice-far-mic').waitFor({ timeout: 3000 });
  await story.until(
    'B hears silence',
    async () => {
      const before = (await received(b.terminal.page)).sound.energy;
      await b.terminal.page.waitForTimeout(1500);
      return (await received(b.terminal.page)).sound.energy - before < 1e-6;
    },
    6000,
  );
  await a.terminal.page.keyboard.press('Space');
  await arrives(story, b, 5000);

  story.step('B’s principal ends it; both sides hold the same record');
  await b.terminal.page.mouse.move(200, 200);
  await b.terminal.id('end').click();
  await b.terminal.id('end').click();
  for (const side of [a, b]) {
    await side.desk.phase('ended');
    await side.terminal.screen('ended');
  }
  await pictures(story, a.desk.page, 'desk-ended');
  await story.shot(b.terminal.page, 'terminal-ended');
  const silent = await received(a.terminal.page);
  await a.terminal.page.waitForTimeout(800);
  const later = await received(a.terminal.page);
  story.check(later.picture.bytes <= silent.picture.bytes, 'nothing flows after the end');

  const record = { a: await a.desk.record(join(story.folder, 'a.cbor')), b: join(story.folder, 'b.cbor') };
  await must(['call', 'export', call, '--data', b.data, '--out', record.b]);
  await story.until('both sides hold the same statements', async () => JSON.stringify(await kept(a, call)) === JSON.stringify(await kept(b, call)));
  await prove(story, record, said.trust);

  story.step('stops cleanly');
  story.equal(await process.stop('SIGTERM'), 0, 'exit of the demo on SIGTERM');
}

async function prove(story, record, trust) {
  for (const [letter, file] of Object.entries(record)) {
    const good = await command(['verify', file, '--trust', trust]);
    story.equal(good.code, 0, `verify ${letter}'s record, trusted: ${good.stdout}${good.stderr}`);
    story.append('verify.txt', good.stdout);
    const unknown = await command(['verify', file]);
    story.equal(unknown.code, 3, `verify ${letter}'s record without trust: ${unknown.stdout}${unknown.stderr}`);
  }
  // One byte changed, at sixteen places spread over the file.
  const whole = readFileSync(record.a);
  for (let n = 0; n < 16; n += 1) {
    const at = Math.floor(((n + 0.5) * whole.length) / 16);
    const changed = Buffer.from(whole);
    changed[at] ^= 1;
    const file = join(story.scratch('flip'), 'changed.cbor');
    writeFileSync(file, changed);
    const bad = await command(['verify', file, '--trust', trust]);
    story.equal(bad.code, 1, `verify with byte ${at} of ${whole.length} changed: ${bad.stdout}${bad.stderr}`);
    story.check((bad.stdout + bad.stderr).trim().length > 0, 'verify says what is wrong');
  }
  story.note(`the record is ${whole.length} bytes`);
}
