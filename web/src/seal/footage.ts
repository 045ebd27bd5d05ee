// What recorders get while footage is open: a root of its own in each epoch, from which senders' footage keys follow as
// sealed ones follow from the sealed root, and the envelope in which a terminal hands it to a recorder. Nothing of the
// sealed key follows from it. Pure but for WebCrypto.

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { type Bytes, concat, fromHex } from './bytes';
import type { Member } from './mls';

export const FOOTAGE_ROOT = 32;
/** What HPKE adds: the encapsulated key and the tag. */
const ENC = 32;
const TAG = 16;
const HASH = 64;
const SIDES_MOST = 16;
const LABEL = 'visavis footage';

/** SHA-256 of the standing Open statements' hashes (hexadecimal), ascending and each once; null for none or no hashes. */
export async function footageContext(opens: readonly string[]): Promise<Bytes | null> {
  const sorted = [...new Set(opens)].toSorted();
  if (sorted.length === 0 || sorted.length > SIDES_MOST || sorted.some((hash) => hash.length !== HASH)) return null;
  const hashes = sorted.map(fromHex);
  if (hashes.some((hash) => hash === null)) return null;
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...hashes.map((hash) => hash!))));
}

/** The footage root of a member's epoch (RFC 9420, 8.5). To be wiped once it has been imported and sealed. */
export const footageRoot = (member: Pick<Member, 'export'>, context: Bytes): Promise<Bytes> => member.export(LABEL, context, FOOTAGE_ROOT);

const suite = () => new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** For which recorder, group, epoch and Open statements a root is: an envelope opens for nothing else. */
export interface FootagePlace {
  /** The recorder's X25519 key, 32 bytes. */
  recorder: Bytes;
  /** 16 bytes. */
  group: Bytes;
  epoch: number;
  context: Bytes;
}

function info({ recorder, group, epoch, context }: FootagePlace): Bytes {
  if (recorder.length !== 32 || group.length !== 16 || context.length !== 32) throw new TypeError('no place for footage');
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(epoch));
  return concat(new TextEncoder().encode(LABEL), recorder, group, number, context);
}

/** The root for one recorder (HPKE base mode, RFC 9180, 5.1.1): encapsulated key, ciphertext, tag; 80 bytes. */
export async function sealFootage(root: Bytes, place: FootagePlace): Promise<Bytes> {
  if (root.length !== FOOTAGE_ROOT) throw new TypeError('a root has 32 bytes');
  const hpke = suite();
  const recipientPublicKey = await hpke.kem.deserializePublicKey(place.recorder);
  const sender = await hpke.createSenderContext({ recipientPublicKey, info: info(place) });
  return concat(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(root)));
}

/** The root in an envelope, or null: for another key or place, or not whole. */
export async function openFootage(envelope: Bytes, recipientKey: CryptoKeyPair, place: FootagePlace): Promise<Bytes | null> {
  if (envelope.length !== ENC + FOOTAGE_ROOT + TAG) return null;
  try {
    const recipient = await suite().createRecipientContext({ recipientKey, enc: envelope.slice(0, ENC), info: info(place) });
    return new Uint8Array(await recipient.open(envelope.slice(ENC)));
  } catch {
    return null;
  }
}
