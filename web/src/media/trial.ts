// Tries one device for a few seconds, on its own and without sending anything: the spare that is fallen back on was tried.

import { LOOK_EVERY_MS, lightOf } from './camera';
import type { DeviceKind, Profile } from './choice';
import { small } from './look';
import { loudness } from './microphone';
import { constraints } from './profile';

export type Outcome = 'worked' | 'silent' | 'covered' | 'failed';

/** Somebody speaks at arm's length. */
const SPOKEN = 0.35;
const LISTEN_MS = 8_000;
const LOOK_MS = 3 * LOOK_EVERY_MS;
const NOTE_HZ = 523.25;
const NOTE_MS = 1_500;

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** `level` is told how loud it is, 0..1. A loudspeaker only plays its note: whether it was heard, a person says. */
export async function tryDevice(kind: DeviceKind, id: string, profile: Profile, level: (now: number) => void): Promise<Outcome> {
  try {
    if (kind === 'loudspeaker') return await note(id);
    const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, profile, id));
    try {
      return kind === 'microphone' ? await listen(stream, level) : await see(stream);
    } finally {
      for (const track of stream.getTracks()) track.stop();
    }
  } catch {
    return 'failed';
  }
}

async function listen(stream: MediaStream, level: (now: number) => void): Promise<Outcome> {
  const context = new AudioContext();
  try {
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    for (const until = performance.now() + LISTEN_MS; performance.now() < until; await pause(60)) {
      analyser.getFloatTimeDomainData(samples);
      const now = loudness(samples);
      level(now);
      if (now >= SPOKEN) return 'worked';
    }
    return 'silent';
  } finally {
    void context.close().catch(() => undefined);
  }
}

async function see(stream: MediaStream): Promise<Outcome> {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = stream;
  await video.play();
  let last: Uint8Array | null = null;
  for (const until = performance.now() + LOOK_MS; performance.now() < until; await pause(LOOK_EVERY_MS / 4)) {
    last = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? small(video) : null;
    if (last && lightOf(last) !== 'covered') return 'worked';
  }
  return last ? 'covered' : 'failed';
}

async function note(id: string): Promise<Outcome> {
  const context = new AudioContext();
  try {
    const out = context.createMediaStreamDestination();
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = NOTE_HZ;
    gain.gain.value = 0.2;
    tone.connect(gain).connect(out);
    const audio = new Audio();
    await audio.setSinkId(id);
    audio.srcObject = out.stream;
    tone.start();
    await audio.play();
    await pause(NOTE_MS);
    tone.stop();
    audio.srcObject = null;
    return 'worked';
  } finally {
    void context.close().catch(() => undefined);
  }
}
