import { describe, expect, it } from 'vitest';
import type { Facts, Mark, PressCall, Readout, Text, Version } from '../src/signalling/press';
import { corrects, fresh, lacking, next, paragraphs, spoken, standing, texts } from '../src/state/readout';

const mark: Mark = { seat: 'desk', name: 'Desk', at: '2021-12-07T18:00:00Z' };
const text = (title: string, note: string | null = null): Text => ({ title, paragraphs: ['One.', 'Two.'], quotes: [{ words: 'Good.', by: 'an official' }], note });
const suggested = { en: text('Facts'), ru: text('Факты'), ar: text('وقائع') };
const call = { suggested } as PressCall;
const version = (number: number, published: boolean, note: string | null = null): Version => ({
  number,
  texts: { en: text(`Version ${number}`, note), ru: null, ar: null },
  show: { times: true, length: true, asked: true, topics: true },
  facts: {} as Facts,
  drafted: mark,
  approved: published ? mark : null,
  published: published ? mark : null,
});
const readout = (...versions: Version[]): Readout => ({ id: 'a', url: null, versions, withdrawn: null, may: [], stale: false });

describe('the address of a page', () => {
  it('is given in the language of the desk, whatever the page is called', () => {
    expect(spoken('https://en.example/en/en/call/0a1b', 'ar')).toBe('https://en.example/en/ar/call/0a1b');
    expect(spoken('http://127.0.0.1:1/en/readout/0a1b', 'en')).toBe('http://127.0.0.1:1/en/readout/0a1b');
  });
});

describe('the text of a readout', () => {
  it('has a paragraph between empty lines, whatever else breaks a line', () => {
    expect(paragraphs('One\ngoes on.\n\n\n  Two. \n \t \nThree\n')).toEqual(['One goes on.', 'Two.', 'Three']);
    expect(paragraphs(' \n\n ')).toEqual([]);
  });

  it('begins with the facts in every language and comes back as it was', () => {
    expect(texts(fresh(call), false)).toEqual(suggested);
  });

  it('goes on from the newest version; a language that it lacked begins with the facts and is off', () => {
    const sheets = next(readout(version(1, false)), call);
    expect([sheets.en.title, sheets.ru.title]).toEqual(['Version 1', 'Факты']);
    expect(texts(sheets, false)).toEqual({ en: text('Version 1'), ru: null, ar: null });
  });

  it('says what a correction changes, and what is still missing', () => {
    const published = readout(version(1, true));
    expect([corrects(null), corrects(readout(version(1, false))), corrects(published)]).toEqual([false, false, true]);
    const sheets = next(published, call);
    expect(lacking(sheets, true)).toEqual(['en']);
    sheets.en.note = ' The hour. ';
    expect(lacking(sheets, true)).toEqual([]);
    expect(texts(sheets, true).en?.note).toBe('The hour.');
    sheets.ar.on = true;
    sheets.ar.quotes = [{ words: 'x', by: '' }];
    expect(lacking(sheets, true)).toEqual(['ar']);
    sheets.ar = { ...sheets.ar, quotes: [{ words: ' ', by: '' }], body: '\n' };
    expect(lacking(sheets, true)).toEqual(['ar']);
  });

  it('keeps the note of a correction that was not published yet, and not of one that was', () => {
    expect(next(readout(version(1, true), version(2, false, 'The hour.')), call).en.note).toBe('The hour.');
    expect(next(readout(version(1, true), version(2, true, 'The hour.')), call).en.note).toBe('');
  });

  it('stands where its newest version stands', () => {
    const approved = { ...version(2, false), approved: mark };
    expect(standing(readout(version(1, false)))).toBe('draft');
    expect(standing(readout(version(1, true), approved))).toBe('approved');
    expect(standing(readout(version(1, true)))).toBe('published');
    expect(standing({ ...readout(version(1, true)), withdrawn: mark })).toBe('withdrawn');
  });
});
