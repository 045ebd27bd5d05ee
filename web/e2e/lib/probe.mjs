// What a page really received: read from its peer connections, its decoded pictures and its decoded sound,
// never from what the interface says of itself.

import { CHIME, WALL } from './media.mjs';

/** Runs in every page before its own code: remembers peer connections so that their statistics can be read. */
export function instrument() {
  const Native = window.RTCPeerConnection;
  if (!Native || window.visavisConnections) return;
  window.visavisConnections = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      window.visavisConnections.push(this);
    }
  };
  // Chromium counts the energy of decoded sound only as loud as an element plays it. The page's elements are muted while
  // its own graph plays; here they say that they are and play on, so that what was decoded is counted as it was.
  const muted = new WeakMap();
  Object.defineProperty(HTMLAudioElement.prototype, 'muted', {
    get() {
      return muted.get(this) ?? false;
    },
    set(value) {
      muted.set(this, value);
    },
  });
}

/** Runs in a page before its own code, for `played`: listens to whatever leaves it for the loudspeaker. */
export function instrumentOutput() {
  const connect = AudioNode.prototype.connect;
  window.visavisOutputs = [];
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
      const analyser = this.context.createAnalyser();
      analyser.fftSize = 8192;
      analyser.smoothingTimeConstant = 0;
      analyser.minDecibels = -140;
      connect.call(this, analyser);
      window.visavisOutputs.push(analyser);
    }
    return connect.call(this, to, ...more);
  };
}

/** The most that each of `hertz` reached at the page's own loudspeaker over `milliseconds`: `{ [hertz]: decibels }`. */
export function played(page, hertz, milliseconds) {
  return page.evaluate(
    async ({ hertz, duration }) => {
      const most = Object.fromEntries(hertz.map((each) => [each, -140]));
      const until = performance.now() + duration;
      while (performance.now() < until) {
        await new Promise((next) => setTimeout(next, 60));
        for (const analyser of window.visavisOutputs ?? []) {
          if (analyser.context.state !== 'running') continue;
          const spectrum = new Float32Array(analyser.frequencyBinCount);
          analyser.getFloatFrequencyData(spectrum);
          for (const each of hertz) {
            const bin = Math.round(each / (analyser.context.sampleRate / analyser.fftSize));
            most[each] = Math.max(most[each], ...spectrum.subarray(bin - 2, bin + 3));
          }
        }
      }
      return most;
    },
    { hertz, duration: milliseconds },
  );
}

/** Sums over the live peer connections: `{ picture, sound, out }`, counters as of this moment. */
export function received(page) {
  return page.evaluate(async () => {
    const sum = {
      at: performance.now(),
      picture: { frames: 0, bytes: 0, freezes: 0, freezeSeconds: 0, width: 0, height: 0, packetsLost: 0 },
      sound: { energy: 0, samples: 0, concealed: 0, bytes: 0, level: 0 },
      out: { pictureBytes: 0, soundBytes: 0, pictureFrames: 0, width: 0, height: 0 },
    };
    for (const connection of window.visavisConnections ?? []) {
      if (connection.connectionState === 'closed') continue;
      for (const report of (await connection.getStats()).values()) {
        if (report.type === 'inbound-rtp' && report.kind === 'video') {
          sum.picture.frames += report.framesDecoded ?? 0;
          sum.picture.bytes += report.bytesReceived ?? 0;
          sum.picture.freezes += report.freezeCount ?? 0;
          sum.picture.freezeSeconds += report.totalFreezesDuration ?? 0;
          sum.picture.packetsLost += report.packetsLost ?? 0;
          sum.picture.width = Math.max(sum.picture.width, report.frameWidth ?? 0);
          sum.picture.height = Math.max(sum.picture.height, report.frameHeight ?? 0);
        } else if (report.type === 'inbound-rtp' && report.kind === 'audio') {
          sum.sound.energy += report.totalAudioEnergy ?? 0;
          sum.sound.samples += report.totalSamplesReceived ?? 0;
          sum.sound.concealed += report.concealedSamples ?? 0;
          sum.sound.bytes += report.bytesReceived ?? 0;
          sum.sound.level = Math.max(sum.sound.level, report.audioLevel ?? 0);
        } else if (report.type === 'outbound-rtp' && report.kind === 'video') {
          sum.out.pictureBytes += report.bytesSent ?? 0;
          sum.out.pictureFrames += report.framesEncoded ?? 0;
          sum.out.width = Math.max(sum.out.width, report.frameWidth ?? 0);
          sum.out.height = Math.max(sum.out.height, report.frameHeight ?? 0);
        } else if (report.type === 'outbound-rtp' && report.kind === 'audio') {
          sum.out.soundBytes += report.bytesSent ?? 0;
        }
      }
    }
    return sum;
  });
}

