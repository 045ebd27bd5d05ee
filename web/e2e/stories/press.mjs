// What each side says in public: a call announced as the terms allow, a readout that a second person approves, its
// correction with history; each on its own page, and nothing of it across the line. Both calls are held when they really
// were, by a clock that the story sets; the second is over on another day in Moscow.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { begin, demo, gather, shown, TOPICS } from '../lib/call.mjs';
import { Desk, enrol } from '../lib/desk.mjs';
import { must } from '../lib/node.mjs';
import { SIDES } from '../lib/pair.mjs';
import { Reader } from '../lib/reader.mjs';
import { ByHand } from '../lib/time.mjs';

export const title = 'a public page for each side: announced, published after a second look, corrected';

/** When the two calls took place, and how each language lists them: written here by hand, so that no program agrees with itself. */
const EARLIER = {
  asked: '2021-12-07T13:30:00Z',
  planned: '2021-12-07T15:00:00Z',
  begun: '2021-12-07T15:07:00Z',
  ended: '2021-12-07T17:08:00Z',
  listed: {
    en: 'Moscow Tuesday 7 December 2021 6:07 p.m. – 8:08 p.m. Washington Tuesday 7 December 2021 10:07 a.m. – 12:08 p.m. 121 minutes · Asked for by Washington',
    ru: 'Moscow вторник, 7 декабря 2021 г. 18:07 – 20:08 Washington вторник, 7 декабря 2021 г. 10:07 – 12:08 121 минута · По просьбе стороны Washington',
    ar: 'Moscow الثلاثاء 7 ديسمبر 2021 18:07 – 20:08 Washington الثلاثاء 7 ديسمبر 2021 10:07 – 12:08 121 دقيقة · بطلب من Washington',
  },
};
const LATER = {
  asked: '2021-12-30T18:30:00Z',
  planned: '2021-12-30T20:00:00Z',
  begun: '2021-12-30T20:35:00Z',
  ended: '2021-12-30T21:25:00Z',
  published: '2021-12-30T22:10:00Z',
  corrected: '2021-12-31T14:00:00Z',
  listed: {
    en: 'Moscow Thursday 30 December 2021 11:35 p.m. – Friday 31 December 2021 12:25 a.m. Washington Thursday 30 December 2021 3:35 p.m. – 4:25 p.m. 50 minutes · Asked for by Washington',
    ru: 'Moscow четверг, 30 декабря 2021 г. 23:35 – пятница, 31 декабря 2021 г. 00:25 Washington четверг, 30 декабря 2021 г. 15:35 – 16:25 50 минут · По просьбе стороны Washington',
    ar: 'Moscow الخميس 30 ديسمبر 2021 23:35 – الجمعة 31 ديسمبر 2021 00:25 Washington الخميس 30 ديسمبر 2021 15:35 – 16:25 50 دقيقة · بطلب من Washington',
  },
};

const QUOTE = { words: 'EXAMPLE: a serious and respectful talk, nine-times-nine.', by: 'EXAMPLE: a senior official' };
const NOTE = 'EXAMPLE: the first version named the wrong day.';

/** An instant at a place, as the English page writes it, by another library than the node's. */
function written(at, { place, zone }) {
  const part = (options) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(new Date(at));
  const day = `${part({ weekday: 'long' })} ${part({ day: 'numeric' })} ${part({ month: 'long' })} ${part({ year: 'numeric' })}`;
  const [hour, minute] = part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).split(':');
  return `${place} ${day} ${Number(hour) % 12 || 12}:${minute} ${Number(hour) < 12 ? 'a.m.' : 'p.m.'}`;
}

/** As both capitals' clocks stand on a side's page: the other's first, its own last. */
const clocks = (at, own) => (own === 'a' ? [SIDES.b, SIDES.a] : [SIDES.a, SIDES.b]).map((side) => written(at, side)).join(' ');

