// A reader of the public page: a browser that knows nothing of either side, first without scripts, then with those that
// examine a page.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { CHROMIUM } from './browser.mjs';

const AXE = createRequire(new URL('../../package.json', import.meta.url)).resolve('axe-core/axe.min.js');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export const SIZES = { 1920: { width: 1920, height: 1080 }, 1280: { width: 1280, height: 720 }, 390: { width: 390, height: 844 } };

export class Reader {
  static async open(story) {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
    story.undo.push(() => browser.close());
    const reader = new Reader(story);
    const page = async (name, options) => {
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      context.setDefaultTimeout(120_000);
      const made = await context.newPage();
      story.watch(made, name);
      // What a page asks of anybody but its own port.
      made.on('request', (request) => {
        if (new URL(request.url()).origin !== new URL(reader.at).origin) reader.foreign.push(request.url());
      });
      return made;
    };
    reader.page = await page('reader', { javaScriptEnabled: false });
    reader.examiner = await page('examiner', {});
    return reader;
  }

  constructor(story) {
    this.story = story;
    this.foreign = [];
  }

  /** Opens an address without scripts; what a person reads there. */
  async read(url) {
    this.at = url;
    const answer = await this.page.goto(url);
    this.story.equal(answer.status(), 200, url);
    return (await this.page.locator('body').innerText()).replaceAll(/[\u2068\u2069]/g, '').replaceAll(/\s+/g, ' ');
  }

  /** Status, headers and body of an address, without the one header that tells the time. */
  async ask(url) {
    const answer = await fetch(url, { redirect: 'manual' });
    const headers = [...answer.headers].filter(([name]) => name !== 'date');
    return { status: answer.status, headers, body: await answer.text() };
  }

  /** Pictures of an address at the sizes that people use, and what axe has to say about it at each end of them. */
  async look(url, name) {
    this.at = url;
    await this.page.goto(url);
    await this.examiner.goto(url);
    for (const [label, size] of Object.entries(SIZES)) {
      await this.page.setViewportSize(size);
      await this.page.screenshot({ path: `${this.story.folder}/${name}-${label}.png`, fullPage: true });
      await this.examiner.setViewportSize(size);
      const wide = await this.examiner.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      this.story.check(wide <= 0, `${name} at ${label} fits its window`, wide);
      if (size === SIZES[1280]) continue;
      await this.examiner.evaluate(readFileSync(AXE, 'utf8'));
      const broken = await this.examiner.evaluate(async (tags) => {
        const { violations } = await globalThis.axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
        return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
      }, TAGS);
      this.story.equal(broken, [], `${name} at ${label}: WCAG 2.2 AA`);
    }
    const scripts = await this.examiner.evaluate(() => document.querySelectorAll('script, [onclick], [onload], [style]').length);
    this.story.equal(scripts, 0, `${name}: no script and no inline style`);
  }

  /** A feed as an XML parser reads it: its own id, and its entries by id. */
  async feed(url) {
    const { body } = await this.ask(url);
    return this.examiner.evaluate((xml) => {
      const feed = new DOMParser().parseFromString(xml, 'application/xml');
      const text = (of, name) => of.querySelector(`:scope > ${name}`)?.textContent ?? null;
      const entry = (of) => ({ id: text(of, 'id'), title: text(of, 'title'), updated: text(of, 'updated'), content: text(of, 'content'), link: of.querySelector(':scope > link[rel=alternate]')?.getAttribute('href') ?? null });
      return { fault: feed.querySelector('parsererror')?.textContent ?? null, space: feed.documentElement.namespaceURI, id: text(feed.documentElement, 'id'), entries: [...feed.querySelectorAll('entry')].map(entry) };
    }, body);
  }
}
