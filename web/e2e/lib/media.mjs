// What the two sides' cameras and microphones deliver: real speech and moving pictures, made when first needed
// and told apart by machine. Side A sits before a warm wall and its speech carries short 3.1 kHz chimes, side B
// before a cool one with 4.7 kHz. Chimes, not tones: a browser's noise suppression removes what is steady.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM } from './browser.mjs';

/** Where the made files lie, one folder per version of this recipe. */
const FOLDER = join(
  fileURLToPath(new URL('../media', import.meta.url)),
  createHash('sha256').update(readFileSync(new URL(import.meta.url))).digest('hex').slice(0, 12),
);

/** The chime of each side in hertz: apart from each other and above most of the speech. */
export const CHIME = { a: 3100, b: 4700 };

/** Each side's interpreter has a voice and a chime of his own. */
export const INTERPRETER = { a: { voice: 'ia', chime: 3900 }, b: { voice: 'ib', chime: 5600 } };

/** The wall behind each side's speaker: what a decoded picture must show in its upper corners. */
export const WALL = { a: { r: 0x9a, g: 0x4a, b: 0x2c }, b: { r: 0x2a, g: 0x4e, b: 0x8c } };

/** Of every voice. */
const CHIMES = { ...CHIME };

const SPEECH = {
  a: {
    voice: 'en-us+m3',
    speed: '150',
    text: 'This is the first side speaking. We see you and we hear you. Let us take the topics in their order, one after another.',
  },
  b: {
    voice: 'en-gb+f2',
    speed: '145',
    text: 'This is the second side speaking. Your picture is clear and your voice arrives. We agree to the order of the topics.',
  },
};

for (const side of ['a', 'b']) {
  const { voice, chime } = INTERPRETER[side];
  CHIMES[voice] = chime;
  SPEECH[voice] = { ...SPEECH[side], voice: side === 'a' ? 'en-gb+f4' : 'en-us+m1' };
}

const SIZES = { hd: [1280, 720], small: [640, 360], tiny: [320, 180], numbered: [320, 180] };
/** Bits of a picture's number in its lowest strip, as wide as the picture and a twelfth of its height; lowest bit left. */
export const NUMBER_BITS = 9;
const SECONDS = 10;
/**
 * Both ends of a call and two desks share two cores here: where a picture's size proves nothing, few come a second, and fewest
 * where the machine is wanted for the clock. A camera of compressed pictures always gives 30.
 */
const FRAMES_PER_SECOND = { hd: 30, small: 30, tiny: 15, numbered: 10 };
const COMPRESSED = new Set(['hd', 'small']);
/** Pictures in a camera's file, which begins again after the last. */
export const PICTURES = SECONDS * FRAMES_PER_SECOND.numbered;

const quiet = { stdio: ['ignore', 'ignore', 'pipe'] };

/**
 * `{ sound, picture }`: files for Chromium's fake devices. `size` is `hd` (1280×720), `small` (640×360), `tiny` (320×180)
 * or `numbered`: as tiny, each picture with its number in it. `voice` is another's than the side's principal's.
 */
export async function media(side, size, voice = side) {
  mkdirSync(FOLDER, { recursive: true });
  return { sound: sound(voice), picture: await picture(side, size) };
}

function sound(side) {
  const out = join(FOLDER, `${side}.wav`);
  if (existsSync(out)) return out;
  const scratch = (name) => join(tmpdir(), `visavis-${process.pid}-${side}-${name}.wav`);
  const { voice, speed, text } = SPEECH[side];
  execFileSync('espeak-ng', ['-v', voice, '-s', speed, '-w', scratch('raw'), text], quiet);
  execFileSync('sox', [scratch('raw'), '-r', '48000', '-c', '1', scratch('speech'), 'norm', '-6', 'pad', '0', '0.4'], quiet);
  // A quarter second of chime in every second, as long as the speech.
  execFileSync(
    'sox',
    ['-n', '-r', '48000', '-c', '1', scratch('chime'), 'synth', '0.25', 'sine', String(CHIMES[side]), 'fade', 'q', '0.02', '0.25', '0.02', 'vol', '0.25', 'pad', '0', '0.75', 'repeat', '9'],
    quiet,
  );
  execFileSync('sox', ['-m', '-v', '1', scratch('speech'), '-v', '1', scratch('chime'), '-b', '16', `${out}.${process.pid}.part.wav`, 'trim', '0', '10'], quiet);
  renameSync(`${out}.${process.pid}.part.wav`, out);
  return out;
}

