// Reads the one form of CBOR that statements are made of (docs/record.md, section 1), and nothing else.
//
// The reader is asked for what the format has at each place, so order, duplicates and strangers among map keys are
// settled as they come, nothing nests deeper than the format does, and no length is trusted before its bound is checked.

/** Why bytes were refused. The codes are those of the nodes. */
export type MalformedCode =
  /** The item goes on beyond the end of the bytes. */
  | 'short'
  /** Bytes follow the item. */
  | 'trailing'
  /** A head that is not in its shortest form, or of indefinite length. */
  | 'sloppy'
  /** Another type, value or map key than the format has here. */
  | 'unexpected'
  /** A text that is not UTF-8. */
  | 'not_text'
  /** More than a named bound allows; any integer above 2^53 - 1. */
  | 'bound'
  /** A value that the format's meaning forbids. */
  | 'value'
  /** The signature is not the named key's over these bytes. */
  | 'signature';

/** Bytes that are no statement. */
export class Malformed extends Error {
  constructor(readonly code: MalformedCode) {
    super(code);
    this.name = 'Malformed';
  }
}

const UINT = 0;
const NINT = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const NULL = 0xf6;

/** By the low five bits of a head: how many bytes of value follow, and the least value that needs so many. */
const WIDE: ReadonlyMap<number, readonly [width: number, least: number]> = new Map([
  [24, [1, 24]],
  [25, [2, 0x100]],
  [26, [4, 0x1_0000]],
  [27, [8, 0x1_0000_0000]],
]);

// Without ignoreBOM a leading U+FEFF would be swallowed, and two forms would read as one text.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads one item after another; throws `Malformed` at the first that is not in its one form. */
export class Reader {
  private at = 0;

  constructor(private readonly source: Uint8Array) {}

  private take(length: number): Uint8Array {
    if (length > this.source.length - this.at) throw new Malformed('short');
    this.at += length;
    return this.source.subarray(this.at - length, this.at);
  }

  private head(major: number): number {
    const first = this.source[this.at];
    if (first === undefined) throw new Malformed('short');
    if (first >> 5 !== major) throw new Malformed('unexpected');
    this.at += 1;
    const low = first & 31;
    if (low < 24) return low;
    const wide = WIDE.get(low);
    if (!wide) throw new Malformed('sloppy');
    // A double holds the sum exactly up to 2^53 - 1 and is not below that beyond it, which is all that is asked of it there.
    const value = this.take(wide[0]).reduce((sum, byte) => sum * 256 + byte, 0);
    if (value < wide[1]) throw new Malformed('sloppy');
    if (value > Number.MAX_SAFE_INTEGER) throw new Malformed('bound');
    return value;
  }

  private length(major: number, max: number): number {
    const length = this.head(major);
    if (length > max) throw new Malformed('bound');
    return length;
  }

  private exactly(major: number, expected: number): void {
    if (this.head(major) !== expected) throw new Malformed('unexpected');
  }

  /** An unsigned integer of at most `max`. */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    return this.length(UINT, max);
  }

  /** A negative integer, given as `-1 - value`. */
  nint(): number {
    return this.head(NINT);
  }

  /** A byte string of at most `max` bytes; a view of the source. */
  bytes(max: number): Uint8Array {
    return this.take(this.length(BYTES, max));
  }

  /** A byte string of exactly `length` bytes; a view of the source. */
  bytesOf(length: number): Uint8Array {
    const bytes = this.bytes(length);
    if (bytes.length !== length) throw new Malformed('unexpected');
    return bytes;
  }

  /** A text of at most `max` bytes. */
  text(max: number): string {
    const bytes = this.take(this.length(TEXT, max));
    try {
      return utf8.decode(bytes);
    } catch {
      throw new Malformed('not_text');
    }
  }

  /** The items of an array of at most `max`, each read by `item`. */
  list<T>(max: number, item: () => T): T[] {
    const length = this.length(ARRAY, max);
    return Array.from({ length }, item);
  }

  /** Enters an array of exactly `length` items. */
  array(length: number): void {
    this.exactly(ARRAY, length);
  }

  /** Enters a map of exactly `length` entries. */
  map(length: number): void {
    this.exactly(MAP, length);
  }

  /** The next map key, which can only be `key`. */
  key(key: number): void {
    this.exactly(UINT, key);
  }

  /** The tag of the item that follows, which can only be `tag`. */
  tag(tag: number): void {
    this.exactly(TAG, tag);
  }

  /** `null`, or what `item` reads. */
  maybe<T>(item: () => T): T | null {
    if (this.source[this.at] !== NULL) return item();
    this.at += 1;
    return null;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.at !== this.source.length) throw new Malformed('trailing');
  }
}
