// The hint about the own camera that stands, for the screen and for whoever tells the own desk.

import type { CameraHint } from '../media/camera';
import { CameraLook } from '../media/look';

let hint = $state<CameraHint | null>(null);
const look = new CameraLook((next) => {
  hint = next;
});

export const cameraHint = (): CameraHint | null => hint;

/** The own camera's track while one is open. */
export const followCamera = (track: MediaStreamTrack | null): void => look.follow(track);
