// The energy of each track as the graph's meters count it, for the statistics that people and the far side are told.

/** By track; a track that no graph plays is not in it, and the browser's own count stands. */
export const measured = new WeakMap<MediaStreamTrack, { energy: number; rms: number }>();
