// Which codecs a section offers, best first. Pure.

export interface Codec {
  mimeType: string;
  sdpFmtpLine?: string;
}

const is = (codec: Codec, name: string) => codec.mimeType.toLowerCase() === name;

/** VP9 profile 0 and its retransmission, the only picture codec that survives sealing of whole frames; empty: leave the browser's own order. */
export function picture<T extends Codec>(offered: readonly T[]): T[] {
  const vp9 = offered.filter((c) => is(c, 'video/vp9') && /(?:^|;)\s*profile-id=0\b|^(?!.*profile-id)/.test(c.sdpFmtpLine ?? ''));
  return vp9.length ? [...vp9, ...offered.filter((c) => is(c, 'video/rtx'))] : [];
}

/** Opus, with redundancy in front where the browser has it. */
export function sound<T extends Codec>(offered: readonly T[]): T[] {
  const opus = offered.filter((c) => is(c, 'audio/opus'));
  return opus.length ? [...offered.filter((c) => is(c, 'audio/red')), ...opus] : [];
}
