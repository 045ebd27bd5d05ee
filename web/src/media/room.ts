// What a check needs of the room around a seat: a sound of our own from the loudspeaker, and the microphone as it is,
// without the browser taking out of it what the loudspeaker plays.

import { devices } from './devices';

/** The device behind `track`, unprocessed; null where it does not open a second time. */
export async function openPlain(track: MediaStreamTrack): Promise<MediaStreamTrack | null> {
  const { deviceId } = track.getSettings();
  const audio = { ...(deviceId ? { deviceId: { exact: deviceId } } : {}), echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 1 } };
  const stream = await navigator.mediaDevices.getUserMedia({ audio }).catch(() => null);
  return stream?.getAudioTracks()[0] ?? null;
}

/** Plays it to its end from the chosen loudspeaker. False where nothing can be played. */
export async function play(context: AudioContext, samples: Float32Array<ArrayBuffer>): Promise<boolean> {
  const { sink } = devices;
  const able = context as AudioContext & { setSinkId?: (id: string) => Promise<void>; sinkId?: unknown };
  // A loudspeaker that is away: the system's own.
  if (sink && able.sinkId !== sink) await able.setSinkId?.(sink).catch(() => undefined);
  await context.resume().catch(() => undefined);
  if (context.state !== 'running' || !samples.length) return false;
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  const over = new Promise<void>((done) => {
    source.onended = () => done();
    // A sound device that stands still never ends.
    setTimeout(done, buffer.duration * 1000 + 1_000);
  });
  source.start();
  await over;
  source.disconnect();
  return true;
}
