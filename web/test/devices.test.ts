import { describe, expect, it, vi } from 'vitest';
import type { Device, DeviceKind } from '../src/media/choice';
import { Devices, type Browser } from '../src/media/devices';

const A: Device = { id: 'a', label: 'EXAMPLE A', group: 'ga' };
const B: Device = { id: 'b', label: 'EXAMPLE B', group: 'gb' };
const C: Device = { id: 'c', label: 'EXAMPLE C', group: 'gc' };

/** A machine whose plugs are pulled and put back by the test. */
class Machine implements Browser {
  readonly here: Record<DeviceKind, Device[]>;
  readonly opened: string[] = [];
  readonly broken = new Set<string>();
  refuse = false;
  change: () => void = () => undefined;

  constructor(
    microphones: Device[],
    private named = true,
  ) {
    this.here = { microphone: microphones, camera: [], loudspeaker: [] };
  }

  async list(): Promise<Record<DeviceKind, Device[]>> {
    const shown = (all: Device[]) => (this.named ? [...all] : all.slice(0, 1).map(() => ({ id: '', label: '', group: '' })));
    return { microphone: shown(this.here.microphone), camera: shown(this.here.camera), loudspeaker: shown(this.here.loudspeaker) };
  }

  watch(changed: () => void): void {
    this.change = changed;
  }

  async open(wanted: MediaStreamConstraints): Promise<MediaStreamTrack> {
    if (this.refuse) throw new DOMException('', 'NotAllowedError');
    const id = (wanted.audio as { deviceId?: { exact: string } }).deviceId?.exact;
    const device = id ? this.here.microphone.find((d) => d.id === id) : this.here.microphone[0];
    if (!device) throw new DOMException('', id ? 'OverconstrainedError' : 'NotFoundError');
    if (this.broken.has(device.id)) throw new DOMException('', 'NotReadableError');
    this.named = true;
    this.opened.push(device.id);
    return { label: device.label } as MediaStreamTrack;
  }
}

