// Names of languages in the reader's own language.

/** Offered first in the form; any tag in the terms of the other side is shown as well. */
export const LANGUAGE_TAGS: readonly string[] = ['en', 'ru', 'ar', 'fr', 'es', 'zh'];

/** 'English and Russian' */
export function languageNames(tags: readonly string[], reader: string): string {
  return new Intl.ListFormat(reader, { type: 'conjunction' }).format(tags.map((tag) => languageName(tag, reader)));
}

export function languageName(tag: string, reader: string): string {
  try {
    return new Intl.DisplayNames([reader], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
