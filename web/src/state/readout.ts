// A readout while somebody writes it: text fields on one side, what the node takes on the other. Pure.

import { TAGS, type PressCall, type Quote, type Readout, type Show, type Tag, type Text, type Texts } from '../signalling/press';

export interface Sheet {
  /** Whether the readout is published in this language. */
  on: boolean;
  title: string;
  /** Paragraphs with an empty line between them. */
  body: string;
  quotes: Quote[];
  note: string;
}

export type Sheets = Record<Tag, Sheet>;

/** What is told unless somebody decides otherwise. */
export const SHOW: Show = { times: true, length: true, asked: true, topics: true };

const sheetOf = (text: Text | null, on: boolean): Sheet => ({
  on,
  title: text?.title ?? '',
  body: text?.paragraphs.join('\n\n') ?? '',
  quotes: text?.quotes.map((q) => ({ ...q })) ?? [],
  note: '',
});

/** Lines that belong together are one paragraph; an empty line begins the next. */
export function paragraphs(body: string): string[] {
  return body
    .split(/\n[^\S\n]*\n/)
    .map((part) => part.split('\n').map((line) => line.trim()).filter(Boolean).join(' '))
    .filter(Boolean);
}

/** The sheets of a new readout: the record's facts as sentences, in every language. */
export const fresh = (call: PressCall): Sheets => sheets((tag) => sheetOf(call.suggested[tag], true));

/** The sheets of the next version; a language that it lacked begins with the facts. A correction's note is written anew. */
export function next(readout: Readout, call: PressCall): Sheets {
  const texts = readout.versions.at(-1)?.texts;
  return sheets((tag) => {
    const text = texts?.[tag] ?? null;
    const sheet = sheetOf(text ?? call.suggested[tag], text !== null);
    if (text?.note && !corrects(readout, true)) sheet.note = text.note;
    return sheet;
  });
}

function sheets(of: (tag: Tag) => Sheet): Sheets {
  return { en: of('en'), ru: of('ru'), ar: of('ar') };
}

/** Whether the next version corrects one that is, or (`newest`) whether the newest version itself is, on the page. */
export function corrects(readout: Readout | null, newest = false): boolean {
  if (!readout) return false;
  return newest ? !!readout.versions.at(-1)?.published : readout.versions.some((version) => version.published !== null);
}

/** What the node takes. */
export function texts(from: Sheets, correction: boolean): Texts {
  const of = (sheet: Sheet): Text | null =>
    sheet.on
      ? {
          title: sheet.title.trim(),
          paragraphs: paragraphs(sheet.body),
          quotes: sheet.quotes.map((q) => ({ words: q.words.trim(), by: q.by.trim() })).filter((q) => q.words || q.by),
          note: correction ? sheet.note.trim() : null,
        }
      : null;
  return { en: of(from.en), ru: of(from.ru), ar: of(from.ar) };
}

/** The languages in which something is missing: a title, a paragraph, whose a quote is, what a correction changed. */
export function lacking(from: Sheets, correction: boolean): Tag[] {
  const all = texts(from, correction);
  return TAGS.filter((tag) => {
    const text = all[tag];
    if (!text) return false;
    return !text.title || !text.paragraphs.length || text.quotes.some((q) => !q.words || !q.by) || (correction && !text.note);
  });
}

/** Where a readout stands, by its newest version. */
export function standing(readout: Readout): 'withdrawn' | 'draft' | 'approved' | 'published' {
  const newest = readout.versions.at(-1);
  if (readout.withdrawn) return 'withdrawn';
  if (newest?.published) return 'published';
  return newest?.approved ? 'approved' : 'draft';
}

/** The address of a page in another of its languages than the one in which the node gives it. */
export const spoken = (url: string, tag: Tag): string => url.replace(/\/en\/(?=(?:call|readout|clip)\/[0-9a-f]+$)/, `/${tag}/`);