/** Whether any file of a side's folder holds these words. */
const keeps = (data, words) => readdirSync(data, { recursive: true, withFileTypes: true }).some((file) => file.isFile() && readFileSync(join(file.parentPath, file.name)).includes(words));

/** The desk's page about what is said of a call. */
async function openPublic(desk, call) {
  await desk.page.evaluate((id) => (location.hash = `#/calls/${id}/public`), call);
  await desk.id('notice').waitFor();
}

/** Says on the page what may be said of the call now, without what is in `not`; returns its address. */
async function say(desk, kind, not = []) {
  for (const each of not) await desk.id(`show-${each}`).uncheck();
  await desk.press('notice-put');
  const notice = desk.page.locator(`[data-testid=notice][data-notice=${kind}]`);
  await notice.waitFor();
  return notice.getByTestId('notice-url').getAttribute('href');
}

const stands = (desk, as) => desk.page.locator(`[data-testid=readout][data-standing=${as}]`).waitFor();

/** Asked by A and agreed, at the hour of that day. Returns the call's id. */
async function agreed(story, { a, b, clock }, { asked, planned }) {
  clock.set(asked);
  // A desk takes the node's time when it comes; the start that it proposes is the next full hour that is at least one away.
  for (const { desk } of [a, b]) {
    await desk.page.reload();
    await desk.lineUp();
  }
  const call = await a.desk.ask({ topics: TOPICS, announce: 'topics' });
  await b.desk.ring(120_000);
  await b.desk.answerRing();
  await b.desk.press('agree');
  for (const { desk } of [a, b]) await desk.phase('agreed');
  story.equal(shown(a, call).terms.start, planned, 'planned for');
  return call;
}

/** Begun and ended at the times of that day. */
async function held(story, { a, b, clock }, call, { begun, ended }) {
  clock.set(begun);
  for (const { desk } of [a, b]) await desk.open(call);
  await gather(story, { a, b });
  await begin(story, { a, b });
  clock.set(ended);
  await a.desk.twice('end');
  for (const { desk } of [a, b]) await desk.phase('ended');
  story.equal([shown(a, call).begun, shown(a, call).ended], [begun, ended], 'begun and ended');
  for (const { desk } of [a, b]) await openPublic(desk, call);
}

