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
   * Presses a button that asks to be pressed twice. The second time by key: a desk behind a terminal is drawn late on a slow
   * machine, and a click waits for that until the button asks from the beginning again.
   */
  async twice(name) {
    await this.id(name).click();
    await this.id(name).and(this.page.locator('[data-armed=true]')).press('Enter');
  }

  async lineUp(within = 120_000) {
    await this.page.locator('[data-testid=line][data-status=up]').waitFor({ timeout: within });
  }

  /**
   * Fills in the form of terms: what is not named stays as the desk proposes it. `interpreters` are added to the roster:
   * by side id, which way each interprets.
   */
  async fill({ topics, reason, minutes, medium, interpreters, interpretation } = {}) {
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
    if (interpretation) await this.id(`form-interpretation-${interpretation}`).check();
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

  async ring(within = 15_000) {
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
}
