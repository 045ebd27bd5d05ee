// Glass to glass: from one side's camera to the other's screen, through two nodes and sealed, beside two pages of the same
// browsers that talk directly; by turns.

import { arrives, own, session } from '../lib/call.mjs';
import { glassToGlass } from '../lib/glass.mjs';
import { received } from '../lib/probe.mjs';

export const title = 'how long a picture takes from glass to glass, beside two browsers that talk directly (measured, not proven)';

const ROUNDS = 3;
const GLASS_MS = 5_000;
const VIEWPORT = { width: 640, height: 360 };

const line = { size: 'numbered', viewport: VIEWPORT };

async function throughNodes(story) {
  const sides = await own(story, line);
  await session(story, sides);
  const { a, b } = sides;
  await Promise.all([arrives(story, a), arrives(story, b)]);
  for (const { terminal } of [a, b]) await whole(story, terminal.page);
  const took = await glassToGlass([a.terminal.page, b.terminal.page], GLASS_MS);
  for (const side of [a, b]) {
    await side.browser.close();
    await sides.nodes[side.letter].process.stop('SIGTERM');
  }
  return took;
}

const whole = (story, page) => story.until('the whole picture', async () => (await received(page)).picture.width === 320);

/** In a page: a connection with the camera and the microphone, whose candidates are all in its descriptions. */
async function connect() {
  const here = new RTCPeerConnection();
  window.direct = here;
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180, frameRate: 30 } });
  for (const track of media.getTracks()) here.addTrack(track, media);
  // The codec of a call.
  const vp9 = RTCRtpReceiver.getCapabilities('video').codecs.filter(({ mimeType }) => /vp9|rtx/i.test(mimeType));
  for (const one of here.getTransceivers()) if (one.sender.track.kind === 'video') one.setCodecPreferences(vp9);
  here.describe = async (description) => {
    await here.setLocalDescription(description);
    while (here.iceGatheringState !== 'complete') await new Promise((next) => here.addEventListener('icegatheringstatechange', next, { once: true }));
    return here.localDescription.toJSON();
  };
}

async function directly(story) {
  // Any page of a node's will do: a camera is had where a page came safely.
  const { said } = await story.start(['demo', '--json'], 'beside');
  const sides = await Promise.all(
    ['a', 'b'].map(async (letter, index) => {
      const browser = await story.browser(letter, line);
      const page = await browser.page(new URL(said.sides[index].desk).origin, 'direct', story);
      await page.evaluate(connect);
      return { browser, page };
    }),
  );
  const [a, b] = sides.map(({ page }) => page);
  const offer = await a.evaluate(() => window.direct.describe());
  const answer = await b.evaluate(async (offer) => {
    await window.direct.setRemoteDescription(offer);
    return window.direct.describe();
  }, offer);
  await a.evaluate((answer) => window.direct.setRemoteDescription(answer), answer);
  await Promise.all([whole(story, a), whole(story, b)]);
  const took = await glassToGlass([a, b], GLASS_MS);
  for (const { browser } of sides) await browser.close();
  return took;
}

export async function tell(story) {
  const found = { nodes: [], direct: [] };
  for (let n = 0; n < ROUNDS; n += 1) {
    for (const [name, round] of Object.entries({ nodes: throughNodes, direct: directly })) {
      const took = await round(story);
      const at = (share) => took[Math.floor(share * (took.length - 1))];
      found[name].push({ p50: at(0.5), p95: at(0.95) });
      story.note(`${name}: ${at(0.5).toFixed(0)} ms (p95 ${at(0.95).toFixed(0)} ms), ${took.length} pictures`);
    }
  }
  const least = (name, what) => Math.round(Math.min(...found[name].map((one) => one[what])));
  const figures = {
    glass_ms: least('nodes', 'p50'),
    glass_ms_p95: least('nodes', 'p95'),
    glass_direct_ms: least('direct', 'p50'),
    glass_direct_ms_p95: least('direct', 'p95'),
  };
  story.note(JSON.stringify(figures));
  story.keep('figures.json', figures);
}
