// Drives mediasoup's worker for the benchmark: one router, a transport for each connection of the load. Requests and
// answers are lines of JSON over one TCP connection; mediasoup itself knows no session descriptions, so they are read and
// written here, as far as the load needs them.
//
//   node mediasoup.mjs <folder with the module> <address> <port> <worker>

import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [folder, address, port, program] = process.argv.slice(2);
process.env.MEDIASOUP_WORKER_BIN = program;
const mediasoup = createRequire(`${folder}/`)('mediasoup');

const worker = await mediasoup.createWorker({ logLevel: 'warn' });
worker.on('died', (error) => {
  console.error(String(error));
  process.exit(1);
});
const router = await worker.createRouter({
  mediaCodecs: [{ kind: 'video', mimeType: 'video/VP9', clockRate: 90000, preferredPayloadType: 98, parameters: { 'profile-id': 0 } }],
});
const transports = new Map();
let producer;

const value = (sdp, name) => sdp.match(new RegExp(`^a=${name}:(.*)$`, 'm'))?.[1].trim();

function connect(transport, sdp) {
  const [algorithm, fingerprint] = value(sdp, 'fingerprint').split(' ');
  // Who answers `active` is the client; who offers leaves it to us.
  return transport.connect({ dtlsParameters: { role: 'client', fingerprints: [{ algorithm, value: fingerprint }] } });
}

async function transport() {
  const made = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: address }],
    initialAvailableOutgoingBitrate: 100_000_000,
  });
  transports.set(made.id, made);
  return made;
}

/** A session description of ours: `lines` are what is said of the picture. */
function describe(made, mid, payloads, lines) {
  const { algorithm, value: fingerprint } = made.dtlsParameters.fingerprints.find((f) => f.algorithm === 'sha-256');
  return [
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=ice-lite', `a=group:BUNDLE ${mid}`,
    `a=fingerprint:${algorithm} ${fingerprint}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${payloads.join(' ')}`, 'c=IN IP4 0.0.0.0', 'a=rtcp-mux', 'a=rtcp-rsize', `a=mid:${mid}`,
    'a=setup:passive', `a=ice-ufrag:${made.iceParameters.usernameFragment}`, `a=ice-pwd:${made.iceParameters.password}`,
    ...made.iceCandidates.map((c) => `a=candidate:${c.foundation} 1 udp ${c.priority} ${c.address ?? c.ip} ${c.port} typ host`),
    'a=end-of-candidates',
    ...lines, '',
  ].join('\r\n');
}

function codecLines({ codecs, headerExtensions }) {
  const lines = headerExtensions.map((e) => `a=extmap:${e.id} ${e.uri}`);
  for (const { payloadType, mimeType, clockRate, parameters, rtcpFeedback } of codecs) {
    lines.push(`a=rtpmap:${payloadType} ${mimeType.split('/')[1]}/${clockRate}`);
    const said = Object.entries(parameters ?? {}).map(([key, v]) => `${key}=${v}`);
    if (said.length) lines.push(`a=fmtp:${payloadType} ${said.join(';')}`);
    for (const { type, parameter } of rtcpFeedback ?? []) lines.push(`a=rtcp-fb:${payloadType} ${[type, parameter].filter(Boolean).join(' ')}`);
  }
  return lines;
}

/** What the offer says that is sent, in the router's words. */
function sent(offer) {
  const [ssrc, rtx] = offer.match(/^a=ssrc-group:FID (\d+) (\d+)/m).slice(1).map(Number);
  const known = new Map(router.rtpCapabilities.headerExtensions.filter((e) => e.kind === 'video').map((e) => [e.uri, e]));
  const headerExtensions = [...offer.matchAll(/^a=extmap:(\d+)(?:\/\w+)? (\S+)/gm)]
    .map(([, id, uri]) => ({ id: Number(id), uri }))
    .filter(({ uri }) => known.get(uri)?.direction === 'sendrecv' || known.get(uri)?.direction === 'recvonly');
  const rtcpFeedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'transport-cc' }];
  return {
    mid: value(offer, 'mid'),
    codecs: [
      { mimeType: 'video/VP9', payloadType: 98, clockRate: 90000, parameters: { 'profile-id': 0 }, rtcpFeedback },
      { mimeType: 'video/rtx', payloadType: 99, clockRate: 90000, parameters: { apt: 98 }, rtcpFeedback: [] },
    ],
    headerExtensions,
    encodings: [{ ssrc, rtx: { ssrc: rtx } }],
    rtcp: { cname: 'bench' },
  };
}

const requests = {
  async publish({ sdp }) {
    const made = await transport();
    const rtpParameters = sent(sdp);
    await connect(made, sdp);
    producer = await made.produce({ kind: 'video', rtpParameters });
    return { sdp: describe(made, rtpParameters.mid, [98, 99], ['a=recvonly', ...codecLines(rtpParameters)]), process: worker.pid };
  },
  async subscribe() {
    const made = await transport();
    const { rtpParameters } = await made.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
    const { ssrc, rtx } = rtpParameters.encodings[0];
    const streams = [`a=ssrc-group:FID ${ssrc} ${rtx.ssrc}`, `a=ssrc:${ssrc} cname:bench`, `a=ssrc:${rtx.ssrc} cname:bench`];
    const payloads = rtpParameters.codecs.map((c) => c.payloadType);
    const lines = ['a=sendonly', ...codecLines(rtpParameters), ...streams];
    return { id: made.id, sdp: describe(made, rtpParameters.mid, payloads, lines) };
  },
  async answer({ id, sdp }) {
    await connect(transports.get(id), sdp);
    return {};
  },
};

createServer((socket) => {
  socket.on('close', () => process.exit(0));
  socket.on('error', () => process.exit(1));
  createInterface({ input: socket }).on('line', async (line) => {
    const request = JSON.parse(line);
    const answer = await requests[request.ask](request).catch((error) => ({ error: String(error) }));
    socket.write(`${JSON.stringify(answer)}\n`);
  });
}).listen(Number(port), address);