/** Differences of the counters over `milliseconds`. */
export async function receivedDuring(page, milliseconds) {
  const before = await received(page);
  await new Promise((next) => setTimeout(next, milliseconds));
  const after = await received(page);
  return {
    seconds: (after.at - before.at) / 1000,
    frames: after.picture.frames - before.picture.frames,
    freezes: after.picture.freezes - before.picture.freezes,
    width: after.picture.width,
    height: after.picture.height,
    energy: after.sound.energy - before.sound.energy,
    samples: after.sound.samples - before.sound.samples,
    concealed: after.sound.concealed - before.sound.concealed,
    soundBytes: after.sound.bytes - before.sound.bytes,
    pictureBytes: after.picture.bytes - before.picture.bytes,
  };
}

/** The mean colour of the upper corners of a playing `<video>`, or null when it has no picture. */
export function corners(page, selector) {
  return page.evaluate((wanted) => {
    const video = [...document.querySelectorAll(wanted)]
      .map((found) => (found instanceof HTMLVideoElement ? found : found.querySelector('video')))
      .find((found) => found && found.videoWidth > 0);
    if (!video) return null;
    const canvas = document.createElement('canvas');
    canvas.width = 160;
    canvas.height = 90;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0, 160, 90);
    const mean = { r: 0, g: 0, b: 0 };
    let pixels = 0;
    for (const left of [0, 144]) {
      const { data } = context.getImageData(left, 0, 16, 9);
      for (let at = 0; at < data.length; at += 4) {
        mean.r += data[at];
        mean.g += data[at + 1];
        mean.b += data[at + 2];
        pixels += 1;
      }
    }
    return { r: mean.r / pixels, g: mean.g / pixels, b: mean.b / pixels, width: video.videoWidth, height: video.videoHeight };
  }, selector);
}

/** Which side's wall a colour is: 'a', 'b', or 'neither' when it is far from both. */
export function whoseWall(colour) {
  if (!colour) return 'neither';
  const far = (side) => Math.hypot(colour.r - WALL[side].r, colour.g - WALL[side].g, colour.b - WALL[side].b);
  const [side, distance] = far('a') < far('b') ? ['a', far('a')] : ['b', far('b')];
  return distance < 60 ? side : 'neither';
}

/**
 * Listens to the received sound of a page for `milliseconds` and measures how far each side's chime stands out of
 * its neighbourhood, in decibels: `{ a, b, loudest }` (loudest: peak of the time signal, 0..1).
 */
export function heard(page, milliseconds) {
  return page.evaluate(
    async ({ chimes, duration }) => {
      const context = new AudioContext({ sampleRate: 48000 });
      await context.resume();
      const analysers = [];
      for (const connection of window.visavisConnections ?? []) {
        if (connection.connectionState === 'closed') continue;
        for (const { track } of connection.getReceivers()) {
          if (track?.kind !== 'audio' || track.readyState !== 'live') continue;
          const analyser = context.createAnalyser();
          analyser.fftSize = 8192;
          analyser.smoothingTimeConstant = 0;
          analyser.minDecibels = -140;
          context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
          analysers.push(analyser);
        }
      }
      const best = { loudest: 0 };
      for (const side of Object.keys(chimes)) best[side] = -Infinity;
      const spectrum = new Float32Array(4096);
      const wave = new Float32Array(8192);
      const until = performance.now() + duration;
      while (performance.now() < until) {
        await new Promise((next) => setTimeout(next, 40));
        for (const analyser of analysers) {
          analyser.getFloatFrequencyData(spectrum);
          analyser.getFloatTimeDomainData(wave);
          for (const sample of wave) best.loudest = Math.max(best.loudest, Math.abs(sample));
          for (const [side, hertz] of Object.entries(chimes)) {
            const centre = Math.round(hertz / (48000 / 8192));
            const peak = Math.max(...spectrum.subarray(centre - 2, centre + 3));
            if (peak < -75) continue;
            let around = 0;
            let bins = 0;
            for (const side of [-1, 1]) {
              for (let off = 20; off < 60; off += 1) {
                around += Math.max(-140, spectrum[centre + side * off]);
                bins += 1;
              }
            }
            best[side] = Math.max(best[side], peak - around / bins);
          }
        }
      }
      await context.close();
      return best;
    },
    { chimes: CHIME, duration: milliseconds },
  );
}

/**
 * Which side is heard: the one whose chime stands out by 18 dB while the other's does not. What stands 25 dB below the
 * other chime is no second voice but the first one's own: a pitch of speech that passes there.
 */
export function whoseVoice(sound) {
  const heard = (one, other) => sound[one] >= 18 && sound[one] > sound[other] - 25;
  const [a, b] = [heard('a', 'b'), heard('b', 'a')];
  if (a && b) return 'both';
  return a ? 'a' : b ? 'b' : 'neither';
}
