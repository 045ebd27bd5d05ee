// Takes a picture of every screen state against the mock, for people to look at, in every language and size; asks axe
// about each (WCAG 2.2 AA) and walks it by keyboard. Usage: npm run look [-- filter], a regular expression over the
// pictures' names; `ar-` at its beginning is one language alone.

import { mkdirSync } from 'node:fs';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { clips } from './clips.mjs';
import { footage } from './footage.mjs';
import { SIDES, startMock } from './node.mjs';
import { aside, check } from './own.mjs';
import { announced, written } from './public.mjs';
import { prepared, spoken } from './room.mjs';

// Nothing here holds keys: pictures and sound go as they are, in a build that no node serves.
process.env.LOOK_DIST ??= new URL('../look/dist', import.meta.url).pathname;
const out = process.env.LOOK_OUT ?? new URL('../look/', import.meta.url).pathname;
const only = process.argv[2] ?? '';
const wanted = new RegExp(only);
mkdirSync(out, { recursive: true });
const first = Number(process.env.LOOK_PORT ?? 28761);
const ports = [first, first + 1];
const ALL = { wide: [1920, 1080], mid: [1280, 720], phone: [390, 844] };
/** The large screen in a room. */
const LARGE = [3840, 2160];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Each language from the side that speaks it, with what its people would write. */
const SPOKEN = {
  en: { locale: 'en-GB', own: 0, topic: 'Preparation of the talks in January', reason: 'Both sides have asked for clarity before the talks begin.', visits: 'Exchange of visits', geneva: 'The talks in Geneva begin on 10 January.', added: 'Prisoners', note: 'They will offer a date in Geneva', said: 'The interpreter asks for shorter sentences.', answered: 'I have told him.' },
  ru: { locale: 'ru-RU', own: 1, topic: 'Подготовка январских переговоров', reason: 'Обеим сторонам нужна ясность до начала переговоров.', visits: 'Обмен визитами', geneva: 'Переговоры в Женеве начинаются 10 января.', added: 'Пленные', note: 'Они предложат дату в Женеве', said: 'Переводчик просит говорить короче.', answered: 'Передал.' },
  ar: { locale: 'ar', own: 0, topic: 'التحضير لمحادثات يناير', reason: 'طلب الجانبان توضيحا قبل بدء المحادثات.', visits: 'Обмен визитами', geneva: 'Переговоры в Женеве начинаются 10 января.', added: 'الأسرى', note: 'سيقترحون موعدا في جنيف', said: 'يطلب المترجم جملا أقصر.', answered: 'أبلغته.' },
};
const languages = Object.keys(SPOKEN).filter((l) => !/^(?:en|ru|ar)-/.test(only) || only.startsWith(`${l}-`));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required', '--disable-features=WebRtcHideLocalIpsWithMdns'],
});
const world = await startMock({ ports });
let titles = ['Principal', 'Adviser', 'Principal', 'Interpreter', 'Recorder'];
const terms = (start, minutes, topics, reason, more = {}) => ({
  medium: 'picture', start, minutes, zones: SIDES.map((s) => ({ side: s.id, zone: s.zone, place: s.place })), topics, reason,
  roster: [
    { id: 1, side: SIDES[0].id, role: 'principal', title: titles[0], place: SIDES[0].place },
    { id: 2, side: SIDES[0].id, role: 'aide', title: titles[1], place: SIDES[0].place },
    { id: 3, side: SIDES[1].id, role: 'principal', title: titles[2], place: 'Sochi' },
    { id: 4, side: SIDES[1].id, role: 'interpreter', title: titles[3], place: 'Moscow' },
    ...(more.footage ? SIDES.map((s, i) => ({ id: 5 + i, side: s.id, role: 'recorder', title: titles[4], place: s.place })) : []),
  ],
  languages: ['en', 'ru'], footage: null, replaces: null, ...more,
});
const [A, B] = SIDES.map((s) => s.id);
/** Footage of both principals, by both sides' recorders. */
const filmed = (minutes, embargo) => ({ minutes, persons: [1, 3], recorders: [A, B], release: 'both', releasers: [A, B], embargo });
/** Two clips, by the hashes of their files. */
const CLIPS = ['1c', '1d'].map((byte) => byte.repeat(32));
const faults = [];
const asked = { states: 0, stops: 0 };

