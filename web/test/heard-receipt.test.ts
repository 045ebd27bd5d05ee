// What a terminal's decoder made of others, and the note that tells them.
import { describe, expect, it } from 'vitest';
import { Ears } from '../src/heard/ears';
import { nameOf, readReceipts, RECEIPTS_MOST, writeReceipts, type Receipt } from '../src/heard/receipt';
import type { FarStats } from '../src/media/connection';
import { A, B } from './made';

const key = (n: number) => n.toString(16).padStart(2, '0').repeat(32);
const NOTHING = { packets: 0, lost: 0, bytes: 0, frames: 0, width: 0, height: 0, fps: 0, freezes: 0, energy: 0, level: 0, samples: 0, concealed: 0 };
const track = (seat: number, kind: 'sound' | 'picture', more: Partial<FarStats> = {}): FarStats => ({ id: seat * 2 + (kind === 'sound' ? 0 : 1), side: B, person: seat, key: key(seat), kind, ...NOTHING, ...more });

describe('a receipt', () => {
  const receipts: Receipt[] = [
    { seat: nameOf(key(0xa1)), sound: 'energy', picture: 'frames' },
    { seat: nameOf(key(0x0b)), sound: 'nothing', picture: 'none' },
    { seat: nameOf(key(3)), sound: 'silent', picture: 'nothing' },
    { seat: nameOf(key(4)), sound: 'none', picture: 'frames' },
  ];

  it('has 64 bytes whatever it tells, and is read as it was written', () => {
    for (const some of [[], receipts.slice(0, 1), receipts]) {
      const bytes = writeReceipts(some);
      expect(bytes.length).toBe(64);
      expect(readReceipts(bytes)).toEqual(some);
    }
    // The bytes themselves, as others read them.
    expect([...writeReceipts(receipts).subarray(0, 13)]).toEqual([1, 0xa1, 0xa1, 0xa1, 0xa1, 3, 2, 0x0b, 0x0b, 0x0b, 0x0b, 1, 0]);
    expect([...writeReceipts(receipts).subarray(25)]).toEqual(Array.from({ length: 39 }, () => 0));
  });

  it('tells of ten at most', () => {
    const many = Array.from({ length: 12 }, (_, i): Receipt => ({ seat: nameOf(key(i + 1)), sound: 'energy', picture: 'frames' }));
    expect(readReceipts(writeReceipts(many))).toEqual(many.slice(0, RECEIPTS_MOST));
  });

  it('is not read in another form', () => {
    const bytes = writeReceipts(receipts);
    expect(readReceipts(bytes.subarray(0, 63))).toBeNull();
    expect(readReceipts(new Uint8Array(64))).toBeNull();
    expect(readReceipts(bytes.with(0, 2))).toBeNull();
    // What nobody may say ends the list.
    expect(readReceipts(bytes.with(11, 4))).toEqual(receipts.slice(0, 1));
    expect(readReceipts(bytes.with(12, 3))).toEqual(receipts.slice(0, 1));
  });
});

describe('what the decoder made of a seat', () => {
  const ofSound = (...looks: Partial<FarStats>[]) => {
    const ears = new Ears();
    return looks.map((more, i) => ears.look([track(1, 'sound', more)], A, new Set(), 1_000 + i * 500)[0]!.sound);
  };

  it('is nothing while gaps are filled or nothing is played, however healthy the transport', () => {
    expect(ofSound({ packets: 50 }, { packets: 75, samples: 24_000, concealed: 24_000 }, { packets: 100, samples: 48_000, concealed: 48_000 })).toEqual(['nothing', 'nothing', 'nothing']);
    // What concealment makes up has energy.
    expect(ofSound({ samples: 24_000, concealed: 0, energy: 0.01 }, { samples: 48_000, concealed: 24_000, energy: 0.02 })).toEqual(['energy', 'nothing']);
    // A twentieth of a second out of a half is no speech.
    expect(ofSound({ samples: 24_000, energy: 0.01 }, { samples: 48_000, concealed: 21_600, energy: 0.02 })).toEqual(['energy', 'nothing']);
  });

  it('is silence without energy, and sound with it', () => {
    const speech = (0.5 * 10 ** (-40 / 10)) / 1;
    expect(ofSound({ samples: 24_000 }, { samples: 48_000 }, { samples: 72_000, energy: speech }, { samples: 96_000, energy: speech })).toEqual(['silent', 'silent', 'energy', 'silent']);
    expect(ofSound({ samples: 24_000, energy: 0.5 * 10 ** (-75 / 10) })).toEqual(['silent']);
  });

  it('begins anew with a connection', () => {
    expect(ofSound({ samples: 480_000, energy: 3 }, { samples: 24_000, energy: 0.01 }, { samples: 24_000, energy: 0.01 })).toEqual(['energy', 'energy', 'nothing']);
  });

  it('is a picture for a second after its last frame', () => {
    const ears = new Ears();
    const looks = [0, 12, 24, 24, 24, 30].map((frames, i) => ears.look([track(1, 'picture', { frames })], A, new Set(), i * 500)[0]!.picture);
    expect(looks).toEqual(['nothing', 'frames', 'frames', 'frames', 'nothing', 'frames']);
  });

  it('tells of the far side alone, of the principals always, and of the others in turn', () => {
    const ears = new Ears();
    const far = Array.from({ length: 14 }, (_, i) => track(i + 1, 'sound'));
    const heard = ears.look([...far, track(99, 'sound', { side: A })], A, new Set([key(5)]), 0);
    expect(heard).toHaveLength(14);
    const told = new Map<string, number>();
    for (let i = 0; i < 13; i++) {
      const receipts = ears.receipts(heard);
      expect(receipts).toHaveLength(RECEIPTS_MOST);
      expect(receipts[0]!.seat).toBe(nameOf(key(5)));
      for (const { seat } of receipts) told.set(seat, (told.get(seat) ?? 0) + 1);
    }
    expect(told.get(nameOf(key(5)))).toBe(13);
    for (const { key: k } of far) if (k !== key(5)) expect(told.get(nameOf(k))).toBe(9);
    expect(told.has(nameOf(key(99)))).toBe(false);
    const few = new Ears();
    expect(few.receipts(few.look([track(1, 'sound'), track(1, 'picture')], A, new Set(), 0))).toEqual([{ seat: nameOf(key(1)), sound: 'nothing', picture: 'nothing' }]);
  });
});
