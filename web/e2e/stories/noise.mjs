// Garbage and oversize on every port in mid-call: the honest notice nothing.

import { arrives, demo, drawSmall, endAndProve, session } from '../lib/call.mjs';
import { flood, portsOf, raw, residentKib } from '../lib/noise.mjs';
import { receivedDuring } from '../lib/probe.mjs';

export const title = 'junk on every port in mid-call';

/** The longest gap in sound, and the most memory, that junk may cost. */
const CONCEALED_MS_MAX = 200;
const GROWTH_KIB_MAX = 64 * 1024;

export async function tell(story) {
  const { process, a, b } = await demo(story);
  const call = await session(story, { a, b });
  await drawSmall({ a, b });
  await Promise.all([arrives(story, a), arrives(story, b)]);
  const { pid } = process.child;
  const ports = portsOf(pid);
  story.check(ports.udp.length >= 4 && ports.tcp.length >= 2, 'the ports of two nodes', ports);

  story.step('datagrams');
  const before = residentKib(pid);
  const [sent, atA, atB] = await Promise.all([flood(ports.udp, 250, 4000), receivedDuring(a.terminal.page, 4500), receivedDuring(b.terminal.page, 4500)]);
  for (const [letter, got] of [['a', atA], ['b', atB]]) {
    const gap = (1000 * got.concealed) / 48_000;
    story.note(`${letter}: ${got.frames} pictures, ${gap.toFixed(0)} ms of sound concealed under ${sent} junk datagrams`);
    story.check(got.frames > 30 && got.energy > 1e-3, `${letter}: the call goes on`, got);
    story.check(gap <= CONCEALED_MS_MAX, `${letter}: sound concealed, at most ${CONCEALED_MS_MAX} ms`, gap);
  }

  story.step('bytes on the ports of the pages, and of what is public');
  const pages = [a, b].map(({ desk }) => Number(new URL(desk.page.url()).port));
  story.equal(pages.every((port) => ports.tcp.includes(port)) && ports.tcp.length, 4, 'each node has a port for its pages and one for the public');
  for (const port of ports.tcp) {
    // The public page has no way to sign in and no socket, and takes no body at all.
    const [large, strange] = pages.includes(port) ? [/ 4(00|13) /, / 40[13] /] : [/ 405 /, / 404 /];
    const head = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
    const long = await raw(port, `${head}X-Long: ${'a'.repeat(512 * 1024)}\r\n\r\n`);
    story.check(long === '' || / 4(00|31) /.test(long), 'a huge header is refused', long);
    const garbage = await raw(port, Buffer.from('\x16\x03\x01\x02\x00garbage\r\n\r\n', 'latin1'));
    story.check(garbage === '' || garbage.includes(' 400 '), 'garbage is refused', garbage);
    const fat = 'a'.repeat(2 * 1024 * 1024);
    const body = await raw(port, `POST /api/signin HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${fat.length}\r\n\r\n${fat}`);
    story.check(body === '' || large.test(body), 'a body that is too large is refused', body);
    const foreign = await raw(
      port,
      `GET /api/ws?seat=desk HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: https://example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    story.check(strange.test(foreign), 'a foreign origin opens no socket', foreign);
    story.note(`huge header “${long}”, garbage “${garbage}”, huge body “${body}”, foreign origin “${foreign}”`);
  }

  const growth = residentKib(pid) - before;
  story.note(`memory grew by ${growth} KiB`);
  story.check(growth <= GROWTH_KIB_MAX, 'memory stays bounded', growth);
  await Promise.all([arrives(story, a), arrives(story, b)]);
  await endAndProve(story, { a, b }, call);
}
