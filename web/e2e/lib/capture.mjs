// What a node kept of a call's media, and whether anyone without keys could make sense of it: pictures are put back
// together and given to a decoder, sound is decoded and searched for the chime that the speaker's microphone picks up.

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHIME } from './media.mjs';

/** All packets in a node's capture folder: `[{ way, kind, marker, timestamp, sequence, payload, end }]`, by file; `end`: where in its file it ends. */
export function packets(folder) {
  return readdirSync(folder).map((name) => {
    const bytes = readFileSync(join(folder, name));
    const found = [];
    for (let at = 0; at + 4 <= bytes.length; ) {
      const length = bytes.readUInt32BE(at);
      // The last one may be half written: the node is still running.
      if (at + 4 + length > bytes.length) break;
      const one = bytes.subarray(at + 4, at + 4 + length);
      found.push({ kind: one[0] === 1 ? 'sound' : 'picture', marker: one[1] === 1, timestamp: one.readUInt32BE(2), sequence: one.readBigUInt64BE(6), payload: one.subarray(14), end: at + 4 + length });
      at += 4 + length;
    }
    found.sort((a, b) => (a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0));
    return { name, way: name.split('-')[1], kind: found[0]?.kind, packets: found };
  });
}

/** The length of a VP9 payload descriptor (RFC 9628, section 4.2). */
function descriptorLength(payload) {
  const flags = payload[0];
  const has = (bit) => (flags & bit) !== 0;
  let at = 1;
  if (has(0x80)) at += payload[at] & 0x80 ? 2 : 1;
  if (has(0x20)) at += has(0x10) ? 1 : 2;
  if (has(0x10) && has(0x40)) {
    do at += 1;
    while (payload[at - 1] & 1 && at < 8);
  }
  if (has(0x02)) {
    const structure = payload[at];
    at += 1;
    if (structure & 0x10) at += 4 * ((structure >> 5) + 1);
    if (structure & 0x08) {
      const pictures = payload[at];
      at += 1;
      for (let n = 0; n < pictures; n += 1) at += 1 + ((payload[at] >> 2) & 3);
    }
  }
  return at;
}

/** The frames of a track, put together of its packets: `[{ bytes, end }]`; `end`: where in the file the last packet of it ends. */
export function frames(track) {
  if (track.kind === 'sound') return track.packets.map(({ payload, end }) => ({ bytes: payload, end }));
  const parts = new Map();
  for (const { timestamp, payload, end } of track.packets) {
    const frame = parts.get(timestamp) ?? { bytes: [], end: 0 };
    frame.bytes.push(payload.subarray(descriptorLength(payload)));
    frame.end = Math.max(frame.end, end);
    parts.set(timestamp, frame);
  }
  return [...parts.values()].map(({ bytes, end }) => ({ bytes: Buffer.concat(bytes), end }));
}

