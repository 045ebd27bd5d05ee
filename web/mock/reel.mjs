// The clips of a mock node's calls: what look.mjs put there, with what a press at the desk does to it. One film stands for all.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Seconds of the film; a fraction on purpose, as the end of a real one. */
const SECONDS = 75.4;
let made = null;

/** Two slow gradients beside each other, a soft tone, and a picture of it. Needs ffmpeg on PATH. */
export function film() {
  if (made) return made;
  const folder = mkdtempSync(join(tmpdir(), 'visavis-look-'));
  const half = (one, other, seed) => ['-f', 'lavfi', '-i', `gradients=s=318x360:c0=${one}:c1=${other}:speed=0.02:seed=${seed}:r=10`];
  try {
    const run = (...args) => execFileSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-threads', '1', ...args], { cwd: folder });
    run(...half('0x1d2733', '0x8c7a5e', 3), ...half('0x27333a', '0x6f7d86', 8), '-f', 'lavfi', '-i', 'sine=f=180', '-filter_complex', '[0][1]hstack,pad=640:360:2:0:0x0e1116', '-t', String(SECONDS), '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '34', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '32k', '-movflags', '+faststart', 'a.mp4');
    run('-ss', '8', '-i', 'a.mp4', '-frames:v', '1', '-q:v', '4', 'a.jpg');
    made = { mp4: readFileSync(join(folder, 'a.mp4')), jpg: readFileSync(join(folder, 'a.jpg')), ms: SECONDS * 1_000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return made;
}

/** One side's clips. `refuse` makes the error of a refusal; `told` says to its desks that a call's clips changed. */
export function reel({ own, refuse, clock, told }) {
  const views = new Map();
  const all = {
    /** Codes with which the next request of that name is refused. */
    refusals: {},
    /** While it is not null, films wait for it. */
    hold: null,
    put(call, view) {
      views.set(call.id, { programs: null, work: [], clips: [], ...view });
      told(call.id);
    },
    async answer(call, [name, verb], method, body, seat) {
      const view = views.get(call.id);
      if (!view) throw Object.assign(new Error('not_found'), { status: 404 });
      const [sha256, ending] = (name ?? '').split('.');
      if (ending) {
        if (ending === 'mp4') await all.hold;
        return { file: film()[ending], type: ending === 'mp4' ? 'video/mp4' : 'image/jpeg' };
      }
      const code = all.refusals[verb ?? name];
      delete all.refusals[verb ?? name];
      if (code) throw refuse(code);
      const clip = view.clips.find((one) => one.sha256 === sha256);
      const act = (what) => clip.acts.push({ act: what, side: own.id, name: seat.name, at: clock().toISOString() });
      if (name === 'again') view.work = view.work.map((work) => (work.state === 'failed' ? { ...work, state: 'waiting', why: null } : work));
      if (verb === 'shorten') view.work.push({ footage: clip.footage, cut: clip.cut, side: clip.side, shortens: sha256, state: 'waiting', stage: null, percent: 0, why: null, span: body });
      if (verb === 'release') {
        clip.state = clip.state === 'theirs' || call.terms.footage.release === 'either' ? 'released' : 'ours';
        Object.assign(clip, { instead: body.instead, may: { ...clip.may, release: 'said_already', recall: true, correct: [] } });
        act('released');
      }
      if (verb === 'recall') {
        Object.assign(clip, { state: 'recalled', url: null, may: { ...clip.may, release: null, recall: false } });
        act('recalled');
      }
      return view;
    },
  };
  return all;
}
