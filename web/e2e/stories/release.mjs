// Footage becomes clips at both nodes by itself. One is shortened at the desk, released by both sides, corrected, taken back;
// readers see what is released, when it is, and programs of others find it good.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { arrives, demo, drawSmall, endAndProve, session } from '../lib/call.mjs';
import { secondOpinion } from '../lib/credentials.mjs';
import { complaints } from '../lib/footage.mjs';
import { command } from '../lib/node.mjs';
import { Reader } from '../lib/reader.mjs';

export const title = 'clips: made by themselves, shortened, released by both, corrected, taken back';
export const secondsMax = 900;

/** Footage, milliseconds. */
const FOOTAGE_MS = 8_000;
/** Three clips of it at each of two nodes, on a machine of two cores. */
const MADE_MS_MAX = 300_000;
const SHORTER = { from: '1', to: '4' };

const card = (side, sha256) => side.desk.page.locator(`[data-testid=clip][data-clip="${sha256}"]`);
const stands = (side, sha256, state) => side.desk.page.locator(`[data-testid=clip][data-clip="${sha256}"][data-state=${state}]`);

/** The clips that a desk lists as its own node's. */
const listed = (side) => side.desk.page.locator('[data-testid=clip][data-here=true]').evaluateAll((shown) => shown.map((clip) => clip.dataset.clip));

async function openClips(side, call) {
  await side.desk.page.evaluate((id) => (location.hash = `#/calls/${id}/clips`), call);
  await side.desk.id('clips').waitFor();
}

/** Waits for so many clips and no work; what failed says so. */
async function made(story, side, count) {
  await story.until(`${side.letter}: ${count} clips`, async () => {
    const failed = await side.desk.page.locator('[data-testid=clip-work][data-state=failed]').evaluateAll((rows) => rows.map((row) => row.dataset.why));
    story.equal(failed, [], `${side.letter}: work that failed`);
    return (await listed(side)).length === count && (await side.desk.id('clip-work').count()) === 0;
  }, MADE_MS_MAX, 500);
  return listed(side);
}

/** Where a clip's file lies in a node's folder. */
function fileOf(side, sha256) {
  const found = readdirSync(join(side.data, 'footage'), { recursive: true }).find((name) => name.endsWith(`${sha256}.mp4`));
  return join(side.data, 'footage', found);
}

/** What ffprobe says of a clip's tracks. */
function tracks(file) {
  const said = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration:stream=codec_type,codec_name,width,height,avg_frame_rate,sample_rate', '-of', 'json', file], { encoding: 'utf8' });
  const { format, streams } = JSON.parse(said);
  return { seconds: Number(format.duration), picture: streams.find(({ codec_type }) => codec_type === 'video'), sounds: streams.filter(({ codec_type }) => codec_type === 'audio') };
}

/** A clip as a newsroom checks it: it plays to the end, is what was promised, and holds for two programs. */
async function examine(story, side, file, what) {
  story.equal(complaints(file), '', `${what}: what a decoder says of it`);
  const { seconds, picture, sounds } = tracks(file);
  story.equal([picture.codec_name, picture.width, picture.height, picture.avg_frame_rate], ['h264', 1920, 1080, '25/1'], `${what}: its picture`);
  story.check(sounds.length > 0 && sounds.every((one) => one.codec_name === 'aac' && one.sample_rate === '48000'), `${what}: its sound`, sounds);
  const root = join(side.data, 'clips.pem');
  const { code, stdout } = await command(['verify', file, '--trust', root, '--json']);
  story.equal([code, JSON.parse(stdout).outcome], [0, 'ok'], `${what}: visavis verify`);
  const theirs = await secondOpinion(file);
  story.check(theirs.holds, `${what}: the other implementation`, theirs.why);
  return { seconds, sounds: sounds.length };
}

/** The side's half of a release, or the other side's consent, at the clip's own card. */
async function release(side, sha256) {
  await side.desk.twice('clip-release', card(side, sha256));
}

async function isPublic(story, reader, side, sha256) {
  const url = await card(side, sha256).getByTestId('clip-url').getAttribute('href');
  const text = await reader.read(url);
  story.check(text.includes(sha256), `${side.letter}: the page says the clip's SHA-256`, text.slice(0, 300));
  const film = await fetch(new URL(`/clip/${sha256}.mp4`, url));
  const bytes = Buffer.from(await film.arrayBuffer());
  story.equal(createHash('sha256').update(bytes).digest('hex'), sha256, `${side.letter}: what is served is the clip`);
  return { url, bytes };
}

const status = async (url) => (await fetch(url)).status;