export async function tell(story) {
  const clock = new ByHand(story, EARLIER.asked);
  const { a, b, said } = await demo(story, { desksOnly: true, under: clock.under });
  const { link } = JSON.parse(await must(['enrol', '--data', a.data, '--role', 'press', '--name', 'Press office', '--json']));
  const officePage = await a.browser.page(null, 'press', story);
  await enrol(officePage, link);
  const office = new Desk(officePage);
  const reader = await Reader.open(story);
  const [ours, theirs] = said.sides.map((side) => side.press.replace(/\/$/, ''));
  const world = { a, b, clock };

  story.step('a first call, of which A tells that it took place');
  const earlier = await agreed(story, world, EARLIER);
  await held(story, world, earlier, EARLIER);
  await say(a.desk, 'held');

  story.step('a second, asked with topics, agreed; announced as each side chooses within the terms');
  const call = await agreed(story, world, LATER);
  story.check((await reader.read(`${ours}/en/`)).includes('No call is announced.'), 'agreed is not announced');
  for (const side of [a, b]) await openPublic(side.desk, call);
  const addresses = { a: await say(a.desk, 'announced'), b: await say(b.desk, 'announced', ['topics', 'asked']) };
  const ahead = { a: await reader.read(addresses.a), b: await reader.read(addresses.b) };
  for (const letter of ['a', 'b']) story.check(ahead[letter].includes(`Announced for ${clocks(LATER.planned, letter)}`), `${letter} announces ${clocks(LATER.planned, letter)}`, ahead[letter]);
  story.check(TOPICS.every((topic) => ahead.a.includes(topic)) && ahead.a.includes('Asked for by Washington'), 'A tells the topics and who asked', ahead.a);
  story.check(TOPICS.every((topic) => !ahead.b.includes(topic)) && !ahead.b.includes('Asked for'), 'B tells neither', ahead.b);

  story.step('begun and ended');
  await held(story, world, call, LATER);
  const { begun, ended, planned } = LATER;

  story.step('a readout begins with the record’s facts and waits for a second person');
  await a.desk.press('readout-new');
  await a.desk.press('sheet-en');
  const body = (await a.desk.id('readout-body').inputValue()).replaceAll('\u00a0', ' ');
  const hour = (at, side) => written(at, side).replace(`${side.place} `, '').replace(/ (\d+:)/, ', $1');
  for (const fact of ['Washington and Moscow spoke by video', hour(begun, SIDES.a), hour(begun, SIDES.b), `${hour(ended, SIDES.a).split(', ')[1]} (Washington)`, 'asked for by Washington', ...TOPICS]) story.check(body.includes(fact), `the draft says ${fact}`, body);
  await a.desk.press('quote-add');
  await a.desk.id('quote-words').fill(QUOTE.words);
  await a.desk.id('quote-by').fill(QUOTE.by);
  await a.desk.press('readout-save');
  await stands(a.desk, 'draft');
  story.equal(await a.desk.id('readout-approve').count(), 0, 'whoever wrote it cannot approve it');
  await a.desk.id('second-person').waitFor();
  const readout = await a.desk.id('readout').getAttribute('data-readout');

  story.step('until it is published it is nowhere: not on the page, not at the other side');
  const never = await reader.ask(`${ours}/en/readout/${'0'.repeat(32)}`);
  const hidden = async () => {
    for (const tag of ['en', 'ru', 'ar']) story.equal(await reader.ask(`${ours}/${tag}/readout/${readout}`), never, 'a draft and nothing at all');
    for (const path of ['/en/', '/en/feed.atom']) story.check(!(await reader.ask(ours + path)).body.includes('nine-times-nine'), `not in ${path}`);
  };
  await hidden();
  await openPublic(office, call);
  await office.press('readout-look');
  await office.page.locator('[data-testid=preview]').getByText(QUOTE.words).waitFor();
  await story.shot(office.page, 'preview');
  await office.press('readout-approve');
  await stands(office, 'approved');
  await hidden();
  clock.set(LATER.published);
  await office.twice('readout-publish');
  await stands(office, 'published');
  const first = await reader.read(`${ours}/en/readout/${readout}`);
  for (const words of ['Readout of Washington’s Call with Moscow', QUOTE.words, QUOTE.by, `Began ${clocks(begun, 'a')}`, `Ended ${clocks(ended, 'a')}`, 'Published Thursday 30 December 2021, 5:10 p.m. Washington']) story.check(first.includes(words), `the readout says ${words}`, first);
  const before = await reader.feed(`${ours}/en/feed.atom`);

  story.step('after it each side tells of the call what it chooses');
  await say(a.desk, 'held');
  story.equal(await say(b.desk, 'held', ['times', 'length']), addresses.b, 'under the same address');
  const past = { a: await reader.read(addresses.a), b: await reader.read(addresses.b) };
  story.check(past.a.includes(`Began ${clocks(begun, 'a')} Ended ${clocks(ended, 'a')} Lasted`), 'A tells begin, end and length', past.a);
  story.check(past.a.includes(`Announced for ${clocks(planned, 'a')}`) && past.a.includes(TOPICS[0]), 'beside what was announced', past.a);
  story.check(past.b.includes('Date Washington') && !/Began|Ended|Lasted/.test(past.b), 'B tells the day alone', past.b);

  story.step('corrected under the same address, with its history; approved by the other of the two');
  await office.press('readout-edit');
  await office.press('sheet-en');
  await office.id('readout-note').fill(NOTE);
  for (const other of ['ru', 'ar']) {
    await office.press(`sheet-${other}`);
    await office.id('readout-note').fill(NOTE);
  }
  await office.press('readout-save');
  await stands(a.desk, 'draft');
  await a.desk.press('readout-look');
  await a.desk.page.locator('[data-testid=preview]').getByText(NOTE).waitFor();
  await a.desk.press('readout-approve');
  clock.set(LATER.corrected);
  await a.desk.twice('readout-publish');
  await stands(a.desk, 'published');
  const corrected = await reader.read(`${ours}/en/readout/${readout}`);
  story.check(corrected.includes('Corrections') && corrected.includes(NOTE), 'it says what was corrected', corrected);
  story.check(corrected.includes('Published Thursday 30 December 2021, 5:10 p.m. Washington · Changed Friday 31 December 2021, 9:00 a.m. Washington'), 'and when', corrected);
  await reader.page.locator('summary').click();
  story.check(await reader.page.locator('details .quote').isVisible(), 'and what stood there before can be read without scripts');

  story.step('the feed is XML, its ids stay, and a correction moves the entry');
  const feed = await reader.feed(`${ours}/en/feed.atom`);
  story.equal([feed.fault, feed.space, feed.id], [null, 'http://www.w3.org/2005/Atom', before.id], 'Atom');
  const entry = (of) => of.entries.find((e) => e.link === `${ours}/en/readout/${readout}`);
  story.check(entry(feed).id === entry(before).id && entry(feed).updated > entry(before).updated, 'the same entry, later', [entry(before), entry(feed)]);
  story.equal([entry(before).updated, entry(feed).updated].map((at) => new Date(at).getTime()), [LATER.published, LATER.corrected].map((at) => new Date(at).getTime()), 'by the clock of the day');
  story.equal(feed.entries.length, 3, 'two calls and a readout');

  await foreign(story, { b, call, readout, reader, theirs });
  await looked(story, { reader, ours, theirs, readout, addresses });
}

