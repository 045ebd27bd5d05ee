// The states of footage, for look.mjs to take pictures of: closed, half open, open as those in it and those beside it
// see it, the recorder's alarms, and each way in which it ends.

const CONTEXT = 'ab'.repeat(32);

/** What the group's worker of a terminal would say. */
const say = (page, said) => page.evaluate((data) => new BroadcastChannel('mock-group').postMessage(data), { say: 'footage', said });

/** Frames under footage keys, four times a second, until the next call. */
const flow = (page, sent, received) =>
  page.evaluate(
    ([sent, received]) => {
      clearInterval(globalThis.flowing);
      globalThis.passed ??= 0;
      const channel = new BroadcastChannel('mock-frames');
      const count = (id, way, kind, footage) => ({ id, way, kind, track: null, frames: 0, passed: 0, failed: 0, replayed: 0, repeated: 0, waiting: 0, footage });
      const tell = () => {
        globalThis.passed += 10;
        channel.postMessage([count(1, 'send', 'sound', sent ? globalThis.passed : 0), count(2, 'receive', 'sound', received ? globalThis.passed : 0)]);
      };
      if (sent || received) globalThis.flowing = setInterval(tell, 250);
    },
    [sent, received],
  );

const words = ['acid', 'blimp', 'cargo', 'doze', 'fancy', 'gift', 'humid', 'ivory'].map((word, at) => ({ word, dice: String(1111 + at * 1111) }));

/** As a terminal of the call that is sealed, with a far member that confirmed it. */
const sealed = (page, own, far) => {
  const members = [own, far].map((side, at) => ({ key: String(at).repeat(64), side, confirmed: true, late: false }));
  const status = { state: 'sealed', alarm: null, epoch: 3, words, wordsOwn: true, sending: true, members };
  return page.evaluate((data) => new BroadcastChannel('mock-group').postMessage(data), { say: 'status', status });
};

export async function footage({ world, call, own, far, desk, terminal, aide, shot, l, faults }) {
  call.terms = { ...call.terms, footage: { minutes: 3, persons: [1, 3], recorders: [own, far], release: 'both', releasers: [own, far], embargo: { until: 'end' } } };
  for (const page of [terminal, aide]) await sealed(page, own, far);
  world.tell();
  await desk.getByTestId('footage').waitFor();
  await shot(desk, `${l}-footage-desk-closed`, ['wide', 'phone'], true);
  await desk.getByTestId('footage-open').click();
  await desk.getByTestId('footage-open').click();
  await desk.locator('[data-testid=footage][data-own=true]').waitFor();
  await shot(desk, `${l}-footage-desk-half`, ['mid'], true);
  await desk.getByTestId('footage-take-back').click();
  await desk.locator('[data-testid=footage][data-own=false]').waitFor();
  world.verb(call, far, 'open', {});
  await desk.locator('[data-testid=footage][data-far=true]').waitFor();
  await shot(desk, `${l}-footage-desk-asked`, ['mid'], true);

  await desk.getByTestId('footage-open').click();
  await desk.getByTestId('footage-open').click();
  await desk.getByTestId('footage-bar').waitFor();
  const opened = Date.now();
  const leftMs = () => 180_000 - (Date.now() - opened);
  for (const page of [terminal, aide]) await say(page, { is: 'light', context: CONTEXT, leftMs: leftMs() });
  await terminal.locator('[data-testid=footage][data-mark=light]').waitFor();
  await shot(terminal, `${l}-footage-terminal-light`, ['mid']);
  for (const page of [terminal, aide]) await say(page, { is: 'open', context: CONTEXT, leftMs: leftMs() });
  await terminal.locator('[data-testid=footage][data-mark=idle]').waitFor();
  await shot(terminal, `${l}-footage-terminal-idle`, ['mid']);
  await flow(terminal, true, true);
  await flow(aide, false, true);
  await terminal.locator('[data-testid=footage][data-mark=on][data-sent=true]').waitFor();
  await terminal.mouse.move(340, 320);
  await shot(terminal, `${l}-footage-terminal-moved`);
  await terminal.waitForTimeout(4_600);
  await shot(terminal, `${l}-footage-terminal-rest`);
  await shot(aide, `${l}-footage-terminal-beside`, ['wide', 'phone']);
  world.recorders[own] = { state: 'writing', seconds: 74, bytes: 31_400_000 };
  world.tell();
  await desk.locator('[data-testid=recorder][data-state=writing]').waitFor();
  await shot(desk, `${l}-footage-desk-open`, undefined, true);
  await desk.getByTestId('light').click();
  await shot(desk, `${l}-footage-desk-open-night`, ['wide'], true);
  await desk.getByTestId('light').click();
  world.recorders[own].state = 'nothing';
  world.tell();
  await desk.locator('[data-testid=recorder-alarm][data-alarm=nothing]').waitFor();
  await shot(desk, `${l}-footage-desk-nothing`, ['wide', 'phone'], true);
  world.recorders[own].state = 'disk_low';
  world.tell();
  await desk.locator('[data-testid=recorder-alarm][data-alarm=disk_low]').waitFor();
  await shot(desk, `${l}-footage-desk-disk`, ['mid'], true);

  // Closed from the principal's terminal, with one key.
  await terminal.keyboard.press('F9');
  await desk.getByTestId('footage-bar').waitFor({ state: 'detached' }).catch(() => faults.push('footage: the key at the terminal closed nothing'));
  for (const page of [terminal, aide]) await flow(page, false, false);
  await say(terminal, { is: 'closed', context: CONTEXT, why: 'close' });
  await say(aide, { is: 'closed', context: CONTEXT, why: 'lease' });
  await terminal.getByTestId('footage-closed').waitFor();
  await shot(terminal, `${l}-footage-terminal-closed`, ['wide', 'phone']);
  await say(aide, { is: 'light', context: CONTEXT, leftMs: 1_000 });
  await say(aide, { is: 'closed', context: CONTEXT, why: 'lease' });
  await aide.locator('[data-testid=footage-closed][data-why=lease]').waitFor();
  await flow(aide, false, true);
  await aide.locator('[data-testid=footage][data-mark=still]').waitFor();
  await shot(aide, `${l}-footage-terminal-still`, ['mid', 'phone']);
  await flow(aide, false, false);

  // And from the desk, from another page than the call's.
  world.recorders[own] = { state: 'writing', seconds: 2, bytes: 800_000 };
  for (const side of [own, far]) world.verb(call, side, 'open', {});
  await desk.getByTestId('footage-bar').waitFor();
  const at = desk.url();
  await desk.goto(`${new URL(at).href.split('#')[0]}#/`);
  await shot(desk, `${l}-footage-desk-home`, ['wide', 'phone']);
  await desk.keyboard.press('F9');
  await desk.getByTestId('footage-bar').waitFor({ state: 'detached' }).catch(() => faults.push('footage: the key at the desk closed nothing'));
  if (!call.pressed || Math.abs(Date.parse(call.pressed) - Date.now()) > 5_000) faults.push(`footage: the press was said to be at ${call.pressed}`);
  await desk.goto(at);
  delete world.recorders[own];
  call.opens.clear();
  world.tell();
  await desk.locator('[data-testid=footage][data-open=false][data-own=false]').waitFor();
}
