// Who gets a seat and who does not: a link used twice, a link used late, a copied cookie, a seat opened twice.

import { must } from '../lib/node.mjs';
import { enrol } from '../lib/desk.mjs';
import { demo } from '../lib/call.mjs';

export const title = 'a seat is a key: links, cookies and windows that are not one';

const links = async (side, ...more) =>
  JSON.parse(await must(['enrol', '--data', side.data, '--role', 'aide', '--name', 'Aide', '--json', ...more])).link;

async function refused(page, link, code, story) {
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByTestId('enrol-go').click();
  const trouble = page.getByTestId('enrol-trouble');
  await trouble.waitFor();
  story.equal(await trouble.getAttribute('data-code'), code, 'why the link is refused');
  story.note(`${code}: “${await trouble.innerText()}”`);
  await story.shot(page, code);
}

export async function tell(story) {
  const { a } = await demo(story, { desksOnly: true });
  const stranger = await story.browser('b');
  const page = await stranger.page(null, 'stranger', story);

  story.step('a link is good once, and for its time');
  await refused(page, a.links.desk, 'enrol_used', story);
  const late = await links(a, '--valid', '1');
  await page.waitForTimeout(1600);
  await refused(page, late, 'enrol_late', story);
  const good = new URL(await links(a));
  const tampered = good.hash.slice(0, -1) + (good.hash.endsWith('0') ? '1' : '0');
  await refused(page, `${good.origin}${good.pathname}${tampered}`, 'enrol_unknown', story);

  story.step('a copied cookie admits nobody');
  const cookies = (await a.browser.context.cookies()).filter((c) => c.name.startsWith('visavis-'));
  story.check(cookies.length > 0 && cookies.every((c) => c.httpOnly && c.sameSite === 'Strict'), 'HttpOnly, SameSite=Strict', cookies.map((c) => c.name));
  await stranger.context.addCookies(cookies);
  const address = a.desk.page.url();
  await page.goto(address);
  await page.getByTestId('gate-unenrolled').waitFor();
  await story.shot(page, 'copied-cookie');
  const seat = new URL(address).pathname.split('/').pop();
  const origin = new URL(address).origin;
  for (const path of ['/api/me', '/api/calls', '/api/lines']) {
    const { status } = await page.evaluate(
      async ({ path, seat }) => fetch(path, { headers: { 'Visavis-Seat': seat, 'Visavis-Proof': `1.${'00'.repeat(64)}` } }).then((r) => ({ status: r.status })),
      { path, seat },
    );
    story.check(status === 401 || status === 403, `${path} with the cookie and no key`, status);
  }
  const said = await page.evaluate(
    ({ url, signature }) =>
      new Promise((resolve) => {
        const got = [];
        const socket = new WebSocket(url);
        socket.addEventListener('message', ({ data }) => {
          got.push(JSON.parse(data).t);
          if (got.at(-1) === 'challenge') socket.send(JSON.stringify({ t: 'prove', signature }));
        });
        socket.addEventListener('close', () => resolve(got));
        setTimeout(() => resolve([...got, 'still open']), 8000);
      }),
    { url: `${origin.replace('http', 'ws')}/api/ws?seat=${seat}`, signature: '00'.repeat(64) },
  );
  story.check(!said.includes('ready') && !said.includes('still open'), 'the socket with the cookie and no key is closed', said);

  story.step('the same seat in two windows: one at a time, by choice');
  const second = await a.browser.page(address, 'second', story);
  await second.getByTestId('gate-elsewhere').waitFor();
  await story.shot(second, 'elsewhere');
  await second.getByTestId('use-this-window').click();
  await second.getByTestId('line').waitFor();
  await a.desk.page.getByTestId('gate-lost').waitFor();
  await story.shot(a.desk.page, 'lost');

  story.step('the link that was not used still works for its own seat');
  const aide = await a.browser.page(null, 'aide', story);
  await enrol(aide, good.href);
  await aide.getByTestId('terminal').waitFor();
}
