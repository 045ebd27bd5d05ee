// Machines that have no time. By how much a page ran late is the machine's, not the product's: bounds in milliseconds are
// asked of a page beside that. And whether the machine had a free moment while a story was told.

import { readFileSync } from 'node:fs';

const TICK_MS = 20;

/** Runs in every page, to be given as `prepare`: when each tick of a steady clock came. */
export function ticking() {
  window.ticks = [];
  setInterval(() => window.ticks.push(Date.now()), 20);
}

/** By how much each tick of a page in a time came late, milliseconds. */
async function lags(page, from, to) {
  const ticks = (await page.evaluate(() => window.ticks)).filter((at) => at >= from - 100 && at <= to);
  return ticks.map((at, n) => (n ? Math.max(0, at - ticks[n - 1] - TICK_MS) : 0));
}

/** The longest that a page stood still in a time. */
export const stoodStill = async (page, from, to) => Math.max(0, ...(await lags(page, from, to)));

/** How long a page stood still in a time, all in all. */
export const lost = async (page, from, to) => (await lags(page, from, to)).reduce((sum, lag) => sum + lag, 0);

/** A second in which less than this share of the processors was free had no free moment. */
const FREE_LEAST = 0.05;

/** The processors' time so far: all of it, and what nobody wanted. What a host took away was wanted. */
function processors() {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].split(/\s+/).map(Number);
  const [, , , idle, waiting] = fields;
  // The last two are in the first two already.
  return { all: fields.slice(0, 8).reduce((sum, field) => sum + field, 0), free: idle + waiting };
}

/** Counts the seconds in which the machine had no free moment, until it is stopped. */
export class Busy {
  constructor() {
    this.seconds = 0;
    let before = processors();
    this.timer = setInterval(() => {
      const now = processors();
      if (now.free - before.free < FREE_LEAST * (now.all - before.all)) this.seconds += 1;
      before = now;
    }, 1_000);
  }

  stop() {
    clearInterval(this.timer);
    return this.seconds;
  }
}