/** The Arabic pages are those of a side that writes Arabic, with a far side that writes Russian. */
function speakArabic() {
  Object.assign(SIDES[0], { name: 'ديوان الرئاسة', place: 'القاهرة', zone: 'Africa/Cairo' });
  for (const [id, name] of [['desk', 'الضابط المناوب'], ['principal', 'المكتب الرئاسي'], ['aide', 'غرفة العمليات'], ['press', 'المكتب الصحفي']]) world.nodes[0].seats.get(id).name = name;
  titles = ['المسؤول الأول', 'المستشار', 'Первое лицо', 'Переводчик', 'مسجِّل'];
}

/** Rules of WCAG 2.2 AA that the page breaks as it stands. */
async function ask(page, name) {
  await page.evaluate(axe.source);
  const broken = await page.evaluate(async (tags) => {
    const { violations } = await globalThis.axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
    return violations.map((v) => `${v.id} at ${v.nodes.map((n) => `${n.target.join(' ')} (${n.any.map((a) => a.message).join('; ').slice(0, 160)})`).join(', ')}`);
  }, TAGS);
  asked.states += 1;
  for (const each of broken) faults.push(`${name}: ${each}`);
}

/** Every stop of the Tab key is to be seen: drawn, in the window or scrolled to, with an outline; in a row as the script runs. */
async function walk(page, name) {
  await page.evaluate(() => document.activeElement?.blur());
  const seen = new Set();
  let before = null;
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(async () => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const drawn = () => at.getBoundingClientRect().height > 0 && at.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      for (let wait = 0; wait < 20 && !drawn(); wait += 1) await new Promise((done) => setTimeout(done, 50));
      at.dataset.stop ??= String(document.querySelectorAll('[data-stop]').length);
      const box = at.getBoundingClientRect();
      const style = getComputedStyle(at);
      return {
        stop: at.dataset.stop,
        what: at.dataset.testid ?? at.outerHTML.slice(0, 60),
        drawn: drawn(),
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        ringed: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || /^(?:VIDEO|MAIN)$/.test(at.tagName),
        // In the page and not in the window, which scrolls from stop to stop.
        box: { left: box.left, right: box.right, top: box.top + scrollY, bottom: box.bottom + scrollY },
        row: at.parentElement?.closest('[data-testid], nav, form, header, footer, section')?.outerHTML.slice(0, 80),
        beside: !!at.closest('.far-own'),
        dir: document.documentElement.dir,
      };
    });
    // A field of several parts is several stops; at the first stop again, the round is done.
    if (stop && stop.stop === before?.stop) continue;
    if (!stop || seen.has(stop.stop)) break;
    seen.add(stop.stop);
    asked.stops += 1;
    if (!stop.drawn || !stop.inside || !stop.ringed) faults.push(`${name}: focus on ${stop.what} cannot be seen (${['drawn', 'inside', 'ringed'].filter((k) => !stop[k]).join(', ')} missing)`);
    const level = before && before.row === stop.row && !stop.beside && stop.box.top < before.box.bottom && before.box.top < stop.box.bottom;
    if (level && (stop.dir === 'rtl' ? stop.box.left >= before.box.right : stop.box.right <= before.box.left)) faults.push(`${name}: focus goes against the script from ${before.what} to ${stop.what}`);
    before = stop;
  }
  await page.evaluate(() => {
    document.activeElement?.blur();
    scrollTo(0, 0);
    for (const each of document.querySelectorAll('[data-stop]')) delete each.dataset.stop;
  });
}

async function person(side, seat, language, context = undefined) {
  const c = context ?? (await browser.newContext({ locale: SPOKEN[language].locale, permissions: ['camera', 'microphone'] }));
  const page = await c.newPage();
  page.on('console', (m) => m.type() === 'error' && faults.push(`${seat}: ${m.text()}`));
  page.on('pageerror', (e) => faults.push(`${seat}: ${e.message}`));
  await page.goto(world.enrolment(side, seat));
  await page.getByTestId('enrol-go').click();
  await page.getByTestId(['desk', 'press'].includes(seat) ? 'own-side' : 'terminal').waitFor();
  return page;
}