/** Nothing of A's words is at B: not at its desk, not on its page, not in what its node keeps. */
async function foreign(story, { b, call, readout, reader, theirs }) {
  story.step('the other side has nothing of it');
  story.equal(await b.desk.id('readout').count(), 0, 'no readout at B’s desk');
  story.check(!JSON.stringify([...b.desk.page.told]).includes('nine-times-nine'), 'nor in what B’s node told it');
  for (const path of ['/en/', '/en/feed.atom']) story.check(!(await reader.ask(theirs + path)).body.includes('nine-times-nine'), `nor in B’s ${path}`);
  story.equal(await reader.ask(`${theirs}/en/readout/${readout}`), await reader.ask(`${theirs}/en/never`), 'nor under its address');
  story.check(!keeps(b.data, 'nine-times-nine') && !keeps(b.data, readout), 'nor in anything that B keeps');
  // The same search finds what B does keep.
  story.check(keeps(b.data, Buffer.from(call, 'hex')) && keeps(b.data, TOPICS[0]), 'while the call is there');
}

/** Pictures for people and axe, in every language. */
async function looked(story, { reader, ours, theirs, readout, addresses }) {
  story.step('read in English, Russian and Arabic without scripts');
  for (const tag of ['en', 'ru', 'ar']) {
    const listed = await reader.read(`${ours}/${tag}/`);
    for (const held of [LATER, EARLIER]) story.check(listed.includes(held.listed[tag]), `${tag} lists ${held.listed[tag]}`, listed);
    story.check(listed.indexOf(LATER.listed[tag]) < listed.indexOf(EARLIER.listed[tag]), 'the later one first');
    story.equal(await reader.page.evaluate(() => [document.documentElement.lang, getComputedStyle(document.body).direction]), [tag, tag === 'ar' ? 'rtl' : 'ltr'], 'language and direction');
    await reader.look(`${ours}/${tag}/`, `${tag}-index`);
    await reader.look(addresses.a.replace('/en/', `/${tag}/`), `${tag}-call`);
    await reader.look(`${ours}/${tag}/readout/${readout}`, `${tag}-readout`);
  }
  await reader.look(`${theirs}/en/`, 'theirs');
  story.equal(reader.foreign, [], 'pages ask their own port alone');
}
