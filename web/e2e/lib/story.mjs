// What a story is given to tell itself with: steps, checks, pages and processes that are cleared away at its end,
// and a folder for what it leaves behind to be looked at.

import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrowser } from './browser.mjs';
import { startImpair, startVisavis } from './node.mjs';

export class Story {
  constructor(name, folder) {
    this.name = name;
    this.folder = folder;
    this.started = Date.now();
    this.pages = new Map();
    this.undo = [];
    this.notes = [];
    mkdirSync(folder, { recursive: true });
  }

  /** Seconds since the story began, for the log. */
  get clock() {
    return ((Date.now() - this.started) / 1000).toFixed(1).padStart(5);
  }

  step(text) {
    console.log(`  ${this.clock}s  ${text}`);
    this.append('story.log', `${this.clock}s  ${text}\n`);
  }

  /** A measured number for the report at the end. */
  note(text) {
    this.notes.push(text);
    this.step(text);
  }

  append(file, text) {
    appendFileSync(join(this.folder, file), text);
  }

  /** Fails the story unless `good`; `found` is what was seen instead. */
  check(good, what, found) {
    if (!good) throw new Error(`${what}${found === undefined ? '' : `: found ${JSON.stringify(found)}`}`);
  }

  equal(found, wanted, what) {
    this.check(JSON.stringify(found) === JSON.stringify(wanted), `${what} (wanted ${JSON.stringify(wanted)})`, found);
  }

  /** Asks again and again until `probe` returns something true; that is its value. */
  async until(what, probe, within = 15_000, every = 100) {
    const end = Date.now() + within;
    let last;
    for (;;) {
      try {
        last = await probe();
        if (last) return last;
      } catch (error) {
        last = error.message.split('\n')[0];
      }
      if (Date.now() > end) throw new Error(`${what}: not within ${within} ms (last: ${JSON.stringify(last)})`);
      await new Promise((next) => setTimeout(next, every));
    }
  }

  /** Called by the browser helper for every page: its console and its errors go to a file. */
  watch(page, name) {
    this.pages.set(name, page);
    const file = `console-${name}.log`;
    page.on('console', (message) => this.append(file, `${this.clock}s ${message.type()}: ${message.text()}\n`));
    page.on('pageerror', (error) => {
      this.append(file, `${this.clock}s THROWN: ${error.stack ?? error.message}\n`);
      this.thrown ??= `${name}: ${error.message}`;
    });
    page.on('close', () => this.pages.get(name) === page && this.pages.delete(name));
  }

  async browser(side, options) {
    const browser = await openBrowser(side, options);
    this.undo.push(() => browser.close());
    return browser;
  }

  /** A folder that is gone when the story ends. */
  scratch(name) {
    const folder = mkdtempSync(join(tmpdir(), `visavis-${this.name}-${name}-`));
    this.undo.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Starts the program and waits for its line; returns `{ process, said }`. */
  async start(args, name, options) {
    const process = startVisavis(args, join(this.folder, `node-${name}.log`), options);
    this.undo.push(() => process.stop().catch(() => {}));
    return { process, said: await process.ready() };
  }

  async impair(args, name) {
    const process = startImpair(args, join(this.folder, `impair-${name}.log`));
    this.undo.push(() => process.kill());
    return { process, said: await process.ready() };
  }

  /** Measured figures, for whoever draws the table. */
  keep(file, figures) {
    writeFileSync(join(this.folder, file), `${JSON.stringify(figures, null, 2)}\n`);
  }

  async shot(page, name) {
    await page.screenshot({ path: join(this.folder, `${name}.png`) });
  }

  /** What every page still open shows, as pictures and in the words that it says aloud: what a person had when it went wrong. */
  async shotAll(prefix) {
    for (const [name, page] of this.pages) {
      await page.screenshot({ path: join(this.folder, `${prefix}-${name}.png`), timeout: 5_000 }).catch(() => {});
      const aloud = page.locator('[role=alert]:visible, [role=status]:visible');
      const said = await aloud.allInnerTexts().catch((error) => [error.message]);
      this.step(`${name} says: ${JSON.stringify(said.map((text) => text.replaceAll('\n', ' ')).filter(Boolean))}`);
    }
  }

  async end() {
    for (const undo of this.undo.toReversed()) await undo();
  }
}