export async function tell(story) {
  const { a, b } = await demo(story);
  const call = await session(story, { a, b }, { footage: { minutes: 3 } });
  await drawSmall({ a, b });
  await Promise.all([arrives(story, a), arrives(story, b)]);
  for (const side of [a, b]) await side.desk.twice('footage-open');
  for (const side of [a, b]) await side.desk.page.locator('[data-testid=recorder][data-state=writing]').waitFor();
  await a.desk.page.waitForTimeout(FOOTAGE_MS);
  await a.desk.page.keyboard.press('F9');
  for (const side of [a, b]) await side.desk.page.locator('[data-testid=recorder][data-state=done]').waitFor({ timeout: 60_000 });
  await endAndProve(story, { a, b }, call);
  for (const side of [a, b]) await side.terminal.page.close();

  story.step('both nodes make their clips');
  const since = Date.now();
  await Promise.all([openClips(a, call), openClips(b, call)]);
  const ours = await made(story, a, 3);
  await made(story, b, 3);
  story.note(`six clips of ${FOOTAGE_MS / 1000} s and a little made ${((Date.now() - since) / 1000).toFixed(0)} s after the end`);
  await story.shot(a.desk.page, 'made');
  for (const side of [a, b]) {
    for (const sha256 of await listed(side)) {
      const { seconds, sounds } = await examine(story, side, fileOf(side, sha256), `${side.letter}, ${sha256.slice(0, 8)}`);
      story.note(`${side.letter}, ${sha256.slice(0, 8)}: ${seconds.toFixed(1)} s, ${sounds} sound tracks; plays, holds, is valid`);
    }
  }

  story.step('A shortens one');
  const [long] = ours;
  await card(a, long).getByTestId('clip-shorten').click();
  for (const which of ['from', 'to']) await card(a, long).getByTestId(`trim-${which}`).fill(SHORTER[which]);
  await story.shot(a.desk.page, 'trim');
  await card(a, long).getByTestId('trim-make').click();
  const [shorter] = (await made(story, a, 4)).filter((sha256) => !ours.includes(sha256));
  const { seconds } = await examine(story, a, fileOf(a, shorter), 'the shorter whole');
  story.check(Math.abs(seconds - (SHORTER.to - SHORTER.from)) < 0.1, 'as long as was asked for, in seconds', seconds);

  story.step('A releases it; nothing is public before B has said so too');
  const reader = await Reader.open(story);
  await release(a, shorter);
  await stands(a, shorter, 'ours').waitFor();
  await stands(b, shorter, 'theirs').waitFor();
  await b.desk.page.locator(`[data-testid=call-row][data-call="${call}"][data-attention=true]`).waitFor();
  await b.desk.open(call);
  await b.desk.id('next-release').waitFor();
  await story.shot(b.desk.page, 'asked');
  await b.desk.press('next-release');
  story.equal(await card(a, shorter).getByTestId('clip-url').count(), 0, 'no address yet');
  await story.shot(b.desk.page, 'theirs');
  await release(b, shorter);
  await stands(a, shorter, 'released').waitFor();
  await b.desk.page.locator(`[data-testid=call-row][data-call="${call}"][data-attention=false]`).waitFor();
  const { url, bytes } = await isPublic(story, reader, a, shorter);
  await story.shot(reader.page, 'public');
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  const altered = join(story.scratch('reader'), 'altered.mp4');
  writeFileSync(altered, bytes);
  const found = await command(['verify', altered, '--trust', join(a.data, 'clips.pem'), '--json']);
  story.equal([found.code, JSON.parse(found.stdout).outcome], [1, 'altered'], 'one bit later it is altered');
  story.step(`released by both: ${readFileSync(fileOf(a, shorter)).length} bytes, on the page`);

  story.step('A corrects it by another, with B');
  const other = ours[1];
  await card(a, other).getByTestId('clip-correct').click();
  const choice = card(a, other).getByTestId('clip-correct-choice');
  if ((await choice.count()) > 1) await card(a, other).locator(`[data-testid=clip-correct-choice][value="${shorter}"]`).check();
  await a.desk.twice('clip-correct-release', card(a, other));
  await stands(b, other, 'theirs').waitFor();
  story.equal(await status(url), 200, 'the first stands until B has said so too');
  await release(b, other);
  await stands(a, other, 'released').waitFor();
  await stands(a, shorter, 'replaced').waitFor();
  const corrected = await isPublic(story, reader, a, other);
  story.equal(await status(url), 404, 'the first is gone');
  await story.shot(a.desk.page, 'corrected');

  story.step('B takes it back: any side may what took both');
  await b.desk.twice('clip-recall', card(b, other));
  await stands(a, other, 'recalled').waitFor();
  for (const gone of [corrected.url, new URL(`/clip/${other}.mp4`, corrected.url)]) story.equal(await status(gone), 404, 'it is gone from the page');
  await story.shot(a.desk.page, 'recalled');
}
