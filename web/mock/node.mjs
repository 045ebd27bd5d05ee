// Two mock nodes that share one made-up record. Proofs are checked, so that the browser's own half is exercised.

import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import { book } from './press.mjs';
import { reel } from './reel.mjs';

const here = import.meta.dirname;
const MIME = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.json': 'application/json' };
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const hash = (text) => createHash('sha256').update(text).digest('hex');
const ed25519 = (hex) => createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(hex, 'hex')]), format: 'der', type: 'spki' });
const good = (key, text, signature) => verify(null, Buffer.from(text), ed25519(key), Buffer.from(signature, 'hex'));

export const SIDES = [
  { id: hash('a'), name: 'Office of the President', place: 'Washington', zone: 'America/New_York' },
  { id: hash('b'), name: 'Администрация Президента', place: 'Moscow', zone: 'Europe/Moscow' },
];

class Refused extends Error {}

const GOOD = { heard: true, seen: true, hears: true, round_trip_ms: 131, loss_permille: 3, fault: null };
const WELL = { captured: 'good', sent: 'good', heard: 'good', seen: 'good', fault: null, talking_off: false, camera: null, connected: true, uninterpreted: false };
const HELD = { ...WELL, sent: 'none', heard: 'none', seen: 'none', connected: false };
const CHECK_MS = 600;

/** A file, whole or one range of it. */
function partOf(response, { file, type }, range) {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  response.setHeader('content-type', type);
  if (first === undefined) return response.end(file);
  response.statusCode = 206;
  response.setHeader('content-range', `bytes ${first}-${last}/${file.length}`);
  return response.end(file.subarray(Number(first), Number(last) + 1));
}

