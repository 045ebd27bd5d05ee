// Splits what the node lets this seat send between sound and picture. Pure.

/** Opus at constant rate, packet headers included. */
export const SOUND_KBPS = 60;
export const PICTURE_MOST_KBPS = 2_500;
/** Below this a picture is not worth its packets: all goes to the sound. */
const PICTURE_LEAST_KBPS = 40;

/**
 * From how many kilobits a second a picture has how many lines, and how many pictures a second: a thirtieth to a
 * twentieth of a bit for each point. The encoder would otherwise drop pictures to keep the rate, and faces jerk. More
 * than `most` shows nobody anything and costs every machine on the way.
 */
const STEPS = [
  { from: 700, lines: 720, maxFramerate: 30, most: PICTURE_MOST_KBPS },
  { from: 450, lines: 480, maxFramerate: 30, most: 1_300 },
  { from: 260, lines: 360, maxFramerate: 30, most: 800 },
  { from: 130, lines: 360, maxFramerate: 15, most: 800 },
  { from: 70, lines: 240, maxFramerate: 15, most: 400 },
  { from: PICTURE_LEAST_KBPS, lines: 180, maxFramerate: 15, most: 250 },
] as const;

export interface Split {
  /** Null: no picture is sent until there is room for one. */
  picture: { maxBitrate: number; maxFramerate: number; scaleResolutionDownBy: number } | null;
}

/** `lines`: how many the camera gives. */
export function split(kbps: number | null, lines = 720): Split {
  const left = Math.min(PICTURE_MOST_KBPS, (kbps ?? Number.POSITIVE_INFINITY) - SOUND_KBPS);
  const step = STEPS.find(({ from }) => left >= from);
  if (!step) return { picture: null };
  const scaleResolutionDownBy = Math.max(1, lines / step.lines);
  const sent = lines / scaleResolutionDownBy;
  const most = STEPS.find((one) => sent >= one.lines)?.most ?? STEPS[STEPS.length - 1]!.most;
  return { picture: { maxBitrate: Math.round(Math.min(left, most) * 1000), maxFramerate: step.maxFramerate, scaleResolutionDownBy } };
}
