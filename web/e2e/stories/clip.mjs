// A signed clip and what becomes of it in other hands, judged twice: by `visavis verify`, and by an implementation of C2PA
// that others wrote in another language. No browser and no node: a clip travels as a file.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { secondOpinion } from '../lib/credentials.mjs';
import { command, must, VISAVIS } from '../lib/node.mjs';

export const title = 'a clip in other hands: two implementations of C2PA agree';

const SIGN_CLIP = process.env.SIGN_CLIP ?? VISAVIS.replace(/visavis$/, 'examples/sign_clip');
const SIGN_MS_MAX = 120_000;
/** The seal at the end of a clip: docs/operating.md. */
const SEAL_BYTES = 88;

/** The top boxes of a film: `{ kind, from, to }`. */
function boxes(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    found.push({ kind: bytes.toString('latin1', at + 4, at + 8), from: at, to: at + length });
    at += length;
  }
  return found;
}

function flipped(bytes, at) {
  const changed = Buffer.from(bytes);
  changed[at] ^= 1;
  return changed;
}

/** What a hand with an editor does to a clip, by name. */
function changes(bytes, other) {
  const box = (kind) => boxes(bytes).find((found) => found.kind === kind);
  const after = (words, more = 0) => bytes.indexOf(words) + more;
  const [manifest, head] = [box('uuid'), boxes(other).find((found) => found.kind === 'ftyp')];
  return {
    'one bit of the film': flipped(bytes, box('mdat').from + 4_000),
    'one bit of the index': flipped(bytes, after('stsz', 20)),
    'one bit of the call that it is of': flipped(bytes, after('0707070707')),
    'one bit of its title': flipped(bytes, after('A call that never took place')),
    'a film that is cut off': bytes.subarray(0, bytes.length - 30_000),
    'another film under its manifest': Buffer.concat([other.subarray(0, head.to), bytes.subarray(manifest.from, manifest.to), other.subarray(head.to)]),
  };
}

/** What `visavis verify` says, and what the other one does. */
async function judged(file, root) {
  const ours = await command(['verify', file, '--trust', root, '--json']);
  const said = ours.stdout ? JSON.parse(ours.stdout) : {};
  return { code: ours.code, said, theirs: await secondOpinion(file) };
}

export async function tell(story) {
  const folder = story.scratch('clips');
  const made = JSON.parse(execFileSync(SIGN_CLIP, [folder], { encoding: 'utf8', timeout: SIGN_MS_MAX }));
  story.step('two sides beside each other, cut and signed, and a part of it');

  for (const [what, file] of [['the clip', made.pool], ['its part', made.shorter]]) {
    const { code, said, theirs } = await judged(file, made.root);
    story.equal([code, said.outcome, said.by], [0, 'ok', 'Washington'], `${what} is valid, and by whom is said`);
    story.check(theirs.holds, `${what} holds for the other implementation`, theirs.why);
    await must(['verify', file], { code: 3 });
  }
  story.step('both hold, here and there; without the root they are untrusted');

  const bytes = readFileSync(made.pool);
  const film = join(folder, 'changed.mp4');
  const other = join(folder, 'other.mp4');
  const ffmpeg = (...how) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...how]);
  ffmpeg('-i', made.pool, '-vf', 'negate', '-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'mp4', other);
  for (const [what, changed] of Object.entries(changes(bytes, readFileSync(other)))) {
    writeFileSync(film, changed);
    const { code, said, theirs } = await judged(film, made.root);
    story.check(code === 1 && said.outcome === 'altered', `${what} is found here`, said);
    story.check(!theirs.holds, `${what} is found there`, theirs);
    story.step(`${what}: altered (${said.altered}), there ${theirs.why[0] ?? 'refused'}`);
  }

  for (const [what, how] of [['trimmed', ['-ss', '1', '-t', '2', '-c', 'copy']], ['encoded anew', ['-c:v', 'libx264', '-preset', 'ultrafast']]]) {
    ffmpeg('-i', made.pool, ...how, '-f', 'mp4', film);
    const { code, said, theirs } = await judged(film, made.root);
    story.check(code === 1 && said.outcome === 'unsigned', `${what}, it is unsigned`, said);
    story.check(!theirs.holds, `${what}, it does not hold there either`, theirs);
  }
  story.step('trimmed or encoded anew, it is unsigned');

  // What C2PA itself leaves open, our seal closes.
  writeFileSync(film, bytes.subarray(0, bytes.length - SEAL_BYTES));
  const { code, said, theirs } = await judged(film, made.root);
  story.check(theirs.holds, 'C2PA alone does not miss the seal', theirs);
  story.equal([code, said.outcome, said.altered], [1, 'altered', 'form'], 'a clip without its seal is altered');
  story.step('without its seal it is altered here, and C2PA alone would let it pass');
}
