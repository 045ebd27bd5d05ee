// Footage as somebody sees it who has all that the recorders have: their keys on the nodes' disks, every envelope that a
// terminal handed over, every packet that passed, and the files that were written.

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { execFileSync, spawnSync } from 'node:child_process';
import { createDecipheriv, createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { frames, packets, powerAt, samplesOf } from './capture.mjs';
import { NUMBER_BITS } from './media.mjs';

/** How often it is looked how far the nodes' captures have come. Milliseconds. */
const TAIL_MS = 20;

/** Notes at which moment how much of each file in the folders was there. */
export class Tail {
  constructor(folders) {
    this.folders = folders;
    this.grown = new Map();
    this.timer = setInterval(() => this.look(), TAIL_MS);
  }

  look() {
    const now = Date.now();
    for (const folder of this.folders) {
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        const file = join(folder, name);
        const looks = this.grown.get(file) ?? [];
        const { size } = statSync(file);
        if (size > (looks.at(-1)?.size ?? 0)) looks.push({ size, at: now });
        this.grown.set(file, looks);
      }
    }
  }

  /** When a file was first seen to be so long: no sooner than it was. */
  at(file, end) {
    return this.grown.get(file)?.find(({ size }) => size >= end)?.at ?? Infinity;
  }

  stop() {
    this.look();
    clearInterval(this.timer);
  }
}

/** A recorder's key in a node's data folder. */
function recorderKey(data) {
  const key = createPrivateKey(readFileSync(join(data, 'recorder.key')));
  const raw = (half) => Buffer.from(half, 'base64url');
  return { secret: raw(key.export({ format: 'jwk' }).d), key: raw(createPublicKey(key).export({ format: 'jwk' }).x) };
}

const suite = () => new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const plain = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);

/** Every root that the recorder with this data folder can have: of each envelope that it can open. Docs/protocol.md, section 8. */
async function rootsOf(data, envelopes) {
  const { secret, key } = recorderKey(data);
  const roots = [];
  for (const { recorder, group, epoch, context, envelope } of envelopes) {
    if (recorder !== key.toString('hex')) continue;
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(epoch));
    const info = Buffer.concat([Buffer.from('visavis footage'), key, Buffer.from(group, 'hex'), number, Buffer.from(context, 'hex')]);
    const bytes = Buffer.from(envelope, 'base64');
    const hpke = suite();
    const recipientKey = await hpke.kem.importKey('raw', plain(secret), false);
    const opening = await hpke.createRecipientContext({ recipientKey, enc: plain(bytes.subarray(0, 32)), info: plain(info) });
    const root = Buffer.from(await opening.open(plain(bytes.subarray(32)))).toString('hex');
    if (!roots.includes(root)) roots.push(root);
  }
  return roots;
}

/** Opens frames with every root that there is and every seat's key, whatever key a frame says that it is under. */
class Opener {
  constructor(roots, seats) {
    this.senders = roots.flatMap((root) => seats.map((seat) => ({ root: Buffer.from(root, 'hex'), seat: Buffer.from(seat, 'hex'), keys: new Map() })));
  }

  opens(bytes, kind) {
    // A key id of seven bytes and a counter of four, as every terminal writes them (RFC 9605, section 4.3).
    if (bytes.length < 28 || bytes[0] !== 0xeb) return false;
    const id = Buffer.concat([Buffer.alloc(1), bytes.subarray(1, 8)]);
    return this.senders.some((sender) => {
      const { key, salt } = this.key(sender, id);
      const nonce = Buffer.from(salt);
      for (let at = 0; at < 4; at += 1) nonce[8 + at] ^= bytes[8 + at];
      const gcm = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      gcm.setAAD(Buffer.concat([bytes.subarray(0, 12), Buffer.of(kind === 'sound' ? 1 : 2)]));
      gcm.setAuthTag(bytes.subarray(-16));
      try {
        gcm.update(bytes.subarray(12, -16));
        gcm.final();
        return true;
      } catch {
        return false;
      }
    });
  }

  key({ root, seat, keys }, id) {
    const name = id.toString('hex');
    if (!keys.has(name)) {
      const hkdf = (from, info, length) => Buffer.from(hkdfSync('sha512', from, Buffer.alloc(0), info, length));
      const base = hkdf(root, Buffer.concat([Buffer.from('visavis sender'), seat, id]), 32);
      const info = (what) => Buffer.concat([Buffer.from(`SFrame 1.0 Secret ${what} `), id, Buffer.of(0, 5)]);
      keys.set(name, { key: hkdf(base, info('key'), 32), salt: hkdf(base, info('salt'), 12) });
    }
    return keys.get(name);
  }
}

