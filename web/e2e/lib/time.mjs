// Programs in another time: their wall clock is another's, and every other clock of theirs their own.

import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the library needs in a program's environment to shift its wall clock. */
function shifted(by) {
  const all = execFileSync('faketime', ['-m', '--exclude-monotonic', '-f', by, 'env'], { encoding: 'utf8' });
  return all.split('\n').filter((line) => /^(LD_PRELOAD|FAKETIME|FAKETIME_DONT_FAKE_MONOTONIC|DONT_FAKE_MONOTONIC)=/.test(line));
}

/** By what a program is started whose clock is an hour behind. */
export const anHourBehind = () => ['env', ...shifted('-1h')];

/** A clock that stands still until it is set: a story then knows to the second when something took place. */
export class ByHand {
  constructor(story, at) {
    this.file = join(story.scratch('clock'), 'now');
    this.set(at);
    const library = shifted('-1h').filter((line) => !line.startsWith('FAKETIME='));
    /** By what a program is started that goes by this clock. */
    this.under = ['env', 'TZ=UTC', `FAKETIME_TIMESTAMP_FILE=${this.file}`, 'FAKETIME_NO_CACHE=1', ...library];
  }

  /** `at` as in `2021-12-30T20:35:00Z`. */
  set(at) {
    const written = `${this.file}.next`;
    writeFileSync(written, `${at.replace('T', ' ').replace('Z', '')}\n`);
    // In one step: nobody reads half a time.
    renameSync(written, this.file);
  }
}
