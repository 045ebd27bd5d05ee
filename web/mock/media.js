// Stands in for the SFU: one peer connection a seat, tracks passed on by number. A drawn figure where nobody sends.

const socket = new WebSocket(`ws://${location.host}/mock/media`);
const peers = new Map();
const sources = new Map();
const waiting = [];

function drawn(id) {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  const c = canvas.getContext('2d');
  let at = 0;
  setInterval(() => {
    at += 1;
    const wall = c.createLinearGradient(0, 0, 1280, 720);
    wall.addColorStop(0, '#8a6f4d');
    wall.addColorStop(1, '#3b2f25');
    c.fillStyle = wall;
    c.fillRect(0, 0, 1280, 720);
    c.fillStyle = '#efe6d2';
    c.fillRect(930, 60, 220, 300);
    c.fillStyle = '#5d7fa0';
    c.fillRect(950, 80, 180, 260);
    c.fillStyle = '#2b3444';
    c.beginPath();
    c.ellipse(620, 720, 330, 300, 0, Math.PI, 0);
    c.fill();
    c.fillStyle = '#d9b08c';
    c.beginPath();
    c.ellipse(620 + Math.sin(at / 20) * 6, 290, 110, 145, 0, 0, 7);
    c.fill();
    c.fillStyle = '#f7f3ec';
    c.fillRect(585, 430, 70, 120);
    c.fillStyle = '#7a1f28';
    c.fillRect(608, 440, 24, 190);
  }, 40);
  return canvas.captureStream(25).getVideoTracks()[0];
}

function source(id) {
  if (sources.has(id)) return sources.get(id);
  if (id % 2) {
    const track = drawn(id);
    sources.set(id, track);
    return track;
  }
  return null;
}

// One at a time: an offer that follows upon another finds the first one answered.
let turn = Promise.resolve();
socket.onmessage = (event) => (turn = turn.then(() => take(JSON.parse(event.data))).catch((error) => console.error(error.message)));

async function take(message) {
  const old = peers.get(message.seat);
  if (message.t === 'media.stop') {
    old?.pc.close();
    for (const id of old?.ids ?? []) sources.delete(id);
    peers.delete(message.seat);
    return;
  }
  const fingerprint = /a=ice-ufrag:(\S+)/.exec(message.sdp)[1];
  let peer = old;
  if (!old || old.fingerprint !== fingerprint) {
    old?.pc.close();
    peer = { pc: new RTCPeerConnection(), fingerprint, ids: [] };
    peers.set(message.seat, peer);
  }
  const { pc } = peer;
  await pc.setRemoteDescription({ type: 'offer', sdp: message.sdp });
  for (const { mid, source: from } of message.send) {
    const transceiver = pc.getTransceivers().find((t) => t.mid === mid);
    const id = message.person * 2 + (from === 'camera' ? 1 : 0);
    sources.set(id, transceiver.receiver.track);
    peer.ids.push(id);
  }
  for (const { mid, track } of message.recv) {
    const transceiver = pc.getTransceivers().find((t) => t.mid === mid);
    transceiver.direction = 'sendonly';
    const wanted = source(track);
    if (wanted) await transceiver.sender.replaceTrack(wanted);
    else waiting.push({ transceiver, track });
  }
  for (const { transceiver, track } of waiting) if (sources.has(track)) void transceiver.sender.replaceTrack(sources.get(track)).catch(() => {});
  await pc.setLocalDescription();
  if (pc.iceGatheringState !== 'complete') await new Promise((done) => pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && done()));
  socket.send(JSON.stringify({ seat: message.seat, t: 'media.answer', id: message.id, sdp: pc.localDescription.sdp }));
}
socket.onopen = () => (document.title = 'ready');
