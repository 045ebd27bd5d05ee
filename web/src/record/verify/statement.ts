// A statement: one signed entry of one side's chain, from its bytes to what it means (docs/record.md, sections 1 and 2).

import { KINDS, readBody, type BodyOf, type Kind } from './body';
import { hex, joined, sha256, unhex, type Hex } from './bytes';
import { Malformed, Reader } from './cbor';
import { verifies } from './ed25519';
import { SIDES_MAX, ascending, id, must, time } from './terms';

/** Most bytes of a statement, signature and all. */
export const STATEMENT_BYTES_MAX = 16 * 1024;
/** Most statements in a chain; the first has number 1. */
export const CHAIN_MAX = 4_096;

/** What a chain is about. */
export type Subject = { call: Hex } | { line: Hex };

/** A place in a chain, by whose it is, its number and the hash of what stands there. */
export interface Head {
  side: Hex;
  number: number;
  hash: Hex;
}

/** A signed statement whose bytes and signature are right. Whether it fits its chain is another question. */
export interface Statement<K extends Kind = Kind> extends Head {
  /** As they came: what is hashed. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The key that signed. */
  key: Hex;
  /** A first offer is about the call that it starts. */
  subject: Subject;
  /** Whether it is a first offer. */
  startsCall: boolean;
  /** The hash of the statement before it in its chain. */
  previous: Hex | null;
  /** The newest heads of the other chains that the signer had seen, ascending by side. */
  seen: Head[];
  /** Milliseconds since 1970, by the signer's clock. */
  at: number;
  body: BodyOf<K>;
}

const FORMAT = 'visavis statement 1';
const TAG_SIGN1 = 18;
const PROTECTED_BYTES = 38;
const EDDSA = 7; // -8, as a negative integer is written: -1 - 7

const ascii = new TextEncoder();
/** Array of four, then the text `Signature1`: how RFC 9052, section 4.4, begins what is signed. */
const SIGNATURE1 = joined(Uint8Array.of(0x84, 0x6a), ascii.encode('Signature1'));

interface Envelope {
  key: Uint8Array;
  payload: Uint8Array;
  signature: Uint8Array;
  /** The Sig_structure of RFC 9052, section 4.4, without external data. */
  signed: Uint8Array<ArrayBuffer>;
}

/** The shortest head of a byte string. */
function bytesHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length);
  return length < 0x100 ? Uint8Array.of(0x58, length) : Uint8Array.of(0x59, length >> 8, length & 0xff);
}

function protectedKey(header: Uint8Array): Uint8Array {
  const input = new Reader(header);
  input.map(2);
  input.key(1);
  if (input.nint() !== EDDSA) throw new Malformed('unexpected');
  input.key(4);
  const key = input.bytesOf(32);
  input.end();
  return key;
}

function openEnvelope(bytes: Uint8Array): Envelope {
  const input = new Reader(bytes);
  input.tag(TAG_SIGN1);
  input.array(4);
  const header = input.bytes(PROTECTED_BYTES);
  input.map(0);
  const payload = input.bytes(STATEMENT_BYTES_MAX);
  const signature = input.bytesOf(64);
  input.end();
  const key = protectedKey(header);
  const signed = joined(SIGNATURE1, bytesHead(header.length), header, bytesHead(0), bytesHead(payload.length), payload);
  return { key, payload, signature, signed };
}

function readSubject(input: Reader): Subject {
  input.array(2);
  const about = input.uint();
  must(about === 1 || about === 2);
  return about === 1 ? { call: id(input) } : { line: id(input) };
}

function readHead(input: Reader): Head {
  input.array(3);
  return { side: id(input), number: input.uint(), hash: id(input) };
}

type Payload = Pick<Statement, 'side' | 'number' | 'previous' | 'seen' | 'at' | 'body'> & { about: Subject | null };

const isNumber = (number: number) => number >= 1 && number <= CHAIN_MAX;

/** What must hold of a statement whatever its chain. */
function checkShape({ about, side, number, previous, seen, body }: Payload): void {
  must(isNumber(number) && (number === 1) === (previous === null));
  must(ascending(seen.map((head) => head.side)));
  must(seen.every((head) => head.side !== side && isNumber(head.number)));
  if (about === null) must(body.kind === 'offer' && number === 1 && seen.length === 0);
  else must('line' in about === (body.kind === 'rekey'));
}

function readPayload(bytes: Uint8Array): Payload {
  const input = new Reader(bytes);
  input.map(9);
  input.key(0);
  if (input.text(FORMAT.length) !== FORMAT) throw new Malformed('unexpected');
  input.key(1);
  const about = input.maybe(() => readSubject(input));
  input.key(2);
  const side = id(input);
  input.key(3);
  const number = input.uint();
  input.key(4);
  const previous = input.maybe(() => id(input));
  input.key(5);
  const seen = input.list(SIDES_MAX - 1, () => readHead(input));
  input.key(6);
  const at = time(input);
  input.key(7);
  const kind = KINDS[input.uint() - 1];
  if (!kind) throw new Malformed('value');
  input.key(8);
  const body = readBody(kind, input);
  input.end();
  const payload = { about, side, number, previous, seen, at, body };
  checkShape(payload);
  return payload;
}

/** Reads a statement in its one form and checks its signature against the key that it names. Throws `Malformed`. */
export async function parseStatement(source: Uint8Array): Promise<Statement> {
  if (source.length > STATEMENT_BYTES_MAX) throw new Malformed('bound');
  // A copy: what is checked below in several steps must be the same bytes in each.
  const bytes = Uint8Array.from(source);
  const { key, payload, signature, signed } = openEnvelope(bytes);
  const { about, ...content } = readPayload(payload);
  const [right, hash] = await Promise.all([verifies(key, signed, signature), sha256(bytes)]);
  if (!right) throw new Malformed('signature');
  return { ...content, bytes, hash, key: hex(key), subject: about ?? { call: hash }, startsCall: about === null };
}

/** Whether a Rekey's new key has signed its introduction: `visavis rekey`, line id, side id, new key. */
export async function rekeyProven(rekey: Statement): Promise<boolean> {
  if (rekey.body.kind !== 'rekey' || !('line' in rekey.subject)) return false;
  const [line, side, key] = [rekey.subject.line, rekey.side, rekey.body.key].map((text) => unhex(text, 32));
  const proof = unhex(rekey.body.proof, 64);
  if (!line || !side || !key || !proof) return false;
  return verifies(key, joined(ascii.encode('visavis rekey'), line, side, key), proof);
}
