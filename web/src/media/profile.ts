// What is asked of a device when it is opened, by the profile of the seat. Pure.

import type { Profile } from './choice';

/** As the standard words it: `all` takes out whatever this machine plays, where the browser knows how; elsewhere it reads as true. */
type Cancel = boolean | 'all';

/**
 * Every value but the device itself is `ideal`: a camera that cannot do 720p is used as it is, never turned away.
 *
 * Both profiles cancel the echo: headsets leak too. With loudspeakers in the room all of the machine's own sound is
 * taken out, and the browser keeps its hands off the gain: a speakerphone levels by itself, and a second hand would lift
 * what is left of the far end's voice. Nothing gates the microphone while the far end speaks: who interrupts is heard.
 */
export function constraints(kind: 'microphone' | 'camera', profile: Profile, device: string | null): MediaStreamConstraints {
  const which = device === null ? {} : { deviceId: { exact: device } };
  if (kind === 'camera') return { video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } };
  const room = profile === 'speakerphone';
  const cancel: Cancel = room ? 'all' : true;
  return {
    audio: {
      ...which,
      echoCancellation: cancel as boolean,
      noiseSuppression: true,
      autoGainControl: !room,
      channelCount: { ideal: 1 },
      sampleRate: { ideal: 48_000 },
    },
  };
}
