// Junk for every port of a running program: what scanners, confused equipment and ill-wishers send.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** The ports that a process listens on: `{ udp: [...], tcp: [...] }`. */
export function portsOf(pid) {
  const of = (flag) =>
    execFileSync('ss', ['-H', '-n', '-p', flag], { encoding: 'utf8', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
      .split('\n')
      .filter((line) => line.includes(`pid=${pid},`))
      .map((line) => Number(/:(\d+)\s+\S+\s+users/.exec(line)?.[1]))
      .filter(Boolean);
  return { udp: [...new Set(of('-ual'))], tcp: [...new Set(of('-tl'))] };
}

/** Resident memory of a process in KiB. */
export const residentKib = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

const shapes = [
  () => randomBytes(1 + Math.floor(Math.random() * 1400)),
  // A long QUIC header of an unknown version, then noise.
  () => Buffer.concat([Buffer.from('c0deadbeef08', 'hex'), randomBytes(1200)]),
  // A QUIC version 1 Initial that no key opens.
  () => Buffer.concat([Buffer.from('c30000000108', 'hex'), randomBytes(8), Buffer.from('0000449e', 'hex'), randomBytes(1180)]),
  // A STUN binding request for nobody.
  () => Buffer.concat([Buffer.from('000100082112a442', 'hex'), randomBytes(12), Buffer.from('000600046e6f6e65', 'hex')]),
  // The head of a DTLS ClientHello.
  () => Buffer.concat([Buffer.from('16fefd0000000000000000004801', 'hex'), randomBytes(70)]),
  // RTP and RTCP of nobody.
  () => Buffer.concat([Buffer.from('806f', 'hex'), randomBytes(160)]),
  () => Buffer.concat([Buffer.from('80c80006', 'hex'), randomBytes(24)]),
  () => Buffer.alloc(0),
];

/** Sends `each` datagrams of every shape to every port, spread over `milliseconds`. Returns how many. */
export async function flood(ports, each, milliseconds) {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  let sent = 0;
  const rounds = 50;
  for (let round = 0; round < rounds; round += 1) {
    for (const port of ports) {
      for (const shape of shapes) {
        for (let n = 0; n < each / rounds; n += 1) {
          socket.send(shape(), port, '127.0.0.1');
          sent += 1;
        }
      }
    }
    await new Promise((next) => setTimeout(next, milliseconds / rounds));
  }
  await new Promise((done) => socket.close(done));
  return sent;
}

/** Writes raw bytes to a TCP port and returns the first line that comes back, '' when the node just closes. */
export function raw(port, bytes, within = 8000) {
  return new Promise((resolve) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const done = (word) => {
      clearTimeout(late);
      socket.destroy();
      resolve(word ?? got.split('\r\n')[0]);
    };
    const late = setTimeout(() => done('still open'), within);
    socket.on('data', (more) => {
      got += more.toString('latin1');
      if (got.includes('\r\n')) done();
    });
    socket.on('error', () => done());
    socket.on('close', () => done());
  });
}