/** How many pictures a decoder makes of a track's packets. */
export function picturesDecoded(track, file) {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0);
  header.writeUInt16LE(32, 6);
  header.write('VP90', 8);
  header.writeUInt16LE(640, 12);
  header.writeUInt16LE(360, 14);
  header.writeUInt32LE(30, 16);
  header.writeUInt32LE(1, 20);
  const chunks = [header];
  for (const [index, { bytes: frame }] of frames(track).entries()) {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(frame.length, 0);
    head.writeBigUInt64LE(BigInt(index), 4);
    chunks.push(head, frame);
  }
  writeFileSync(file, Buffer.concat(chunks));
  const { stdout } = spawnSync('ffmpeg', ['-v', 'quiet', '-i', file, '-f', 'framemd5', '-'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return stdout.split('\n').filter((line) => line && !line.startsWith('#')).length;
}

/** Whether a payload is one frame with older ones before it (RFC 2198): each older one by a whole number of 20 ms. */
const isRedundant = (payload) => payload.length > 5 && (payload[0] & 0x80) !== 0 && payload.readUInt16BE(1) >> 2 > 0 && (payload.readUInt16BE(1) >> 2) % 960 === 0;

/** The newest frame of a packet of sound. `type` is that of frames in redundancy, alone behind their type where nothing is older. */
function opusFrame(payload, type) {
  if (payload[0] === type) return payload.subarray(1);
  if (!isRedundant(payload)) return payload;
  let at = 0;
  let older = 0;
  while (at + 4 <= payload.length && payload[at] & 0x80) {
    older += payload.readUInt16BE(at + 2) & 0x3ff;
    at += 4;
  }
  return payload.subarray(at + 1 + older);
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

/** One page of Ogg (RFC 3533) with one packet. */
function page(number, granule, flags, packet) {
  const segments = [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const out = Buffer.concat([Buffer.alloc(27), Buffer.from(segments), packet]);
  out.write('OggS', 0);
  out[5] = flags;
  out.writeBigUInt64LE(BigInt(granule), 6);
  out.writeUInt32LE(7, 14);
  out.writeUInt32LE(number, 18);
  out[26] = segments.length;
  let crc = 0;
  for (const byte of out) crc = ((crc << 8) ^ CRC[((crc >>> 24) ^ byte) & 0xff]) >>> 0;
  out.writeUInt32LE(crc, 22);
  return out;
}

/** How far a side's chime stands out of what a decoder makes of a track of sound: near 1 in noise. */
export function chimeIn(track, side, file) {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0);
  head[8] = 1;
  head[9] = 1;
  head.writeUInt32LE(48_000, 12);
  const tags = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)]);
  const pages = [page(0, 0, 2, head), page(1, 0, 0, tags)];
  const redundant = track.packets.find(({ payload }) => isRedundant(payload));
  const type = redundant && redundant.payload[0] & 0x7f;
  for (const [index, { payload }] of track.packets.entries()) pages.push(page(index + 2, (index + 1) * 960, 0, opusFrame(payload, type)));
  writeFileSync(file, Buffer.concat(pages));
  return chimeOf(samplesOf(file), side);
}

/** What a decoder makes of a file's sound: samples of one channel at 48 kHz. */
export function samplesOf(file) {
  const { stdout } = spawnSync('ffmpeg', ['-v', 'quiet', '-i', file, '-f', 's16le', '-ac', '1', '-ar', '48000', '-'], { maxBuffer: 1 << 28 });
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length - (stdout.length % 2)));
}

/** The power of one pitch in a window of samples at 48 kHz (Goertzel); `shape`: by how much each sample counts. */
export function powerAt(samples, hz, from, length, shape) {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / 48_000);
  let [last, before] = [0, 0];
  for (let n = 0; n < length; n += 1) {
    const next = samples[from + n] * (shape ? shape[n] : 1) + turn * last - before;
    before = last;
    last = next;
  }
  return last * last + before * before - turn * last * before;
}

/** How far a side's chime stands out of what is heard: near 1 in noise. */
export function chimeOf(samples, side) {
  const power = (hz) => {
    let most = 0;
    // The chime sounds for a quarter of a second in each: the loudest window counts.
    for (let from = 0; from + 9600 <= samples.length; from += 4800) most = Math.max(most, powerAt(samples, hz, from, 9600));
    return most;
  };
  const beside = [0.82, 0.88, 1.13, 1.21].map((factor) => power(CHIME[side] * factor));
  return samples.length < 48_000 ? 0 : power(CHIME[side]) / Math.max(1, ...beside);
}

/** Builds the pages whose transform is left out, for a test that must then fail. Returns their folder. */
export function unsealedPages(web, out) {
  execFileSync('npx', ['vite', 'build', '--config', 'e2e/unsealed/vite.config.ts', '--outDir', out, '--logLevel', 'error'], { cwd: web, stdio: ['ignore', 'inherit', 'inherit'] });
  return out;
}