/**
 * What of all that passed the nodes the two recorders' keys open: by node, direction and kind
 * `[{ node, way, kind, frames: [{ at, opens }] }]`, `at`: when it had passed, to TAIL_MS.
 */
export async function opened({ folders, data, envelopes, seats, tail }) {
  const roots = [...(await rootsOf(data.a, envelopes)), ...(await rootsOf(data.b, envelopes))];
  const opener = new Opener([...new Set(roots)], seats);
  const found = ['a', 'b'].flatMap((node) =>
    packets(folders[node]).map((track) => ({
      node,
      way: track.way,
      kind: track.kind,
      frames: frames(track)
        .map(({ bytes, end }) => ({ at: tail.at(join(folders[node], track.name), end), opens: opener.opens(bytes, track.kind) }))
        .toSorted((one, two) => one.at - two.at),
    })),
  );
  return { roots: new Set(roots).size, found };
}

/** The takes of a call in a node's data folder, in order: `{ folder, started, pressed, persons: [{ person, file }] }`; times by the machine's clock. */
export function takes(data, call) {
  const all = join(data, 'footage', call);
  if (!existsSync(all)) return [];
  const numbers = readdirSync(all).toSorted((one, two) => Number(one) - Number(two));
  return numbers.map((number) => {
    const folder = join(all, number);
    const [begin, ...more] = readFileSync(join(folder, 'take.journal'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const presses = more.flatMap(({ pressed }) => (pressed === undefined ? [] : [pressed]));
    const { started, persons } = begin.take;
    return {
      folder,
      started,
      pressed: presses.length ? started + Math.min(...presses) / 1000 : null,
      finished: existsSync(join(folder, 'finished')),
      persons: persons.map(({ person, side }) => ({ person, side, file: join(folder, `${person}-final.mp4`) })),
    };
  });
}

/** Decodes a file from its first to its last frame; what ffmpeg complains of, which must be nothing. */
export function complaints(file) {
  // Pictures keep their own times: rounding them to a rate would make two of one.
  const args = ['-v', 'error', '-xerror', '-err_detect', 'explode', '-i', file, '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-'];
  const { stderr, status } = spawnSync('ffmpeg', args, { encoding: 'utf8' });
  return status === 0 ? stderr.trim() : `exit ${status}: ${stderr.trim()}`;
}

/** What ffprobe says of a file: its seconds, and frames and size by kind, as decoded. */
export function facts(file) {
  const said = execFileSync('ffprobe', ['-v', 'error', '-count_frames', '-show_entries', 'format=duration:stream=codec_type,codec_name,width,height,nb_read_frames', '-of', 'json', file], { encoding: 'utf8' });
  const { format, streams } = JSON.parse(said);
  const of = (type) => streams.find((stream) => stream.codec_type === type);
  return { seconds: Number(format.duration), picture: of('video'), sound: of('audio') };
}

const WIDTH = 320;
const HEIGHT = 180;

/** A file's pictures, as decoded: the mean colour of the upper corners and the number in each. */
export function pictures(file) {
  const args = ['-v', 'error', '-i', file, '-an', '-vf', `scale=${WIDTH}:${HEIGHT}`, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const { stdout } = spawnSync('ffmpeg', args, { maxBuffer: 1 << 30 });
  const size = WIDTH * HEIGHT * 3;
  return Array.from({ length: Math.floor(stdout.length / size) }, (_, n) => {
    const at = (x, y) => n * size + (y * WIDTH + x) * 3;
    const wall = { r: 0, g: 0, b: 0 };
    let pixels = 0;
    for (const left of [0, WIDTH - 32]) {
      for (let y = 0; y < 18; y += 2) {
        for (let x = left; x < left + 32; x += 2) {
          wall.r += stdout[at(x, y)];
          wall.g += stdout[at(x, y) + 1];
          wall.b += stdout[at(x, y) + 2];
          pixels += 1;
        }
      }
    }
    let number = 0;
    for (let bit = 0; bit < NUMBER_BITS; bit += 1) if (stdout[at(Math.round(((bit + 0.5) * WIDTH) / NUMBER_BITS), HEIGHT - 7)] > 127) number += 2 ** bit;
    return { wall: { r: wall.r / pixels, g: wall.g / pixels, b: wall.b / pixels }, number };
  });
}

/** The words of the spoken clock: one each tenth of a second, told apart by pitch; after so many it begins again. */
const CLOCK = { words: 40, ms: 100, hz: (word) => 5_200 + 50 * word };

/**
 * `spokenClock` runs in a page before its own code: whoever speaks has a clock in the voice, a word of it each tenth of a second, no
 * word sooner than its time; and of the camera it is kept when it took which numbered picture (`window.taken`).
 */
function speakClock({ words, ms, bits }) {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.taken = [];

  /** By how much the sound's clock is ahead of the machine's, at the most that is seen: nothing sounds before its time. */
  async function ahead(context) {
    let most = -Infinity;
    for (let look = 0; look < 100; look += 1) {
      most = Math.max(most, context.currentTime * 1000 - Date.now());
      await new Promise((next) => setTimeout(next, 7));
    }
    return most;
  }

  async function clock(track) {
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();
    const out = context.createMediaStreamDestination();
    context.createMediaStreamSource(new MediaStream([track])).connect(out);
    const tone = new OscillatorNode(context, { frequency: 5_200 });
    const loudness = new GainNode(context, { gain: 0 });
    tone.connect(loudness).connect(out);
    tone.start();
    const before = await ahead(context);
    let next = Math.ceil((Date.now() + 200) / ms);
    setInterval(() => {
      for (; next * ms < Date.now() + 1_000; next += 1) {
        const at = (next * ms + before) / 1000;
        tone.frequency.setValueAtTime(5_200 + 50 * (next % words), at);
        loudness.gain.setValueAtTime(0, at);
        loudness.gain.linearRampToValueAtTime(0.06, at + 0.005);
        loudness.gain.setValueAtTime(0.06, at + ms / 1000 - 0.015);
        loudness.gain.linearRampToValueAtTime(0, at + ms / 1000 - 0.01);
      }
    }, 200);
    return out.stream.getAudioTracks()[0];
  }

  function look(track) {
    const video = document.createElement('video');
    const context = new OffscreenCanvas(bits * 8, 8).getContext('2d', { willReadFrequently: true });
    video.muted = true;
    video.srcObject = new MediaStream([track]);
    void video.play();
    const shown = (_, { captureTime }) => {
      const strip = video.videoHeight / 12;
      context.drawImage(video, 0, video.videoHeight - strip, video.videoWidth, strip, 0, 0, bits * 8, 8);
      const { data } = context.getImageData(0, 4, bits * 8, 1);
      let number = 0;
      for (let bit = 0; bit < bits; bit += 1) if (data[(bit * 8 + 4) * 4] > 127) number += 2 ** bit;
      window.taken.push([number, performance.timeOrigin + captureTime]);
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  }

  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    const [sound] = stream.getAudioTracks();
    const [picture] = stream.getVideoTracks();
    if (picture) look(picture.clone());
    return sound ? new MediaStream([await clock(sound), ...stream.getVideoTracks()]) : stream;
  };
}

export const spokenClock = { content: `(${speakClock})(${JSON.stringify({ ...CLOCK, bits: NUMBER_BITS })})` };

/** When each word of the spoken clock begins that is heard at the end of a file, of those nearest to `around`; milliseconds, ascending. */
export function wordsHeard(file, around) {
  const samples = samplesOf(file);
  const window = Math.round((CLOCK.ms * 0.6 * 48_000) / 1000);
  const shape = Float64Array.from({ length: window }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window));
  const heard = new Set();
  // A second is little of the clock's round: each word is one moment's.
  for (let from = Math.max(0, samples.length - 48_000); from + window <= samples.length; from += 960) {
    const powers = Array.from({ length: CLOCK.words }, (_, word) => powerAt(samples, CLOCK.hz(word), from, window, shape));
    const word = powers.indexOf(Math.max(...powers));
    const others = powers.filter((_, other) => Math.abs(other - word) > 2).toSorted((one, two) => one - two);
    if (powers[word] > 1e9 && powers[word] > 8 * others.at(-1)) heard.add(word);
  }
  const cycle = CLOCK.words * CLOCK.ms;
  const near = (word) => {
    const at = Math.floor(around / cycle) * cycle + word * CLOCK.ms;
    return [at - cycle, at, at + cycle].reduce((best, one) => (Math.abs(one - around) < Math.abs(best - around) ? one : best));
  };
  return [...heard].map(near).toSorted((one, two) => one - two);
}
