// The relay between two nodes, told what to do while a story runs.

import { createSocket } from 'node:dgram';

/** A line over an ocean: 40 ms each way, a little jitter, one packet in a hundred lost. */
export const OCEAN = 'delay=40 jitter=3 loss=0.01';

export function control(address, words) {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const late = setTimeout(() => reject(new Error(`the relay does not answer to '${words}'`)), 2000);
    socket.on('message', (answer) => {
      clearTimeout(late);
      socket.close();
      resolve(JSON.parse(answer));
    });
    socket.send(words, Number(port), host);
  });
}