async function shot(page, name, sizes = Object.keys(ALL), full = false) {
  for (const size of sizes) {
    const [width, height] = ALL[size];
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(250);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) faults.push(`${name} ${size}: ${wide} px too wide`);
    if (!wanted.test(name)) continue;
    await page.screenshot({ path: `${out}/${name}-${size}.png`, fullPage: full });
    await ask(page, `${name} ${size}`);
    if (size !== 'mid' && sizes.length > 1) await walk(page, `${name} ${size}`);
  }
  if (!sizes.includes('wide') || !wanted.test(name) || (await page.getByTestId('terminal').count()) === 0) return;
  await page.setViewportSize({ width: LARGE[0], height: LARGE[1] });
  await page.waitForTimeout(250);
  await page.screenshot({ path: `${out}/${name}-large.png` });
}

const sfu = await browser.newPage();
sfu.on('pageerror', (e) => faults.push(`media page: ${e.message}`));
await sfu.goto(`http://127.0.0.1:${ports[0]}/mock/media.html`);
await sfu.waitForFunction(() => document.title === 'ready');

// History: the two fixtures of December 2021, and one of this month.
const month = new Date();
const day = (n, h) => new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), n, h)).toISOString().replace('.000Z', 'Z');
world.ask(A, terms('2021-12-07T15:00:00Z', 120, ['Security in Europe'], 'A reason.'), { phase: 'ended', begun: '2021-12-07T15:07:00Z', ended: '2021-12-07T17:08:00Z' });
world.ask(B, terms('2021-12-30T20:30:00Z', 60, ['Preparation of the talks in January'], 'A reason.'), { phase: 'ended', begun: '2021-12-30T20:35:00Z', ended: '2021-12-30T21:25:00Z' });
world.ask(A, terms(day(3, 14), 30, ['Grain shipments'], 'A reason.'), { phase: 'ended', begun: day(3, 14), ended: day(3, 15) });

