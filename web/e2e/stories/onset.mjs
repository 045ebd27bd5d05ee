// How long it takes from the first sound into a microphone that is off to the warning across the picture: measured many
// times, for the table of figures. Story `heard` asserts the bound.

import { demo, drawSmall, endAndProve, session } from '../lib/call.mjs';

export const title = 'how soon somebody is told who speaks into a microphone that is off';

const TIMES = 30;

/**
 * Runs in A's pages: the microphone is a voice that the story switches, so that its first sound has a moment. A pitch that is
 * no mains' overtone, moving in loudness as syllables do: whatever else is steady is taken for a machine.
 */
function instrument() {
  const context = new AudioContext({ sampleRate: 48_000 });
  const voice = new OscillatorNode(context, { frequency: 137, type: 'sawtooth' });
  const syllables = new OscillatorNode(context, { frequency: 4 });
  const loudness = new GainNode(context, { gain: 0.6 });
  const level = new GainNode(context, { gain: 0 });
  const out = context.createMediaStreamDestination();
  voice.connect(loudness).connect(level).connect(out);
  syllables.connect(new GainNode(context, { gain: 0.4 })).connect(loudness.gain);
  voice.start();
  syllables.start();
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => (wanted.audio ? new MediaStream([out.stream.getAudioTracks()[0].clone(), ...(wanted.video ? (await real({ video: wanted.video })).getTracks() : [])]) : real(wanted));
  /** Speaks, and tells when the warning stands; milliseconds. */
  window.speakUntilWarned = async () => {
    await context.resume();
    level.gain.value = 0.3;
    const began = performance.now();
    const warned = () => document.querySelector('[data-testid=speaking-off]');
    while (!warned()) {
      if (performance.now() - began > 5_000) throw new Error('nobody warned');
      await new Promise(requestAnimationFrame);
    }
    const took = performance.now() - began;
    level.gain.value = 0;
    while (warned()) await new Promise(requestAnimationFrame);
    return took;
  };
}

export async function tell(story) {
  const { a, b } = await demo(story, { a: { prepare: instrument } });
  const call = await session(story, { a, b }, { medium: 'sound' });
  await drawSmall({ a, b });
  await a.terminal.page.keyboard.press('Space');
  const took = [];
  for (let time = 0; time < TIMES; time += 1) {
    took.push(await a.terminal.page.evaluate(() => window.speakUntilWarned()));
    // Not in step with anything that the page does at intervals of its own.
    await a.terminal.page.waitForTimeout(300 + 37 * time);
  }
  took.sort((one, two) => one - two);
  const at = (share) => Math.round(took[Math.min(took.length - 1, Math.floor(share * took.length))]);
  const figures = { muted_warning_ms: at(0.5), muted_warning_ms_p95: at(0.95), muted_warning_ms_max: at(1), times: TIMES };
  story.note(JSON.stringify(figures));
  story.keep('figures.json', figures);
  await endAndProve(story, { a, b }, call);
}
