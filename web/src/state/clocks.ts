// Time as people write it, in both capitals: from UTC to words, and from what was typed in one zone back to UTC.

import type { Zone } from '../signalling/protocol';

export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const partsOf = new Map<string, Intl.DateTimeFormat>();

function wallFormat(zone: string): Intl.DateTimeFormat {
  let format = partsOf.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    partsOf.set(zone, format);
  }
  return format;
}

/** What the wall in `zone` shows at `at`. An unknown zone shows UTC. */
export function wall(at: Date, zone: string): Wall {
  let format: Intl.DateTimeFormat;
  try {
    format = wallFormat(zone);
  } catch {
    format = wallFormat('UTC');
  }
  const wall: Wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const part of format.formatToParts(at)) if (part.type in wall) wall[part.type as keyof Wall] = Number(part.value);
  return wall;
}

const asUtc = (w: Wall) => Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second);

/**
 * The instant at which the wall in `zone` shows `date` (`2021-12-30`) and `time` (`15:35`). Of an hour that comes
 * twice, the first; in an hour that is skipped, as far after the jump as was meant after its start.
 */
export function instant(date: string, time: string, zone: string): Date | null {
  const d = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const t = /^(\d{2}):(\d{2})(?::\d{2})?$/.exec(time);
  if (!d || !t) return null;
  const meant = Date.UTC(Number(d[1]), Number(d[2]) - 1, Number(d[3]), Number(t[1]), Number(t[2]));
  if (Number.isNaN(meant)) return null;
  const offset = (at: number) => asUtc(wall(new Date(at), zone)) - at;
  const day = 86_400_000;
  // The offsets on both sides of any change nearby; the larger one gives the earlier instant.
  const before = offset(meant - day);
  const after = offset(meant + day);
  for (const guess of [meant - Math.max(before, after), meant - Math.min(before, after)]) {
    if (guess + offset(guess) === meant) return new Date(guess);
  }
  return new Date(meant - before);
}

const two = (n: number) => String(n).padStart(2, '0');

/** For date and time fields: what the wall in `zone` shows. */
export function fields(at: Date, zone: string): { date: string; time: string } {
  const w = wall(at, zone);
  return { date: `${w.year}-${two(w.month)}-${two(w.day)}`, time: `${two(w.hour)}:${two(w.minute)}` };
}

/**
 * In Arabic too with the digits 0 to 9 and the common calendar: an Arabic screen at one end and a Latin one at the other show
 * one time in the same digits, so that both capitals compare it digit by digit.
 */
const LOCALES: Readonly<Record<string, string>> = { en: 'en-GB', ar: 'ar-u-ca-gregory-nu-latn' };
const locale = (language: string) => LOCALES[language] ?? language;

/** What stands between a day and a time, and between the parts of a short list. */
export const comma = (language: string): string => (language === 'ar' ? '، ' : ', ');

/** 'Thu 30 Dec, 3:35 p.m.'; the time alone where the day was said already. */
export const dated = (day: string, time: string, language: string): string => (day ? `${day}${comma(language)}${time}` : time);

/** '3:35 p.m.' in English, '23:35' elsewhere. */
export function clock(at: Date, zone: string, language: string, seconds = false): string {
  const w = wall(at, zone);
  const tail = seconds ? `:${two(w.second)}` : '';
  if (language !== 'en') return `${two(w.hour)}:${two(w.minute)}${tail}`;
  // A space that does not break: a line must not end between the hour and its half of the day.
  return `${w.hour % 12 || 12}:${two(w.minute)}${tail}\u00a0${w.hour < 12 ? 'a.m.' : 'p.m.'}`;
}

/** A span as one looks at it: '45 sec', '1 hr', '1 hr 20 min'; what is small beside the rest is left out. */
export function span(ms: number, language: string): string {
  const unit = (n: number, name: 'hour' | 'minute' | 'second') =>
    new Intl.NumberFormat(locale(language), { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 0 }).format(n);
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 60) return unit(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return unit(minutes, 'minute');
  const hours = unit(Math.floor(minutes / 60), 'hour');
  return minutes % 60 ? `${hours} ${unit(minutes % 60, 'minute')}` : hours;
}

/** 'Thu 30 Dec'; with the year when it is not the year of `today`. */
export function day(at: Date, zone: string, language: string, today?: Date): string {
  const other = today !== undefined && wall(today, zone).year !== wall(at, zone).year;
  const parts = new Intl.DateTimeFormat(locale(language), {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(other ? { year: 'numeric' } : {}),
  }).format(at);
  return language === 'en' ? parts.replaceAll(',', '') : parts;
}

export interface Written {
  side: string;
  place: string;
  /** Empty where the day is the one just said. */
  day: string;
  time: string;
}

/** One instant in every place of the call; `last` is the own side, which always stands at the end. */
export function written(at: Date, zones: readonly Zone[], last: string, language: string, today?: Date): Written[] {
  const ordered = [...zones.filter((z) => z.side !== last), ...zones.filter((z) => z.side === last)];
  let said = '';
  return ordered.map((z) => {
    const d = day(at, z.zone, language, today);
    const same = d === said;
    said = d;
    return { side: z.side, place: z.place, day: same ? '' : d, time: clock(at, z.zone, language) };
  });
}

/** 'Thu 30 Dec, 3:35 p.m. Washington · 11:35 p.m. Moscow' */
export function sentence(parts: readonly Written[], language: string): string {
  return parts.map((p) => `${dated(p.day, p.time, language)} ${p.place}`).join(' · ');
}

/** '0:42', '12:05', '1:02:09' */
export function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}
