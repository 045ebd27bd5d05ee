// Opens camera and microphone, one at a time, so that a missing camera never costs the sound; names what went wrong.

export type Kind = 'microphone' | 'camera';

/** refused: by the person or the browser's settings; none: no such device; busy: another program has it; gone: unplugged. */
export type DeviceTrouble = 'refused' | 'none' | 'busy' | 'gone' | 'failed';

export function troubleOf(error: unknown): DeviceTrouble {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

/** Every value is `ideal`: a camera that cannot do 720p is used as it is, never turned away. */
const WANTED: Record<Kind, MediaStreamConstraints> = {
  microphone: { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: { ideal: 1 }, sampleRate: { ideal: 48_000 } } },
  camera: { video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } },
};

export type Opened = { track: MediaStreamTrack } | { trouble: DeviceTrouble };

export async function openDevice(kind: Kind): Promise<Opened> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(WANTED[kind]);
    const track = stream.getTracks()[0];
    return track ? { track } : { trouble: 'none' };
  } catch (error) {
    return { trouble: troubleOf(error) };
  }
}
