// Splits what the node lets this seat send between sound and picture. Pure.

/** Opus at constant rate, packet headers included. */
export const SOUND_KBPS = 60;
export const PICTURE_MOST_KBPS = 2_500;
/** Below this a picture is not worth its packets: all goes to the sound. */
const PICTURE_LEAST_KBPS = 40;

export interface Split {
  /** Null: no picture is sent until there is room for one. */
  picture: { maxBitrate: number; maxFramerate: number; scaleResolutionDownBy: number } | null;
}

export function split(kbps: number | null): Split {
  const left = Math.min(PICTURE_MOST_KBPS, (kbps ?? Number.POSITIVE_INFINITY) - SOUND_KBPS);
  if (left < PICTURE_LEAST_KBPS) return { picture: null };
  return {
    picture: {
      maxBitrate: Math.round(left * 1000),
      maxFramerate: left < 150 ? 15 : 30,
      // 720p above 600 kb/s, 360p above 200, 240p below: sharper than what the encoder would do by dropping frames.
      scaleResolutionDownBy: left < 200 ? 3 : left < 600 ? 2 : 1,
    },
  };
}
