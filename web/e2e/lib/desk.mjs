// What an operator does at a desk, by pressing what an operator would press.

/** Opens a one-time link and takes the seat; returns the seat's name in the address. */
export async function enrol(page, link) {
  await page.goto(link);
  await page.getByTestId('enrol-go').click();
  await page.waitForURL(/\/(desk|terminal)\//);
  return new URL(page.url()).pathname.split('/').pop();
}

export class Desk {
  constructor(page) {
    this.page = page;
    this.call = page.getByTestId('call');
  }

  id(name) {
    return this.page.getByTestId(name);
  }

  /**
   * Presses a button that asks to be pressed twice. It forgets a first press after five seconds, and a slow machine can take
   * longer from one press to the other: the second one is made while the button is seen to ask for it, or both are made anew.
   `within` is where it stands, if there are several.
   */
  async twice(name, within = this.page) {
    const button = within.getByTestId(name);
    for (let more = 10; more; more -= 1) {
      await button.click();
      const asks = button.and(this.page.locator('[data-armed=true]')).waitFor({ timeout: 5_000 });
      if (!(await asks.then(() => true, () => false))) continue;
      const press = (shown) => shown.dataset.armed === 'true' && !shown.disabled && (shown.click(), true);
      if (await button.evaluate(press)) return;
    }
    throw new Error(`${name}: ten times pressed, and never asked for a second press in time`);
  }

  async lineUp(within = 120_000) {
    await this.page.locator('[data-testid=line][data-status=up]').waitFor({ timeout: within });
  }

  /**
   * Fills in the form of terms: what is not named stays as the desk proposes it. `interpreters` are added to the roster:
   * by side id, which way each interprets. `footage` is asked for as the form proposes it: of both principals, by both
   * recorders; `minutes` of it may be named.
   */
  async fill({ topics, reason, minutes, medium, interpreters, interpretation, footage, announce } = {}) {
    await this.id('terms-form').waitFor();
    if (topics) {
      for (const [index, topic] of topics.entries()) {
        if (index && (await this.id('form-topic').count()) <= index) await this.id('form-topic-add').click();
        await this.id('form-topic').nth(index).fill(topic);
      }
    }
    if (reason) await this.id('form-reason').fill(reason);
    if (minutes) await this.id('form-minutes').fill(String(minutes));
    if (medium) await this.id(`form-medium-${medium}`).check();
    for (const [side, { from, to }] of Object.entries(interpreters ?? {})) {
      const roster = this.page.locator(`[data-testid=form-roster][data-side="${side}"]`);
      await roster.getByTestId('form-person-add').click();
      await roster.getByTestId('form-role').last().selectOption('interpreter');
      await roster.getByTestId('form-interprets-from').selectOption(from);
      await roster.getByTestId('form-interprets-to').selectOption(to);
    }
    if (footage) {
      await this.id('form-footage-on').check();
      if (footage.minutes) await this.id('form-footage-minutes').fill(String(footage.minutes));
    }
    if (interpretation) await this.id(`form-interpretation-${interpretation}`).check();
    if (announce) await this.id(`form-announce-${announce}`).check();
  }

  async send() {
    await this.id('form-send').click();
  }

  /** Asks the other side and returns the call's id. */
  async ask(terms) {
    await this.id('ask-open').click();
    await this.fill({ reason: 'EXAMPLE: to prepare the next meeting', ...terms });
    await this.send();
    await this.call.waitFor();
    return this.call.getAttribute('data-call');
  }

  async open(call) {
    await this.page.evaluate((id) => (location.hash = `#/calls/${id}`), call);
    await this.page.locator(`[data-testid=call][data-call="${call}"]`).waitFor();
  }

  async ring(within = 5_000) {
    await this.id('ring').first().waitFor({ timeout: within });
    return this.id('ring').first().getAttribute('data-call');
  }

  async answerRing() {
    await this.id('ring-open').first().click();
    await this.call.waitFor();
  }

  async press(name) {
    await this.id(name).first().click();
  }

  async phase(wanted, within = 120_000) {
    await this.page.locator(`[data-testid=call][data-phase="${wanted}"]`).waitFor({ timeout: within });
  }

  /** The fields shown as different between two offers. */
  differences() {
    return this.page.locator('[data-testid=difference]').evaluateAll((rows) => rows.map((row) => row.dataset.field));
  }

  /** Downloads the record of the call on the page; returns its bytes' path. */
  async record(path) {
    const waiting = this.page.waitForEvent('download');
    await this.id('record').first().click();
    await (await waiting).saveAs(path);
    return path;
  }
}

export class Terminal {
  constructor(page) {
    this.page = page;
  }

  id(name) {
    return this.page.getByTestId(name);
  }

  async screen(wanted, within = 120_000) {
    await this.page.locator(`[data-testid=terminal][data-screen="${wanted}"]`).waitFor({ timeout: within });
  }

  mic() {
    return this.id('mic').getAttribute('data-on');
  }

  /** Opens the dialog of devices; before a call they may still have to be given their names. */
  async openDevices() {
    // Tools show themselves on movement: never twice to the same place.
    await this.page.mouse.move(200 + 50 * Math.random(), 200);
    await this.id('devices-open').click();
    const name = this.id('devices-name');
    if (await name.isVisible().catch(() => false)) await name.click();
  }

  /** Chooses a device in the open dialog by its label. */
  async chooseDevice(testid, label) {
    const select = this.id(testid);
    await select.locator('option', { hasText: label }).waitFor({ state: 'attached' });
    await select.selectOption({ label });
  }
}
