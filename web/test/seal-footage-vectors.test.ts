// Envelopes that terminals and the recorder's HPKE must open for each other: `footage-terminal.json` is written here and
// opened by crates/recorder/tests/envelope.rs, `footage-crate.json` the other way round. Each envelope has fresh
// randomness, so both files are only opened, never made again, but by
// `VISAVIS_WRITE_VECTORS=1 npx vitest run test/seal-footage-vectors.test.ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openFootage, sealFootage } from '../src/seal/footage';

interface Held {
  secret: string;
  recorder: string;
  group: string;
  epoch: number;
  context: string;
  root: string;
  envelope: string;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const place = (name: string) => new URL(`vectors/${name}`, import.meta.url);

/** The bytes of PKCS#8 before an X25519 private key (RFC 8410). */
const PKCS8 = '302e020100300506032b656e04220420';

async function pair(secret: string): Promise<CryptoKeyPair> {
  const privateKey = await crypto.subtle.importKey('pkcs8', bytes(PKCS8 + secret), 'X25519', true, ['deriveBits']);
  const { x } = await crypto.subtle.exportKey('jwk', privateKey);
  const raw = Uint8Array.from(Buffer.from(x!, 'base64url'));
  return { privateKey, publicKey: await crypto.subtle.importKey('raw', raw, 'X25519', true, []) };
}

const raw = async (key: CryptoKey) => new Uint8Array(await crypto.subtle.exportKey('raw', key));

async function made(): Promise<{ envelopes: Held[] }> {
  const envelopes: Held[] = [];
  for (const n of [1, 2, 3]) {
    const two = (value: number) => value.toString(16).padStart(2, '0');
    const secret = two(n + 0x70).repeat(32);
    const recorder = await raw((await pair(secret)).publicKey);
    const [group, context, root] = [two(n).repeat(16), two(n + 0x10).repeat(32), two(n + 0x20).repeat(32)];
    const epoch = n * 70_000;
    const envelope = await sealFootage(bytes(root), { recorder, group: bytes(group), epoch, context: bytes(context) });
    envelopes.push({ secret, recorder: hex(recorder), group, epoch, context, root, envelope: hex(envelope) });
  }
  return { envelopes };
}

it('open here, whoever sealed them', async () => {
  if (process.env.VISAVIS_WRITE_VECTORS) writeFileSync(place('footage-terminal.json'), `${JSON.stringify(await made(), null, 2)}\n`);
  for (const name of ['footage-terminal.json', 'footage-crate.json']) {
    const { envelopes } = JSON.parse(readFileSync(place(name), 'utf8')) as { envelopes: Held[] };
    expect(envelopes.length).toBeGreaterThanOrEqual(3);
    for (const held of envelopes) {
      const key = await pair(held.secret);
      expect(hex(await raw(key.publicKey))).toBe(held.recorder);
      const where = { recorder: bytes(held.recorder), group: bytes(held.group), epoch: held.epoch, context: bytes(held.context) };
      const root = await openFootage(bytes(held.envelope), key, where);
      expect(root && hex(root)).toBe(held.root);
      expect(await openFootage(bytes(held.envelope), key, { ...where, epoch: held.epoch + 1 })).toBeNull();
    }
  }
});