async function picture(side, size) {
  const compressed = COMPRESSED.has(size);
  const rate = String(FRAMES_PER_SECOND[size]);
  const out = join(FOLDER, `${side}-${size}.${compressed ? 'mjpeg' : 'y4m'}`);
  if (existsSync(out)) return out;
  const [width, height] = SIZES[size];
  const still = await drawings(side);
  // The figure sways and nods a little and the camera has grain: an encoder has honest work, a freeze is visible.
  const filter =
    `[0:v]scale=${width}:${height}[wall];[1:v]scale=${width}:${height}[figure];` +
    `[wall][figure]overlay=x='W*0.012*sin(2*PI*t/5)':y='H*0.008*(1+sin(2*PI*t/2.5))',noise=alls=7:allf=t${size === 'numbered' ? numbers(height) : ''},format=${compressed ? 'yuvj420p' : 'yuv420p'}`;
  execFileSync(
    'ffmpeg',
    ['-v', 'error', '-y', '-loop', '1', '-framerate', rate, '-i', still.wall, '-loop', '1', '-framerate', rate, '-i', still.figure]
      .concat(['-filter_complex', filter, '-t', String(SECONDS), '-r', rate])
      .concat(compressed ? ['-q:v', '5', '-f', 'mjpeg'] : ['-f', 'yuv4mpegpipe'], `${out}.${process.pid}.part`),
    quiet,
  );
  renameSync(`${out}.${process.pid}.part`, out);
  return out;
}

/** Draws each picture's number: a white field for each bit that is set, on a black strip. */
function numbers(height) {
  const strip = Math.round(height / 12);
  const box = (x, w, colour, enable) => `,drawbox=x='${x}':y=${height - strip}:w='${w}':h=${strip}:c=${colour}:t=fill${enable}`;
  const bits = Array.from({ length: NUMBER_BITS }, (_, bit) => box(`iw*${bit}/${NUMBER_BITS}`, `iw/${NUMBER_BITS}`, 'white', `:enable='gte(mod(n,${2 ** (bit + 1)}),${2 ** bit})'`));
  return box('0', 'iw', 'black', '') + bits.join('');
}

/** Draws a wall and a seated figure once per side, as two pictures: only the figure moves. */
async function drawings(side) {
  const files = { wall: join(FOLDER, `${side}-wall.png`), figure: join(FOLDER, `${side}-figure.png`) };
  if (existsSync(files.figure)) return files;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless=new', '--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    for (const [name, file] of Object.entries(files)) {
      await page.setContent(`<body style="margin:0;background:transparent">${svg(side, name)}</body>`);
      writeFileSync(file, await page.screenshot({ omitBackground: name === 'figure' }));
    }
  } finally {
    await browser.close();
  }
  return files;
}

function svg(side, layer) {
  const { r, g, b } = WALL[side];
  const shade = (k) => `rgb(${Math.round(r * k)},${Math.round(g * k)},${Math.round(b * k)})`;
  const open = '<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720" viewBox="0 0 1280 720" style="display:block">';
  if (layer === 'wall') {
    return `${open}
      <rect width="1280" height="720" fill="${shade(1)}"/>
      <g fill="${shade(0.86)}"><rect x="330" y="70" width="200" height="360"/><rect x="750" y="70" width="200" height="360"/></g>
      <g fill="none" stroke="${shade(1.25)}" stroke-width="4"><rect x="330" y="70" width="200" height="360"/><rect x="750" y="70" width="200" height="360"/></g>
      <rect y="600" width="1280" height="120" fill="#2b2119"/><rect y="600" width="1280" height="5" fill="#5a4635"/>
    </svg>`;
  }
  const suit = side === 'a' ? '#20242c' : '#33333a';
  const skin = side === 'a' ? '#d9a98a' : '#b98a6c';
  const hair = side === 'a' ? '#7a7a78' : '#2a1c15';
  const head =
    side === 'a'
      ? `<path d="M558 268 q-6 -118 82 -118 q88 0 82 118 q-12 -58 -34 -70 q-48 16 -98 0 q-24 16 -32 70z" fill="${hair}"/>`
      : `<path d="M548 372 q-26 -226 92 -226 q118 0 92 226 q-16 20 -34 6 q14 -120 -20 -172 q-44 26 -86 4 q-28 60 -10 168 q-20 14 -34 -6z" fill="${hair}"/>`;
  return `${open}
    <path d="M400 720 q8 -220 150 -262 l90 -26 l90 26 q142 42 150 262z" fill="${suit}"/>
    <path d="M586 448 l54 130 l54 -130 l-54 -14z" fill="#ece7dd"/>
    ${side === 'a' ? '<path d="M628 470 h24 l10 92 l-22 30 l-22 -30z" fill="#7b2b2b"/>' : ''}
    <rect x="606" y="380" width="68" height="76" rx="24" fill="${skin}"/>
    <ellipse cx="640" cy="292" rx="80" ry="106" fill="${skin}"/>
    ${head}
    <g fill="#2a211c"><circle cx="611" cy="286" r="6"/><circle cx="669" cy="286" r="6"/></g>
    <path d="M612 344 q28 16 56 0" fill="none" stroke="#8a4f45" stroke-width="6" stroke-linecap="round"/>
  </svg>`;
}
