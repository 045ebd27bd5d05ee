// Firefox with its built-in fake camera and microphone. It is driven over WebDriver BiDi by puppeteer, since Playwright
// drives only a Firefox of its own making. It refuses ICE to loopback: use it in a network of its own (run.mjs).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { instrument } from './probe.mjs';

const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** A Firefox of its own profile: `{ page(url), close() }`. */
export async function openFirefox() {
  const profile = mkdtempSync(join(tmpdir(), 'visavis-profile-firefox-'));
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    userDataDir: profile,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.gmp-manager.updateEnabled': false,
      'app.update.enabled': false,
      'datareporting.policy.dataSubmissionEnabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  });
  return {
    async page(url) {
      const page = await browser.newPage();
      await page.setViewport({ width: 1280, height: 720 });
      await page.evaluateOnNewDocument(instrument);
      if (url) await page.goto(url);
      return page;
    },
    async close() {
      await browser.close().catch(() => {});
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
