import { describe, expect, it } from 'vitest';
import { clock, day, elapsed, fields, instant, sentence, span, written } from '../src/state/clocks';

const WASHINGTON = { side: 'a', zone: 'America/New_York', place: 'Washington' };
const MOSCOW = { side: 'b', zone: 'Europe/Moscow', place: 'Moscow' };
const nbsp = (text: string) => text.replaceAll('\u00a0', ' ');
const said = (at: string, own: string, language: string, today?: string) =>
  nbsp(sentence(written(new Date(at), [WASHINGTON, MOSCOW], own, language, today ? new Date(today) : undefined), language));

describe('the two calls of December 2021', () => {
  it('are written in both capitals, the own side last', () => {
    expect(said('2021-12-07T15:07:00Z', 'b', 'en')).toBe('Tue 7 Dec, 10:07 a.m. Washington · 6:07 p.m. Moscow');
    expect(said('2021-12-30T20:35:00Z', 'b', 'en')).toBe('Thu 30 Dec, 3:35 p.m. Washington · 11:35 p.m. Moscow');
    expect(said('2021-12-30T20:35:00Z', 'a', 'en')).toBe('Thu 30 Dec, 11:35 p.m. Moscow · 3:35 p.m. Washington');
  });

  it('name the day again where Moscow has passed midnight', () => {
    expect(said('2021-12-30T21:25:00Z', 'a', 'en')).toBe('Fri 31 Dec, 12:25 a.m. Moscow · Thu 30 Dec, 4:25 p.m. Washington');
    expect(said('2021-12-30T21:25:00Z', 'b', 'en')).toBe('Thu 30 Dec, 4:25 p.m. Washington · Fri 31 Dec, 12:25 a.m. Moscow');
  });

  it('are written by the day of 24 hours in Russian', () => {
    expect(said('2021-12-30T20:35:00Z', 'b', 'ru')).toBe('чт, 30 дек., 15:35 Washington · 23:35 Moscow');
  });

  it('are written in Arabic with the same digits as elsewhere', () => {
    expect(said('2021-12-30T20:35:00Z', 'b', 'ar')).toBe('الخميس، 30 ديسمبر، 15:35 Washington · 23:35 Moscow');
    expect(said('2021-12-30T21:25:00Z', 'a', 'ar')).toBe('الجمعة، 31 ديسمبر، 00:25 Moscow · الخميس، 30 ديسمبر، 16:25 Washington');
  });

  it('carry the year in another year', () => {
    expect(said('2021-12-30T20:35:00Z', 'b', 'en', '2026-11-22T12:00:00Z')).toBe('Thu 30 Dec 2021, 3:35 p.m. Washington · 11:35 p.m. Moscow');
  });
});

describe('what is typed on one wall', () => {
  const iso = (date: string, time: string, zone: string) => instant(date, time, zone)?.toISOString();

  it('becomes the instant, summer and winter', () => {
    expect(iso('2021-12-30', '15:35', 'America/New_York')).toBe('2021-12-30T20:35:00.000Z');
    expect(iso('2021-12-31', '00:25', 'Europe/Moscow')).toBe('2021-12-30T21:25:00.000Z');
    expect(iso('2026-07-01', '09:00', 'America/New_York')).toBe('2026-07-01T13:00:00.000Z');
    expect(iso('2026-01-05', '09:15', 'Asia/Kathmandu')).toBe('2026-01-05T03:30:00.000Z');
  });

  it('is the first of an hour that comes twice, and goes past one that is skipped', () => {
    expect(iso('2026-11-01', '01:30', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z');
    expect(iso('2026-03-08', '02:30', 'America/New_York')).toBe('2026-03-08T07:30:00.000Z');
  });

  it('is nothing when it is no date', () => {
    for (const [date, time] of [['', '10:00'], ['2026-01-01', ''], ['2026-01-01', '1000'], ['soon', '10:00']] as const) expect(instant(date, time, 'UTC')).toBeNull();
  });

  it('comes back from its fields in any zone, for every hour of two days around each change', () => {
    for (const zone of ['America/New_York', 'Europe/Moscow', 'Europe/London', 'Australia/Lord_Howe']) {
      for (const start of ['2026-03-07', '2026-10-31', '2026-04-04']) {
        for (let h = 0; h < 48; h++) {
          const at = new Date(Date.parse(`${start}T00:00:00Z`) + h * 3_600_000);
          const f = fields(at, zone);
          const back = instant(f.date, f.time, zone);
          expect(back && fields(back, zone)).toEqual(f);
        }
      }
    }
  });
});

describe('small things', () => {
  it('says a span in the largest units that matter', () => {
    expect(span(2_000, 'en')).toBe('2 secs');
    expect(span(-3_600_000, 'en')).toBe('1 hr');
    expect(span(3_599_600, 'en')).toBe('1 hr');
    expect(span(4_830_000, 'en')).toBe('1 hr 21 mins');
    expect(span(4_830_000, 'ar')).not.toMatch(/[٠-٩]/);
    expect(span(90_000, 'ru').replaceAll('\u00a0', ' ')).toBe('2 мин');
  });

  it('clocks say midnight and noon as people do', () => {
    expect(nbsp(clock(new Date('2026-01-01T00:00:00Z'), 'UTC', 'en'))).toBe('12:00 a.m.');
    expect(nbsp(clock(new Date('2026-01-01T12:05:09Z'), 'UTC', 'en', true))).toBe('12:05:09 p.m.');
    expect(clock(new Date('2026-01-01T00:00:00Z'), 'UTC', 'ru')).toBe('00:00');
  });

  it('an unknown zone shows UTC rather than nothing', () => {
    expect(clock(new Date('2026-01-01T10:00:00Z'), 'Mars/Olympus', 'ru')).toBe('10:00');
    expect(day(new Date('2026-01-01T10:00:00Z'), 'UTC', 'en')).toBe('Thu 1 Jan');
  });

  it('spent time is written short, and never below nothing', () => {
    expect(elapsed(121 * 60_000)).toBe('2:01:00');
    expect(elapsed(42_900)).toBe('0:42');
    expect(elapsed(-5)).toBe('0:00');
  });
});
