// Tells the stories: all of them, or those named. A story that fails is a fault to find, and is told once. But what fails
// while the machine had no free moment for seconds on end may be the machine's: that is told once more, and said at the end.
//   node run.mjs [name...]
// What each leaves behind (pictures, consoles, the nodes' logs) is in artefacts/<name>/.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Busy } from './lib/late.mjs';
import { Story } from './lib/story.mjs';
import { VISAVIS } from './lib/node.mjs';

/** In this order: the whole outcome first. Each is a file in stories/. */
const STORIES = ['line', 'sealed', 'counter', 'press', 'enrol', 'clock', 'reload', 'heard', 'causes', 'devices', 'spare', 'echo', 'interpreted', 'noise', 'restart', 'cut', 'clip', 'footage', 'release', 'killed', 'firefox'];

/** Told only when named: they measure and prove nothing. */
const ASIDE = ['cost', 'glass', 'onset'];

/** Stories that need a network of their own: a bridge with an address, no way out. */
const ALONE = new Set(['causes', 'firefox']);
const NETWORK =
  'ip link set lo up && ip link add visavis0 type bridge && ip addr add 10.99.0.1/24 dev visavis0 && ' +
  'ip link set visavis0 up && ip route add default via 10.99.0.254 && exec "$0" "$@"';

/** So many seconds without a free moment can make a story fail that is right. */
const BUSY_SECONDS = 5;

/** A story that needs longer says so itself. */
const SECONDS_MAX = 600;

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const inside = process.argv.includes('--inside');
const names = wanted.length ? wanted : STORIES;

for (const name of names) {
  if (!STORIES.includes(name) && !ASIDE.includes(name)) {
    console.error(`stories: no story called '${name}' (${[...STORIES, ...ASIDE].join(', ')})`);
    process.exit(2);
  }
}
if (!existsSync(VISAVIS)) {
  console.error(`stories: no binary at ${VISAVIS} (make dist)`);
  process.exit(2);
}

/** Tells a story; returns what it failed of, or null. */
async function tell(name) {
  const folder = `${here}artefacts/${name}`;
  rmSync(folder, { recursive: true, force: true });
  const { title, tell, secondsMax = SECONDS_MAX } = await import(`./stories/${name}.mjs`);
  const story = new Story(name, folder);
  console.log(`\n${name}: ${title}`);
  let late;
  try {
    await Promise.race([
      tell(story),
      new Promise((_, reject) => {
        late = setTimeout(() => reject(new Error(`not told within ${secondsMax} s`)), secondsMax * 1000);
      }),
    ]);
    if (story.thrown) throw new Error(`a page threw: ${story.thrown}`);
    console.log(`  ${story.clock}s  good`);
    return null;
  } catch (error) {
    console.error(`  ${story.clock}s  FAILED: ${error.message}`);
    story.append('story.log', `FAILED: ${error.stack}\n`);
    await story.shotAll('failed');
    return `${story.clock.trim()} s: ${error.message.split('\n').slice(0, 3).join(' ').slice(0, 400)}`;
  } finally {
    clearTimeout(late);
    await story.end();
  }
}

/** The same runner in a network namespace of its own. */
async function tellAlone(name) {
  const user = process.getuid() === 0 ? [] : ['--map-root-user'];
  const child = spawn(
    'unshare',
    [...user, '--net', 'sh', '-c', NETWORK, process.execPath, fileURLToPath(import.meta.url), '--inside', name],
    { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } },
  );
  const [status] = await once(child, 'exit');
  return status === 0 ? null : 'a moment that is said above';
}

const tellHow = (name) => (ALONE.has(name) && !inside ? tellAlone(name) : tell(name));

const began = Date.now();
const failed = new Map();
const twice = new Map();
for (const name of names) {
  const busy = new Busy();
  let fault = await tellHow(name);
  if (busy.stop() >= BUSY_SECONDS && fault && !inside) {
    twice.set(name, `${busy.seconds} s without a free moment, failed at ${fault}`);
    const first = `${here}artefacts/${name}-first`;
    rmSync(first, { recursive: true, force: true });
    renameSync(`${here}artefacts/${name}`, first);
    console.log(`  the machine was busy for ${busy.seconds} s: told once more`);
    fault = await tellHow(name);
  }
  if (fault) failed.set(name, fault);
}
if (!inside) {
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(`\nstories: ${names.length - failed.size} of ${names.length} good in ${seconds} s`);
  for (const [name, why] of twice) console.log(`  ${name} was told twice: ${why}`);
  for (const [name, fault] of failed) console.error(`  ${name} failed at ${fault}`);
}
process.exit(failed.size ? 1 : 0);