/** Starts both; `origin` is the time that the mock believes in, or null for the real one. */
export async function startMock({ ports = [8787, 8788], clock = () => new Date() } = {}) {
  const calls = [];
  const nodes = [];
  let mediaPage = null;
  const stamp = () => clock().toISOString().replace(/\.\d+Z$/, 'Z');

  const say = (call, side, kind, detail = {}) => {
    const number = call.timeline.filter((s) => s.side === side).length;
    call.timeline.push({ hash: kind === 'offer' && !call.timeline.length ? call.id : hash(call.id + side + number), side, number, at: stamp(), kind, key: hash(`key ${side}`), acknowledged: true, detail });
  };

  const world = {
    calls,
    nodes,
    /** By seat: what its terminal would find; everything is good where nothing stands. */
    finds: {},
    /** By side: how its recorder does, where it is not as usual. */
    recorders: {},
    line: { status: 'up', since: stamp(), rtt_ms: 128.4, loss: 0.004, jitter_ms: 6, skew_ms: 12, rate_kbps: 2400, web: 'ab'.repeat(32), web_paired: 'ab'.repeat(32) },
    ask(by, terms, extra = {}) {
      const id = hash(randomBytes(16));
      const call = { id, phase: 'proposed', asked_by: by, terms, begun: null, ended: null, offers: [], crossed: false, forked: false, gathered: [], begin_by: [], interrupted: [], gaps: [], seats: [], timeline: [], roster: terms.roster, checking: new Set(), preflights: [], topics: new Map(), asides: new Map(), opens: new Map(), pressed: null, ...extra };
      call.offers.push({ hash: id, by, at: stamp(), terms, standing: 'open' });
      say(call, by, 'offer', { start: terms.start });
      calls.unshift(call);
      return call;
    },
    say,
    verb(call, by, verb, body) {
      const offer = call.offers.find((o) => o.hash === body.offer);
      switch (verb) {
        case 'agree':
          if (!offer || offer.standing !== 'open') throw new Refused('offer_closed');
          for (const o of call.offers) if (o.standing === 'agreed') o.standing = 'replaced';
          offer.standing = 'agreed';
          call.terms = offer.terms;
          call.roster = offer.terms.roster;
          if (call.phase === 'proposed') call.phase = 'agreed';
          break;
        case 'decline':
        case 'withdraw':
          if (!offer) throw new Refused('unknown_offer');
          offer.standing = verb === 'decline' ? 'declined' : 'withdrawn';
          if (!call.offers.some((o) => o.standing === 'open' || o.standing === 'agreed')) call.phase = offer.standing;
          break;
        case 'counter':
          for (const o of call.offers) if (o.by === by && o.standing === 'open') o.standing = 'withdrawn';
          call.offers.push({ hash: hash(randomBytes(8)), by, at: stamp(), terms: body.terms, standing: 'open' });
          if (call.phase === 'proposed') call.terms = body.terms;
          verb = 'offer';
          break;
        case 'gather': {
          call.gathered.push(by);
          call.phase = 'gathering';
          const node = nodes.find((n) => n.side.id === by);
          for (const seat of node.seats.values()) {
            const people = call.roster.filter((p) => p.side === by && p.role === seat.role);
            if (people.length === 1) world.vouch(call, by, seat, people[0]);
          }
          break;
        }
        case 'vouch': {
          const node = nodes.find((n) => n.side.id === by);
          world.vouch(call, by, node.seats.get(body.seat), call.roster.find((p) => p.id === body.person));
          return world.tell();
        }
        case 'check':
          call.checking[body.on ? 'add' : 'delete'](by);
          return world.tell();
        case 'check-seat': {
          const seat = call.seats.find((s) => s.side === by && s.seatId === body.seat);
          if (call.checking.size < 2) throw new Refused('check_closed');
          if (!seat) throw new Refused('seat_away');
          setTimeout(() => {
            seat.check = { ...GOOD, ...world.finds[body.seat], at: clock().toISOString() };
            world.tell();
          }, CHECK_MS);
          return undefined;
        }
        case 'preflight': {
          const seats = call.seats.filter((s) => s.side === by);
          if (!seats.some((s) => s.check)) throw new Refused('nothing_checked');
          const entry = ({ key, person, check }) => {
            const { heard, seen, hears, round_trip_ms, loss_permille, fault } = check ?? { heard: false, seen: false, hears: false, round_trip_ms: 0, loss_permille: 0, fault: 'not_checked' };
            return { key, person, heard, seen, hears, round_trip_ms, loss_permille, remark: fault };
          };
          call.preflights.push({ side: by, at: stamp(), seats: seats.map(entry) });
          break;
        }
        case 'seat': {
          const at = nodes.find((n) => n.side.id === by).sockets.get(body.seat);
          at?.socket.send(JSON.stringify({ t: 'asked', call: call.id, what: body.do === 'mute' ? 'mute' : 'speak' }));
          return undefined;
        }
        case 'topic':
          call.topics.set(by, body.topic === null ? null : { index: body.topic, since: clock().toISOString() });
          return world.tell();
        case 'begin':
          if (!body.anyway) {
            if (SIDES.some((side) => call.preflights.every((p) => p.side !== side.id))) throw new Refused('preflight_missing');
            const last = SIDES.map((side) => call.preflights.findLast((p) => p.side === side.id));
            if (last.some((p) => p.seats.some((e) => !e.heard || !e.hears || (!e.seen && call.terms.medium === 'picture')))) throw new Refused('preflight_failed');
          }
          call.begin_by.push(by);
          if (call.begin_by.length === 2) {
            call.phase = 'in_session';
            call.begun = stamp();
          }
          break;
        case 'open':
          if (call.opens.has(by)) throw new Refused('said_already');
          call.opens.set(by, clock().getTime());
          break;
        case 'close':
          if (!call.opens.size) throw new Refused('not_open');
          call.opens.clear();
          call.pressed = body.pressed ?? null;
          break;
        case 'end':
          call.phase = 'ended';
          call.ended = stamp();
          break;
        case 'admit':
          call.roster = [...call.roster, body.person];
          break;
        case 'strike':
          call.roster = call.roster.filter((p) => p.id !== body.person);
          break;
        default:
          throw new Refused('not_open');
      }
      say(call, by, verb, body.offer ? { offer: body.offer } : body.person ? { person: body.person.id ?? body.person } : {});
      return world.tell();
    },
    vouch(call, side, seat, person) {
      call.seats = call.seats.filter((s) => s.seatId !== seat.id || s.side !== side);
      call.seats.push({ side, person: person.id, seatId: seat.id, role: person.role, title: person.title, place: person.place, key: seat.key ?? hash(seat.id) });
      say(call, side, 'vouch', { seat: hash(seat.id), person: person.id });
    },
    tell() {
      for (const node of nodes) node.tell();
    },
    enrolment(side, seat) {
      const token = randomBytes(16).toString('hex');
      nodes[side].tokens.set(token, seat);
      return `http://127.0.0.1:${ports[side]}/enrol#${token}`;
    },
    setMedia(socket) {
      mediaPage = socket;
    },
    close: () => Promise.all(nodes.map((n) => n.close())),
  };

  for (const [i, side] of SIDES.entries()) {
    const far = SIDES[1 - i];
    const node = { side, seats: new Map(), tokens: new Map(), sessions: new Map(), sockets: new Map(), challenges: new Set() };
    for (const seat of [
      { id: 'desk', name: i ? 'Оперативный дежурный' : 'Duty officer', role: 'operator', place: side.place },
      { id: 'principal', name: i ? 'Кремль, кабинет' : 'Oval Office', role: 'principal', place: side.place },
      { id: 'aide', name: i ? 'Переговорная' : 'Situation Room', role: 'aide', place: side.place },
      { id: 'interpreter', name: i ? 'Кабина переводчика' : 'Booth', role: 'interpreter', place: side.place },
      { id: 'press', name: i ? 'Пресс-служба' : 'Press office', role: 'press', place: side.place },
    ])
      node.seats.set(seat.id, seat);
    node.press = book({ own: side, far, calls, refuse: (code) => new Refused(code), clock });
    const toldClips = (call) => {
      for (const { socket, seat } of node.sockets.values()) if (['operator', 'press'].includes(seat.role)) socket.send(JSON.stringify({ t: 'clips', call }));
    };
    node.reel = reel({ own: side, refuse: (code) => new Refused(code), clock, told: toldClips });
    nodes.push(node);
    const me = (seat) => ({ side: { ...side, key: hash(`key ${side.id}`) }, seat: { id: seat.id, name: seat.name, role: seat.role, place: seat.place }, version: '0.1.0', web: 'cd'.repeat(32), microphone_stays_open: true, now: clock().toISOString() });
    const may = (call, seat) => {
      if (seat.role !== 'operator') return ['in_session', 'gathering'].includes(call.phase) ? ['end'] : [];
      const theirs = call.offers.some((o) => o.by !== side.id && o.standing === 'open');
      const ours = call.offers.some((o) => o.by === side.id && o.standing === 'open');
      const verbs = [];
      if (theirs) verbs.push('agree', 'decline');
      if (['proposed', 'agreed'].includes(call.phase)) verbs.push('counter');
      if (ours || call.phase === 'agreed') verbs.push('withdraw');
      if (['agreed', 'gathering'].includes(call.phase) && !call.gathered.includes(side.id)) verbs.push('gather');
      if (call.phase === 'gathering' && call.gathered.length === 2 && !call.begin_by.includes(side.id)) verbs.push('begin');
      if (['gathering', 'in_session'].includes(call.phase)) verbs.push('end', 'vouch', 'admit', 'strike');
      return verbs;
    };
    const waits = (call) =>
      call.offers.some((o) => o.by !== side.id && o.standing === 'open') ||
      (['agreed', 'gathering'].includes(call.phase) && call.gathered.length === 1 && !call.gathered.includes(side.id)) ||
      (call.phase === 'gathering' && call.begin_by.length === 1 && !call.begin_by.includes(side.id));
    const summary = ({ id, phase, asked_by, terms, begun, ended }, call) => ({ id, line: far.id, phase, asked_by, terms, begun, ended, attention: waits(call) });
    const footage = (call) => {
      const { opens } = call;
      const since = opens.size === 2 ? Math.max(...opens.values()) : null;
      return {
        open: since !== null,
        own_half: opens.has(side.id),
        far_half: opens.has(far.id),
        opened_at: since && new Date(since).toISOString(),
        ends_at: since && new Date(since + call.terms.footage.minutes * 60_000).toISOString(),
        recorder: { person: 90 + i, key: hash(`recorder ${side.id}`), state: since === null ? 'idle' : 'waiting', seconds: 0, bytes: 0, ...world.recorders[side.id] },
      };
    };
    const view = (call, seat) => ({
      ...summary(call, call),
      offers: call.offers,
      crossed: call.crossed,
      forked: call.forked,
      gathered: call.gathered,
      begin_by: call.begin_by,
      interrupted: call.interrupted,
      gaps: call.gaps,
      checking: { own: call.checking.has(side.id), far: call.checking.has(far.id) },
      preflights: call.preflights,
      topic: call.topics.get(side.id) ?? null,
      footage: call.terms.footage && call.phase === 'in_session' ? footage(call) : null,
      seats: call.seats.map(({ seatId, check, ...s }) => {
        const at = nodes.find((n) => n.side.id === s.side);
        const present = call.present?.includes(s.person) ?? at.sockets.has(seatId);
        const seen = at.seats.get(seatId);
        const own = s.side === side.id && seat.role === 'operator';
        const usual = call.phase === 'in_session' || call.checking.size > 1 ? WELL : HELD;
        return {
          ...s,
          seat: s.side === side.id ? seatId : null,
          present,
          mic: present ? (seen?.mic ?? true) : null,
          state: own && present ? { ...usual, ...seen?.shown } : null,
          check: own ? (check ?? null) : null,
        };
      }),
      timeline: call.timeline,
      may: may(call, seat),
      roster: call.roster,
    });
    const lines = () => [{ far, ...world.line }];
    const tracks = (call) => {
      if (call.phase !== 'in_session') return [];
      return call.seats
        .filter((s) => s.side === far.id && (nodes[1 - i].sockets.has(s.seatId) || call.present))
        .flatMap((s) => [
          { id: s.person * 2, side: far.id, person: s.person, key: s.key ?? '', kind: 'sound' },
          ...(call.terms.medium === 'picture' ? [{ id: s.person * 2 + 1, side: far.id, person: s.person, key: s.key ?? '', kind: 'picture' }] : []),
        ]);
    };
    node.tell = () => {
      for (const { socket, seat } of node.sockets.values()) node.snapshot(socket, seat);
    };
    node.snapshot = (socket, seat) => {
      const send = (m) => socket.send(JSON.stringify(m));
      send({ t: 'lines', lines: lines() });
      send({ t: 'calls', calls: calls.map((c) => summary(c, c)) });
      for (const call of calls) {
        send({ t: 'call', call: view(call, seat) });
        const may = { operator: 'pd', aide: 'pd', principal: 'pd', interpreter: 'd', press: 'd' }[seat.role] ?? '';
        const asides = (call.asides.get(side.id) ?? []).filter((a) => may.includes(a.to[0]));
        if (asides.length) send({ t: 'asides', call: call.id, asides });
        if (['gathering', 'in_session'].includes(call.phase)) send({ t: 'tracks', call: call.id, tracks: tracks(call) });
      }
    };
    node.ring = (call) => {
      for (const { socket, seat } of node.sockets.values()) if (seat.role === 'operator') socket.send(JSON.stringify({ t: 'ring', call }));
    };

    const api = async (method, path, body, headers) => {
      if (path === '/api/enrol') {
        const id = node.tokens.get(body.token);
        if (id === 'used') throw Object.assign(new Error('enrol_used'), { status: 409 });
        if (!id || !good(body.key, `visavis enrol\n${body.token}`, body.signature)) throw Object.assign(new Error('enrol_unknown'), { status: 404 });
        node.tokens.set(body.token, 'used');
        const seat = node.seats.get(id);
        seat.key = body.key;
        return { side: me(seat).side, seat: me(seat).seat };
      }
      if (path === '/api/signin/challenge') {
        const challenge = randomBytes(32).toString('hex');
        node.challenges.add(challenge);
        return { challenge };
      }
      if (path === '/api/signin') {
        const seat = node.seats.get(body.seat);
        if (!seat?.key || !node.challenges.delete(body.challenge) || !good(seat.key, `visavis signin\n${side.id}\n${body.challenge}`, body.signature)) throw Object.assign(new Error('unproven'), { status: 401 });
        const session = randomBytes(16).toString('hex');
        node.sessions.set(seat.id, session);
        return { session, me: me(seat), cookie: seat.id };
      }
      const seat = node.seats.get(headers['visavis-seat']);
      const [counter, signature] = String(headers['visavis-proof']).split('.');
      const text = `visavis request\n${node.sessions.get(seat?.id)}\n${counter}\n${method}\n${path}\n${hash(headers.raw)}`;
      if (!seat?.key || !good(seat.key, text, signature)) throw Object.assign(new Error('unproven'), { status: 401 });
      const [, , what, id, verb] = path.split('/');
      if (what === 'me') return me(seat);
      if (what === 'lines') return lines();
      if (what === 'seats') return [...node.seats.values()].map(({ id, name, role, place }) => ({ id, name, role, place }));
      if (what === 'press') return node.press.answer(path.split('/'), body, seat);
      if (what === 'calls' && !id && method === 'GET') return calls.map((c) => summary(c, c));
      if (what === 'calls' && !id) {
        const call = world.ask(side.id, body.terms);
        world.tell();
        nodes[1 - i].ring(call.id);
        return { id: call.id };
      }
      const call = calls.find((c) => c.id === id);
      if (!call) throw Object.assign(new Error('not_found'), { status: 404 });
      if (verb === 'clips') return node.reel.answer(call, path.split('/').slice(5), method, body, seat);
      if (verb === 'record') return Buffer.from('a0', 'hex');
      if (verb) world.verb(call, side.id, verb, body);
      return view(call, seat);
    };

    const server = createServer(async (request, response) => {
      const url = new URL(request.url, 'http://x');
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const raw = Buffer.concat(chunks);
      response.setHeader('content-security-policy', CSP);
      if (url.pathname.startsWith('/api/')) {
        try {
          const out = await api(request.method, url.pathname + url.search, raw.length ? JSON.parse(raw) : {}, { ...request.headers, raw });
          if (out.file) return partOf(response, out, request.headers.range);
          if (Buffer.isBuffer(out)) return response.setHeader('content-type', 'application/cbor').end(out);
          response.setHeader('content-type', 'application/json').end(JSON.stringify(out));
        } catch (error) {
          const refused = error instanceof Refused;
          response.statusCode = refused ? 409 : (error.status ?? 500);
          if (response.statusCode === 500) console.error(error);
          response.setHeader('content-type', 'application/json').end(JSON.stringify(refused ? { refusal: error.message, args: {} } : { error: error.message }));
        }
        return undefined;
      }
      // No chains stand behind made-up calls, so no group does: its worker is made up too.
      if (/^\/assets\/group\.worker-[^/]*\.js$/.test(url.pathname)) url.pathname = '/mock/group.js';
      const mocked = url.pathname.startsWith('/mock/');
      const root = mocked ? here : (process.env.LOOK_DIST ?? join(here, '../dist'));
      const path = mocked ? url.pathname.slice(6) : url.pathname.startsWith('/assets/') ? url.pathname.slice(1) : 'index.html';
      if (mocked) response.removeHeader('content-security-policy');
      try {
        const bytes = await readFile(join(root, normalize(path)));
        response.setHeader('content-type', MIME[extname(path)] ?? 'application/octet-stream').end(bytes);
      } catch {
        response.writeHead(404).end();
      }
      return undefined;
    });
    const wss = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url, 'http://x');
      wss.handleUpgrade(request, socket, head, (ws) => {
        if (url.pathname === '/mock/media') return media(ws);
        const seat = node.seats.get(url.searchParams.get('seat'));
        const nonce = randomBytes(32).toString('hex');
        ws.send(JSON.stringify({ t: 'challenge', nonce }));
        ws.on('message', (data) => take(ws, seat, nonce, JSON.parse(data)));
        ws.on('close', () => {
          if (node.sockets.get(seat.id)?.socket === ws) {
            node.sockets.delete(seat.id);
            mediaPage?.send(JSON.stringify({ t: 'media.stop', seat: `${i}/${seat.id}` }));
            world.tell();
          }
        });
        return undefined;
      });
    });
    function take(ws, seat, nonce, message) {
      if (message.t === 'prove') {
        if (!good(seat.key, `visavis socket\n${nonce}`, message.signature)) return ws.close();
        node.sockets.get(seat.id)?.socket.send(JSON.stringify({ t: 'replaced' }));
        node.sockets.set(seat.id, { socket: ws, seat });
        ws.send(JSON.stringify({ t: 'ready', me: me(seat) }));
        return world.tell();
      }
      if (message.t === 'mic') {
        seat.mic = message.on;
        return world.tell();
      }
      if (message.t === 'footage.close') return world.verb(calls.find((c) => c.id === message.call), side.id, 'close', {});
      if (message.t === 'end') return world.verb(calls.find((c) => c.id === message.call), side.id, 'end', {});
      const call = calls.find((c) => c.id === message.call);
      if (message.t === 'aside') {
        const asides = call.asides.get(side.id) ?? [];
        call.asides.set(side.id, [...asides, { id: asides.length + 1, from: seat.name, role: seat.role, to: message.to, text: message.text, at: stamp(), seen: false }]);
        return world.tell();
      }
      if (message.t === 'aside.seen') {
        call.asides.set(side.id, (call.asides.get(side.id) ?? []).map((a) => (a.id === message.id ? { ...a, seen: true } : a)));
        return world.tell();
      }
      if (message.t === 'media.offer') {
        const person = call?.seats.find((s) => s.side === side.id && s.seatId === seat.id)?.person;
        if (!mediaPage || !person) return ws.send(JSON.stringify({ t: 'media.error', id: message.id, code: 'offer_failed' }));
        mediaPage.send(JSON.stringify({ ...message, seat: `${i}/${seat.id}`, person }));
      }
      if (message.t === 'media.stop') mediaPage?.send(JSON.stringify({ t: 'media.stop', seat: `${i}/${seat.id}` }));
      return undefined;
    }
    function media(ws) {
      mediaPage = ws;
      ws.on('message', (data) => {
        const { seat, ...message } = JSON.parse(data);
        const [n, id] = seat.split('/');
        nodes[n].sockets.get(id)?.socket.send(JSON.stringify(message));
      });
    }
    await new Promise((resolve) => server.listen(ports[i], '127.0.0.1', resolve));
    node.close = () =>
      new Promise((resolve) => {
        for (const client of wss.clients) client.terminate();
        server.close(resolve);
        server.closeAllConnections();
      });
    node.drop = () => {
      for (const client of wss.clients) client.terminate();
    };
  }
  return world;
}

if (process.argv[1] === import.meta.filename) {
  const world = await startMock();
  for (const side of [0, 1]) for (const seat of ['desk', 'principal']) console.log(seat, world.enrolment(side, seat));
}
