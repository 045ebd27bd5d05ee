// What sealing costs: the same call on real pages and on pages whose transform is left out, by turns.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrives, own, session } from '../lib/call.mjs';
import { unsealedPages } from '../lib/capture.mjs';
import { glassToGlass, spent } from '../lib/glass.mjs';
import { received } from '../lib/probe.mjs';

export const title = 'what sealing costs (measured, not proven)';

const WEB = fileURLToPath(new URL('../..', import.meta.url));
const ROUNDS = 3;
/** First the processor alone, for looking at pictures costs some of it; then the pictures. */
const CPU_MS = 6_000;
const GLASS_MS = 5_000;

async function round(story, environment) {
  const under = Object.fromEntries(['a', 'b'].map((letter) => [letter, ['env', ...environment]]));
  // Small windows: drawing them without a graphics card would cost more than everything that is measured.
  const sides = await own(story, { size: 'numbered', viewport: { width: 640, height: 360 }, under });
  await session(story, sides);
  const { a, b } = sides;
  await Promise.all([arrives(story, a), arrives(story, b)]);
  for (const { terminal } of [a, b]) await story.until('the whole picture', async () => (await received(terminal.page)).picture.width === 320);
  const before = { cpu: spent(), at: Date.now() };
  await new Promise((next) => setTimeout(next, CPU_MS));
  const cpu = (spent() - before.cpu) / ((Date.now() - before.at) / 1000);
  const took = await glassToGlass([a.terminal.page, b.terminal.page], GLASS_MS);
  for (const side of [a, b]) {
    await side.browser.close();
    await sides.nodes[side.letter].process.stop('SIGTERM');
  }
  const at = (share) => took[Math.floor(share * (took.length - 1))];
  return { cpu, p50: at(0.5), p95: at(0.95), pictures: took.length };
}

export async function tell(story) {
  const pages = unsealedPages(WEB, join(story.scratch('unsealed'), 'pages'));
  const found = { sealed: [], unsealed: [] };
  for (let n = 0; n < ROUNDS; n += 1) {
    for (const [name, environment] of Object.entries({ sealed: [], unsealed: [`VISAVIS_PAGES=${pages}`] })) {
      const one = await round(story, environment);
      found[name].push(one);
      story.note(`${name}: ${one.cpu.toFixed(2)} cores, glass to glass ${one.p50.toFixed(0)} ms (p95 ${one.p95.toFixed(0)} ms), ${one.pictures} pictures`);
    }
  }
  const least = (name, what) => Math.min(...found[name].map((one) => one[what]));
  for (const what of ['cpu', 'p50', 'p95']) {
    story.note(`least ${what}: sealed ${least('sealed', what).toFixed(2)}, unsealed ${least('unsealed', what).toFixed(2)}, ratio ${(least('sealed', what) / least('unsealed', what)).toFixed(3)}`);
  }
}
