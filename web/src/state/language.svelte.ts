// The words on screen: Fluent catalogues, the language in use, and one function that both page and tests can read.

import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';

export const LANGUAGES = { en: 'English', ru: 'Русский', ar: 'العربية' } as const;
export type Language = keyof typeof LANGUAGES;
const RIGHT_TO_LEFT: readonly string[] = ['ar'];
/** Figures in sentences are those of the clocks: 0 to 9 in every language (why: clocks.ts). */
const FIGURES = 'u-nu-latn';

const sources = import.meta.glob<string>('../locales/*/*.ftl', { query: '?raw', eager: true, import: 'default' });

const bundles = Object.fromEntries(
  Object.keys(LANGUAGES).map((language) => {
    // Isolation marks around names, hashes and times keep a line of the other script whole; they are Fluent's default.
    const bundle = new FluentBundle(`${language}-${FIGURES}`, { useIsolating: true });
    for (const [path, text] of Object.entries(sources)) {
      if (path.includes(`/${language}/`)) bundle.addResource(new FluentResource(text));
    }
    return [language, bundle];
  }),
) as Record<Language, FluentBundle>;

const KEEP = 'visavis-language';
const isLanguage = (x: string | null | undefined): x is Language => !!x && Object.hasOwn(LANGUAGES, x);

export function pick(kept: string | null, wished: readonly string[]): Language {
  if (isLanguage(kept)) return kept;
  return wished.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en';
}

let current = $state<Language>('en');

function show(next: Language): void {
  current = next;
  document.documentElement.lang = next;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(next) ? 'rtl' : 'ltr';
}

export function startLanguage(): void {
  show(pick(localStorage.getItem(KEEP), navigator.languages));
}

export function setLanguage(next: Language): void {
  localStorage.setItem(KEEP, next);
  show(next);
}

export const language = (): Language => current;

export const has = (id: string): boolean => bundles[current].hasMessage(id);

/** The sentence for `id` in the language on screen. */
export function t(id: string, args?: Record<string, FluentVariable>): string {
  const bundle = bundles[current];
  const pattern = bundle.getMessage(id)?.value;
  if (!pattern) return id;
  return bundle.formatPattern(pattern, args, []);
}
