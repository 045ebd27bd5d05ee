// The eight words of a call's group, each with its dice to read across languages. Pure but for WebCrypto.
// The list is the EFF short word list 1 (Electronic Frontier Foundation, CC BY 3.0 US; see data/README.md).

import text from './data/eff_short_wordlist_1.txt?raw';
import type { Bytes } from './bytes';

export interface Word {
  word: string;
  /** Four digits of 1 to 6. */
  dice: string;
}

export const LIST: readonly Word[] = text
  .trim()
  .split('\n')
  .map((line) => {
    const [dice = '', word = ''] = line.split('\t');
    return { word, dice };
  });

const WORDS = 8;
/** The largest multiple of the list's length that two bytes can hold: what lies above would favour the first words. */
const FAIR = 65_536 - (65_536 % LIST.length);
/** Bytes expanded from the seed: 40 pairs, of which one in a hundred is passed over. Eight are found but once in 2^90. */
const STREAM = 80;

/**
 * Eight words from an exported secret of 16 bytes: HKDF-SHA-512 with empty salt and info "visavis words" gives 80
 * bytes; of each pair, big-endian, those not below 64,800 are passed over, the others name a place modulo 1,296.
 */
export async function words(seed: Bytes): Promise<Word[]> {
  const key = await crypto.subtle.importKey('raw', seed, 'HKDF', false, ['deriveBits']);
  const info = new TextEncoder().encode('visavis words');
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(), info }, key, STREAM * 8);
  const stream = new DataView(bits);
  const out: Word[] = [];
  for (let at = 0; at < STREAM && out.length < WORDS; at += 2) {
    const pair = stream.getUint16(at);
    if (pair < FAIR) out.push(LIST[pair % LIST.length]!);
  }
  return out;
}