for (const language of languages) {
  await sfu.reload();
  await sfu.waitForFunction(() => document.title === 'ready');
  const l = language;
  const say = SPOKEN[l];
  const [mine, theirs] = [say.own, 1 - say.own];
  if (l === 'ar') speakArabic();
  world.calls.splice(0, world.calls.length - 3);
  const desk = await person(mine, 'desk', language);
  await shot(desk, `${l}-desk-home`);
  await desk.getByTestId('ask-open').first().click();
  await desk.getByTestId('form-topic').fill(say.topic);
  await desk.getByTestId('form-reason').fill(say.reason);
  await desk.getByTestId('form-language-en').check();
  await shot(desk, `${l}-desk-ask`, Object.keys(ALL), true);
  await desk.getByTestId('form-footage-on').check();
  await desk.getByTestId('form-embargo-time').check();
  await desk.getByTestId('form-embargo-date').fill('2026-12-30');
  await desk.getByTestId('form-embargo-clock').fill('17:30');
  await desk.getByTestId('form-announce-topics').check();
  await shot(desk, `${l}-desk-ask-footage`, Object.keys(ALL), true);
  await desk.getByTestId('form-footage-minutes').fill('');
  for (const person of await desk.getByTestId('form-footage-person').all()) await person.uncheck();
  for (const side of await desk.getByTestId('form-footage-recorder').all()) await side.uncheck();
  await desk.getByTestId('form-send').click();
  await shot(desk, `${l}-desk-ask-footage-fault`, ['mid', 'phone'], true);
  await desk.getByTestId('form-footage-on').uncheck();
  await desk.getByTestId('form-announce-nothing').check();
  await desk.getByTestId('form-reason').fill('');
  await desk.getByTestId('form-send').click();
  await shot(desk, `${l}-desk-ask-fault`, ['mid'], true);
  await desk.getByTestId('form-reason').fill('x');
  await desk.getByTestId('form-send').click();
  await desk.getByTestId('call').waitFor();
  await shot(desk, `${l}-desk-asked`, ['mid']);
  const own = world.calls[0];
  // The other side asks as well: it rings, and the two have met halfway.
  const far = world.ask(SIDES[theirs].id, terms('2026-12-30T20:35:00Z', 50, [say.topic, say.visits], say.geneva, { announce: 'call', footage: filmed(3, { until: 'end' }) }));
  world.tell();
  world.nodes[mine].ring(far.id);
  await desk.getByTestId('ring').waitFor();
  await shot(desk, `${l}-desk-ring`);
  await desk.getByTestId('light').click();
  await shot(desk, `${l}-desk-ring-night`, ['wide', 'phone']);
  await desk.getByTestId('light').click();
  await desk.getByTestId('ring-open').click();
  await desk.getByTestId('agree').waitFor();
  await shot(desk, `${l}-desk-answer`, Object.keys(ALL), true);
  await desk.getByTestId('counter-open').click();
  await desk.getByTestId('form-minutes').fill('90');
  await desk.getByTestId('form-topic-add').click();
  await desk.getByTestId('form-topic').last().fill(say.added);
  await desk.getByTestId('form-time').fill('16:15');
  await shot(desk, `${l}-desk-counter`, ['wide', 'phone'], true);
  await desk.getByTestId('form-send').click();
  await desk.getByTestId('next').waitFor();
  await shot(desk, `${l}-desk-countered`, ['wide', 'phone'], true);
  const other = { ...far.terms, minutes: 75, topics: far.terms.topics, start: '2026-12-30T21:15:00Z', medium: 'sound', roster: far.terms.roster.slice(1).map((p) => (p.id === 3 ? { ...p, place: 'Kazan' } : p)) };
  world.verb(far, SIDES[theirs].id, 'counter', { terms: { ...other, roster: far.terms.roster.map((p) => (p.id === 3 ? { ...p, place: 'Kazan' } : p)), medium: 'picture', announce: 'topics', footage: filmed(5, { until: 'time', at: '2026-12-30T22:30:00Z' }) } });
  await desk.getByTestId('agree').waitFor();
  await shot(desk, `${l}-desk-differences`, ['wide', 'phone'], true);
  await desk.getByTestId('agree').click();
  await desk.getByTestId('halfway').waitFor();
  await shot(desk, `${l}-desk-halfway`, ['wide', 'phone'], true);
  await desk.getByTestId('halfway-withdraw').click();
  await desk.getByTestId('halfway').waitFor({ state: 'detached' });
  if (own.phase !== 'withdrawn') faults.push('halfway: the own request was not withdrawn');
  await announced({ desk, shot, l });

  const terminal = await person(mine, 'principal', language);
  await terminal.waitForTimeout(500);
  await shot(terminal, `${l}-terminal-waiting`);
  await prepared({ terminal, shot, l });
  world.verb(far, SIDES[theirs].id, 'gather', {});
  await desk.getByTestId('gather').click();
  await terminal.getByTestId('gathering').waitFor();
  await terminal.waitForTimeout(1500);
  await shot(terminal, `${l}-terminal-gathering`);
  await shot(desk, `${l}-desk-gathering`, Object.keys(ALL), true);
  await check({ world, desk, call: far, own: SIDES[mine].id, far: SIDES[theirs].id, node: world.nodes[mine], shot, l });
  await terminal.getByTestId('far-picture').waitFor();
  await terminal.waitForFunction(async () => (await window.visavis.stats()).far.some((f) => f.kind === 'picture' && f.frames > 10), null, { timeout: 15000 }).catch(() => faults.push('no far frames'));
  await terminal.mouse.move(200, 200);
  await shot(terminal, `${l}-terminal-session-moved`);
  await terminal.keyboard.press('Space');
  await terminal.mouse.move(210, 200);
  await shot(terminal, `${l}-terminal-session-off`, ['wide', 'phone']);
  await terminal.waitForTimeout(4600);
  await shot(terminal, `${l}-terminal-session-rest`);
  console.log(l, JSON.stringify(await terminal.evaluate(() => window.visavis.stats())));
  await shot(desk, `${l}-desk-session`, ['wide', 'phone'], true);
  const aide = await person(mine, mine ? 'interpreter' : 'aide', language);
  await aide.getByTestId('far-picture').waitFor();
  await aside({ desk, terminal, aide, node: world.nodes[mine], world, shot, l, words: say });
  await spoken({ world, call: far, own: SIDES[mine].id, far: SIDES[theirs].id, terminal, aide, shot, l });
  await footage({ world, call: far, own: SIDES[mine].id, far: SIDES[theirs].id, desk, terminal, aide, shot, l, faults });
  await aide.context().close();
  far.interrupted = [{ side: SIDES[mine].id, since: new Date().toISOString() }];
  world.line.status = 'down';
  world.tell();
  await terminal.getByTestId('notice-cut').waitFor();
  await terminal.mouse.move(220, 220);
  await shot(terminal, `${l}-terminal-cut`);
  await shot(desk, `${l}-desk-cut`, ['mid']);
  far.interrupted = [];
  world.line.status = 'up';
  world.tell();
  // The node goes and comes back: same call, microphone still off, without a reload.
  world.nodes[mine].drop();
  await terminal.waitForFunction(() => document.querySelector('[data-testid=notice-node]')).catch(() => faults.push('no notice while the node was away'));
  await terminal.waitForFunction(() => !document.querySelector('[data-testid=notice-node]'), null, { timeout: 5000 }).catch(() => faults.push('the node was not found again'));
  await terminal.waitForFunction(async () => (await window.visavis.stats()).far.some((f) => f.kind === 'picture' && f.frames > 5), null, { timeout: 8000 }).catch(() => faults.push('media did not come back'));
  if ((await terminal.getByTestId('mic').getAttribute('data-on')) !== 'false') faults.push('microphone state lost');
  await terminal.reload();
  await terminal.getByTestId('far-picture').waitFor();
  if ((await terminal.getByTestId('mic').getAttribute('data-on')) !== 'false') faults.push('microphone state lost over a reload');
  const twin = await terminal.context().newPage();
  await twin.goto(terminal.url());
  await twin.getByTestId('gate-elsewhere').waitFor();
  await shot(twin, `${l}-gate-elsewhere`);
  await twin.getByTestId('use-this-window').click();
  await terminal.getByTestId('gate-lost').waitFor();
  await twin.getByTestId('far-picture').waitFor();
  await terminal.close();
  await desk.getByTestId('end').click();
  await desk.getByTestId('end').click();
  await twin.getByTestId('ended').waitFor();
  await shot(twin, `${l}-terminal-ended`);
  for (const [side, kind, detail] of [[theirs, 'release', { clip: CLIPS[0] }], [mine, 'release', { clip: CLIPS[0] }], [theirs, 'release', { clip: CLIPS[1], instead: CLIPS[0] }], [mine, 'recall', { clip: CLIPS[0] }]]) world.say(far, SIDES[side].id, kind, detail);
  world.tell();
  await desk.waitForTimeout(300);
  await shot(desk, `${l}-desk-ended`, Object.keys(ALL), true);
  await shot(desk, `${l}-desk-ended-top`, ['wide']);
  await desk.getByTestId('light').click();
  await shot(desk, `${l}-desk-ended-night`, ['wide'], true);
  const second = await person(mine, 'press', language);
  await written({ desk, second, node: world.nodes[mine], call: far, shot, l });
  await clips({ desk, second, node: world.nodes[mine], call: far, own: SIDES[mine], far: SIDES[theirs], shot, l, faults });
  await second.context().close();
  const stranger = await (await browser.newContext({ locale: say.locale })).newPage();
  await stranger.goto(desk.url());
  await stranger.getByTestId('gate-unenrolled').waitFor();
  await shot(stranger, `${l}-gate-unenrolled`, ['mid', 'phone']);
  await stranger.goto(`${new URL(desk.url()).origin}/enrol#${'0'.repeat(32)}`);
  await stranger.reload();
  await shot(stranger, `${l}-enrol`, ['mid', 'phone']);
  await stranger.getByTestId('enrol-go').click();
  await stranger.getByTestId('enrol-trouble').waitFor();
  await shot(stranger, `${l}-enrol-trouble`, ['mid']);
  await desk.context().close();
  await twin.context().close();
}
await browser.close();
await world.close();
// The refused link answers 404 by design; the browser logs it.
// Nor has the mock keys that would prove a side: its terminals say so, as they should.
const real = [...new Set(faults)].filter((f) => !/404|409|ERR_CONNECTION|WebSocket connection|hash of its first key/.test(f));
console.log(`${asked.states} states asked about, ${asked.stops} stops of the keyboard`);
console.log(real.length ? `faults:\n${real.join('\n')}` : 'no faults');
process.exit(real.length ? 1 : 0);
