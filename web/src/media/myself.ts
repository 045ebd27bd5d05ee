// A look and a listen at oneself, in this page alone: opens the chosen devices, keeps five seconds of sound in memory,
// plays them back and forgets them. Nothing leaves the page.

import { devices, type Kind } from './devices';
import { loudness } from './microphone';
import { constraints } from './profile';

export const LISTEN_MS = 5_000;
/** What a person hears of a recording must have come to its end by then. */
const PLAY_MS_MAX = LISTEN_MS + 3_000;

/** Opens what the call would use, beside whatever is open already. */
async function open(kind: Kind): Promise<MediaStreamTrack | null> {
  const device = devices.using[kind]?.device?.id ?? devices.choice(kind).chosen?.id ?? null;
  const ask = (id: string | null) => navigator.mediaDevices.getUserMedia(constraints(kind, devices.profile, id));
  // A chosen device that is away: the system's own.
  const stream = await ask(device).catch(() => (device === null ? null : ask(null).catch(() => null)));
  return stream?.getTracks()[0] ?? null;
}

export class Myself {
  camera: MediaStreamTrack | null = null;
  private microphone: MediaStreamTrack | null = null;
  private context: AudioContext | null = null;
  private analyser: AnalyserNode | null = null;
  private samples = new Float32Array(1024);
  private audio: HTMLAudioElement | null = null;
  private closed = false;

  /** False where no microphone opens. */
  async open(withPicture: boolean): Promise<boolean> {
    const [microphone, camera] = await Promise.all([open('microphone'), withPicture ? open('camera') : null]);
    this.microphone = microphone;
    this.camera = camera;
    if (this.closed) this.close();
    if (!microphone || this.closed) return false;
    try {
      this.context = new AudioContext();
      this.analyser = this.context.createAnalyser();
      this.analyser.fftSize = 1024;
      this.context.createMediaStreamSource(new MediaStream([microphone])).connect(this.analyser);
    } catch {
      // Without a sound output there is no meter; what is recorded is recorded all the same.
    }
    return true;
  }

  /** 0..1 */
  level(): number {
    if (!this.analyser) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    return loudness(this.samples);
  }

  /** Five seconds of the microphone; null when it was closed meanwhile, or nothing could be kept. */
  async record(): Promise<Blob | null> {
    if (!this.microphone) return null;
    const recorder = new MediaRecorder(new MediaStream([this.microphone]));
    const parts: Blob[] = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise<void>((done) => (recorder.onstop = () => done()));
    recorder.start();
    const timer = setTimeout(() => recorder.state === 'recording' && recorder.stop(), LISTEN_MS);
    await stopped;
    clearTimeout(timer);
    return this.closed || !parts.length ? null : new Blob(parts, { type: recorder.mimeType });
  }

  /** Plays it to its end through the chosen loudspeaker. */
  async play(sound: Blob): Promise<void> {
    const audio = new Audio();
    const url = URL.createObjectURL(sound);
    this.audio = audio;
    try {
      // A loudspeaker that is away: the system's own.
      if (devices.sink) await audio.setSinkId(devices.sink).catch(() => undefined);
      audio.src = url;
      const over = new Promise<void>((done) => {
        for (const end of ['ended', 'error', 'pause']) audio.addEventListener(end, () => done());
        setTimeout(done, PLAY_MS_MAX);
      });
      await audio.play();
      await over;
    } finally {
      audio.pause();
      audio.removeAttribute('src');
      URL.revokeObjectURL(url);
    }
  }

  close(): void {
    this.closed = true;
    this.audio?.pause();
    // A recorder stops by itself when its track does.
    this.microphone?.stop();
    this.camera?.stop();
    this.camera = null;
    void this.context?.close().catch(() => undefined);
    this.context = null;
    this.analyser = null;
  }
}
