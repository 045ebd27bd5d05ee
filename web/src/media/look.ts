// Looks at the own camera once a second, through a picture of a few hundred points that never leaves this page.

import { freshWatch, grey, LOOK_EVERY_MS, LOOK_HEIGHT, LOOK_WIDTH, watch, type CameraHint } from './camera';

export class CameraLook {
  private track: MediaStreamTrack | null = null;
  private video: HTMLVideoElement | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private watched = freshWatch();
  private canvas: OffscreenCanvasRenderingContext2D | null = null;

  constructor(private tell: (hint: CameraHint | null) => void) {}

  /** Null: no camera is open, and nothing is looked at. */
  follow(track: MediaStreamTrack | null): void {
    if (track === this.track) return;
    this.track = track;
    this.watched = freshWatch();
    this.tell(null);
    clearInterval(this.timer);
    if (this.video) this.video.srcObject = null;
    this.video = null;
    if (!track) return;
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    void video.play().catch(() => undefined);
    this.video = video;
    this.timer = setInterval(() => this.look(video), LOOK_EVERY_MS);
  }

  private look(video: HTMLVideoElement): void {
    // A hidden page may not be given new pictures: nothing can be told from that.
    if (document.visibilityState !== 'visible' || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const picture = small(video, (this.canvas ??= blank()));
    if (!picture) return;
    this.watched = watch(this.watched, picture);
    this.tell(this.watched.hint);
  }
}

function blank(): OffscreenCanvasRenderingContext2D | null {
  const context = new OffscreenCanvas(LOOK_WIDTH, LOOK_HEIGHT).getContext('2d', { willReadFrequently: true });
  // Points, no means: the noise of a living sensor is what tells it from a picture that stands still.
  if (context) context.imageSmoothingEnabled = false;
  return context;
}

/** A look at what `video` shows, in grey. */
export function small(video: HTMLVideoElement, context = blank()): Uint8Array | null {
  if (!context) return null;
  context.drawImage(video, 0, 0, LOOK_WIDTH, LOOK_HEIGHT);
  return grey(context.getImageData(0, 0, LOOK_WIDTH, LOOK_HEIGHT).data);
}