function store() {
  const kept = new Map<string, string>();
  return { kept, getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
}

async function chosenAB(m: Machine, keep = store()): Promise<Devices> {
  const devices = new Devices(m);
  devices.begin('seat', keep, 'headset');
  await devices.look();
  devices.choose('microphone', 'chosen', 'a');
  devices.choose('microphone', 'spare', 'b');
  return devices;
}

describe('the devices of a seat', () => {
  it('fall back on the spare when the chosen one is pulled, and take it back without a reload', async () => {
    const m = new Machine([C, A, B]);
    const devices = await chosenAB(m);
    await devices.open('microphone');
    expect(devices.using.microphone).toMatchObject({ place: 'chosen', label: A.label });
    expect(devices.news.microphone).toBeNull();

    m.here.microphone = [C, B];
    await devices.open('microphone');
    expect(devices.using.microphone).toMatchObject({ place: 'spare', label: B.label });
    expect(devices.news.microphone).toEqual({ is: 'gone', instead: 'spare' });
    expect(devices.displaced('microphone')).toBe(false);

    let told = 0;
    devices.watch(() => (told += 1));
    m.here.microphone = [C, A, B];
    m.change();
    await new Promise((done) => setTimeout(done));
    expect(told).toBeGreaterThan(0);
    expect(devices.displaced('microphone')).toBe(true);
    await devices.open('microphone');
    expect(devices.using.microphone).toMatchObject({ place: 'chosen' });
    expect(devices.news.microphone).toEqual({ is: 'back' });
    expect(m.opened).toEqual(['a', 'b', 'a']);
  });

  it('notice what was pulled where the system does not tell of it', async () => {
    vi.useFakeTimers();
    const m = new Machine([A, B]);
    const devices = await chosenAB(m);
    await devices.open('microphone');
    let told = 0;
    const stop = devices.watch(() => (told += 1));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(told).toBe(0);
    m.here.microphone = [B];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toBe(1);
    expect(devices.displaced('microphone')).toBe(true);
    stop();
    m.here.microphone = [A, B];
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toBe(1);
    vi.useRealTimers();
  });

  it('use what is left where chosen and spare are away, and say so', async () => {
    const m = new Machine([C, A, B]);
    const devices = await chosenAB(m);
    m.here.microphone = [C];
    await devices.open('microphone');
    expect(devices.using.microphone).toMatchObject({ place: 'default', label: C.label });
    expect(devices.news.microphone).toEqual({ is: 'missing', instead: 'default' });
    m.here.microphone = [];
    expect(await devices.open('microphone')).toEqual({ trouble: 'none' });
    expect(devices.using.microphone).toBeNull();
    m.here.microphone = [A, B, C];
    await devices.open('microphone');
    expect(devices.news.microphone).toEqual({ is: 'back' });
  });

  it('pass over one that will not open, until it was pulled and put back', async () => {
    const m = new Machine([A, B]);
    const devices = await chosenAB(m);
    m.broken.add('a');
    await devices.open('microphone');
    expect(devices.using.microphone?.place).toBe('spare');
    expect(devices.news.microphone).toEqual({ is: 'failed', instead: 'spare' });
    expect(devices.displaced('microphone')).toBe(false);
    m.here.microphone = [B];
    await devices.look();
    m.broken.clear();
    m.here.microphone = [A, B];
    await devices.look();
    expect(devices.displaced('microphone')).toBe(true);
  });

  it('ask once where the browser refuses', async () => {
    const m = new Machine([A, B]);
    const devices = await chosenAB(m);
    m.refuse = true;
    expect(await devices.open('microphone')).toEqual({ trouble: 'refused' });
    m.refuse = false;
    await devices.open('microphone');
    expect(devices.using.microphone?.place).toBe('chosen');
  });

  it('are remembered by this browser, and found by label under another id', async () => {
    const keep = store();
    await chosenAB(new Machine([A, B]), keep);
    const m = new Machine([C, { ...A, id: 'a2', group: 'g2' }, B], false);
    const devices = new Devices(m);
    devices.begin('seat', keep, 'headset');
    await devices.look();
    let told = 0;
    devices.watch(() => (told += 1));
    // No names yet: the kept id is tried, then the spare's, which opens and brings the names.
    await devices.open('microphone');
    expect(devices.using.microphone).toMatchObject({ place: 'spare' });
    expect(devices.displaced('microphone')).toBe(true);
    expect(told).toBe(1);
    await devices.open('microphone');
    expect(devices.using.microphone).toMatchObject({ place: 'chosen', device: { id: 'a2' } });
    // Opening by itself calls nobody: whoever opens at each call would never stop.
    expect(told).toBe(1);
    const other = new Devices(m);
    other.begin('another', keep, 'headset');
    expect(other.choice('microphone').chosen).toBeNull();
  });

  it('change by a choice without words, are locked in session, and are opened anew for another profile', async () => {
    const m = new Machine([A, B, C]);
    const devices = await chosenAB(m);
    await devices.open('microphone');
    devices.choose('microphone', 'chosen', 'c');
    expect(devices.displaced('microphone')).toBe(true);
    await devices.open('microphone');
    expect(devices.using.microphone?.label).toBe(C.label);
    expect(devices.news.microphone).toBeNull();
    devices.setProfile('speakerphone');
    expect(devices.displaced('microphone')).toBe(true);
    await devices.open('microphone');
    expect(devices.displaced('microphone')).toBe(false);
    devices.lock(true);
    devices.choose('microphone', 'chosen', 'a');
    devices.setProfile('headset');
    expect(devices.choice('microphone').chosen?.id).toBe('c');
    expect(devices.profile).toBe('speakerphone');
    devices.closed();
    expect(devices.using.microphone).toBeNull();
  });

  it('move the sound to the spare loudspeaker and back', async () => {
    const m = new Machine([]);
    m.here.loudspeaker = [{ ...C, id: 'default' }, A, B];
    const devices = new Devices(m);
    devices.begin('seat', store(), 'headset');
    await devices.look();
    expect(devices.sink).toBe('');
    expect(devices.offered('loudspeaker')).toEqual([A, B]);
    devices.choose('loudspeaker', 'chosen', 'a');
    devices.choose('loudspeaker', 'spare', 'b');
    expect(devices.sink).toBe('a');
    expect(devices.news.loudspeaker).toBeNull();
    m.here.loudspeaker = [B];
    await devices.look();
    expect(devices.sink).toBe('b');
    expect(devices.news.loudspeaker).toEqual({ is: 'gone', instead: 'spare' });
    m.here.loudspeaker = [A, B];
    await devices.look();
    expect(devices.sink).toBe('a');
    expect(devices.news.loudspeaker).toEqual({ is: 'back' });
    devices.choose('loudspeaker', 'chosen', '');
    expect(devices.sink).toBe('');
  });
});
