// A table with a speakerphone on it: what the loudspeaker plays comes back into the microphone, and the far side must not
// hear itself. With the speakerphone's profile its own voice comes back at least 30 dB down; without any cancelling the
// same path is loud, so the measurement would notice.

import { build } from 'vite';
import { fileURLToPath } from 'node:url';
import { demo, endAndProve, session } from '../lib/call.mjs';
import { Pulse } from '../lib/pulse.mjs';

export const title = 'a speakerphone: the far side does not hear itself';

/** How far down the far side's own voice comes back. Decibels. */
const DOWN_DB = 30;
/** The path from loudspeaker to microphone itself takes no more than this. */
const PATH_DB_MAX = 20;
const RATE = 16_000;
const MEASURE_S = 10;
/** A canceller learns the room while it is used. */
const LEARN_S = 8;

/** Runs in A's pages while `localStorage.raw` says so: devices are opened as they are, with nothing taken out. */
function raw() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => {
    if (wanted.audio && localStorage.getItem('raw') === 'yes') Object.assign(wanted.audio, { echoCancellation: false, noiseSuppression: false, autoGainControl: false });
    return real(wanted);
  };
}

/** The function of lib/echo.ts, as this runner can call it. */
async function measure() {
  const entry = fileURLToPath(new URL('../lib/echo.ts', import.meta.url));
  const [{ output }] = await build({ configFile: false, logLevel: 'error', build: { write: false, minify: false, lib: { entry, formats: ['es'] } } });
  return (await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`)).echoOf;
}

/** Runs in a page: what it sends and what it decodes, sample by sample from the same moment. */
async function both({ rate, seconds }) {
  const connection = window.visavisConnections.find((one) => one.connectionState === 'connected');
  const own = connection.getSenders().map(({ track }) => track).find((track) => track?.kind === 'audio');
  const far = connection.getReceivers().map(({ track }) => track).find((track) => track?.kind === 'audio' && !track.muted);
  const context = new AudioContext({ sampleRate: rate });
  // The page's rules allow no worklet but its own; the old processor needs none.
  const keep = context.createScriptProcessor(4096, 2, 1);
  const merge = context.createChannelMerger(2);
  const join = (track, channel) => context.createMediaStreamSource(new MediaStream([track])).connect(merge, 0, channel);
  const kept = [[], []];
  await new Promise((done) => {
    keep.onaudioprocess = ({ inputBuffer }) => {
      for (const [channel, samples] of kept.entries()) samples.push(...inputBuffer.getChannelData(channel));
      if (kept[0].length >= rate * seconds) done();
    };
    join(own, 0);
    join(far, 1);
    merge.connect(keep);
    keep.connect(context.destination);
  });
  keep.onaudioprocess = null;
  await context.close();
  return kept;
}

export async function tell(story) {
  const echoOf = await measure();
  const pulse = await new Pulse(story).start();
  pulse.echo('Table');
  const { a, b } = await demo(story, { a: { pulse, prepare: raw } });

  story.step('A has a speakerphone on the table');
  await a.terminal.openDevices();
  await a.terminal.chooseDevice('device-microphone', 'Table');
  await a.terminal.id('profile-speakerphone').check();
  await a.terminal.id('devices-close').click();

  const call = await session(story, { a, b }, { medium: 'sound' });

  const found = async () => {
    await b.terminal.page.waitForTimeout(LEARN_S * 1000);
    const [sent, back] = await b.terminal.page.evaluate(both, { rate: RATE, seconds: MEASURE_S });
    const echo = echoOf(Float32Array.from(sent), Float32Array.from(back), RATE);
    story.note(`B’s voice comes back ${echo?.down_db.toFixed(1)} dB down, ${echo?.delay_ms.toFixed(0)} ms later; everything that comes back lies ${echo?.whole_db.toFixed(1)} dB down`);
    return echo;
  };

  story.step('B speaks, and hears what comes back of it');
  const cancelled = await found();
  story.check(cancelled && cancelled.down_db >= DOWN_DB, `at least ${DOWN_DB} dB down with the speakerphone’s profile`, cancelled);

  story.step('the same with nothing taken out');
  await a.terminal.page.evaluate(() => localStorage.setItem('raw', 'yes'));
  await a.terminal.page.reload();
  await a.terminal.screen('session');
  const open = await found();
  story.check(open && open.down_db <= PATH_DB_MAX, `the path itself is loud: at most ${PATH_DB_MAX} dB down`, open);

  await endAndProve(story, { a, b }, call);
}
