// Two nodes of their own, as two operators would set them up: init, serve, invite, accept, enrol.

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { must } from './node.mjs';

/** The two sides of every story, as the demo has them. */
export const SIDES = {
  a: { name: 'Washington', place: 'Washington', zone: 'America/New_York' },
  b: { name: 'Moscow', place: 'Moscow', zone: 'Europe/Moscow' },
};

/**
 * The first of these ports that `bind` takes. They lie below those that Linux lends to connections going out (from
 * 32768): a node that is killed comes back on its own port, and no window's connection may sit there by then.
 */
async function free(bind) {
  for (let tries = 0; tries < 64; tries += 1) {
    const port = randomInt(10_000, 32_768);
    try {
      await bind(port);
      return port;
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error('no free port was found');
}

/** A TCP port that was free a moment ago. */
function freeTcp(host = '127.0.0.1') {
  return free(async (port) => {
    const server = createServer().listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });
}

/** A UDP port that was free a moment ago. */
function freeUdp(host = '127.0.0.1') {
  return free(async (port) => {
    const socket = createSocket('udp4');
    socket.bind(port, host);
    await once(socket, 'listening');
    socket.close();
    await once(socket, 'close');
  });
}

/** One side's node: its folder, its ports, its running process. */
export class Side {
  /** `under` is a program (and its arguments) that the node is started by, for a node in another time. */
  constructor(story, letter, host, under = []) {
    this.story = story;
    this.letter = letter;
    this.host = host;
    this.under = under;
    this.data = story.scratch(letter);
  }

  async init() {
    const { name, place, zone } = SIDES[this.letter];
    this.link = `${this.host}:${await freeUdp(this.host)}`;
    const http = `127.0.0.1:${await freeTcp()}`;
    const media = `${this.host}:${await freeUdp(this.host)}`;
    await must(
      ['init', '--data', this.data, '--name', name, '--place', place, '--zone', zone]
        .concat(['--http', http, '--media', media, '--link', this.link, '--plain']),
    );
  }

  async serve() {
    const { process, said } = await this.story.start(['serve', '--data', this.data, '--json'], this.letter, { under: this.under });
    this.process = process;
    this.said = said;
    return said;
  }

  /** This side's bundle, telling the other side to reach its link at `address`. */
  async invite(address = this.link) {
    const file = join(this.data, 'bundle-out');
    await must(['line', 'invite', '--data', this.data, '--address', address, '--out', file]);
    return file;
  }

  async accept(bundle) {
    return must(['line', 'accept', '--data', this.data, bundle, '--yes']);
  }

  async lines() {
    return JSON.parse(await must(['line', 'list', '--data', this.data, '--json']));
  }

  /** A one-time enrolment link for a seat of this side. */
  async enrol(role, name, ...more) {
    return JSON.parse(await must(['enrol', '--data', this.data, '--role', role, '--name', name, '--json', ...more]));
  }
}

/** Both nodes, running and paired. `route(from, to)` may put something between: it returns the address to tell. */
export async function pair(story, { host = '127.0.0.1', route = (side) => side.link, under = {} } = {}) {
  const a = new Side(story, 'a', host, under.a);
  const b = new Side(story, 'b', host, under.b);
  for (const side of [a, b]) {
    await side.init();
    await side.serve();
  }
  const bundles = { a: await a.invite(await route(a)), b: await b.invite(await route(b)) };
  await a.accept(bundles.b);
  await b.accept(bundles.a);
  return { a, b };
}
