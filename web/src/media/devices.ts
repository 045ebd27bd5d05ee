// The devices of the seat at which this page stands: which there are, which were chosen, and opening them, one at a time,
// so that a missing camera never costs the sound. Names what went wrong.

import { chosen, DEVICE_KINDS, makesWay, newsOf, nothingKept, order, readKept, real, type Candidate, type Choice, type Device, type DeviceKind, type Kept, type News, type Profile } from './choice';
import { constraints } from './profile';

export type Kind = 'microphone' | 'camera';

/** refused: by the person or the browser's settings; none: no such device; busy: another program has it; gone: unplugged. */
export type DeviceTrouble = 'refused' | 'none' | 'busy' | 'gone' | 'failed';

export function troubleOf(error: unknown): DeviceTrouble {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

export type Opened = { track: MediaStreamTrack } | { trouble: DeviceTrouble };

export interface Using extends Candidate {
  /** As the browser names what is open. */
  label: string;
  profile: Profile;
}

/** What of the browser is used here. */
export interface Browser {
  list(): Promise<Record<DeviceKind, Device[]>>;
  open(wanted: MediaStreamConstraints): Promise<MediaStreamTrack | undefined>;
  watch(changed: () => void): void;
}

export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KIND_OF: Record<MediaDeviceKind, DeviceKind> = { audioinput: 'microphone', videoinput: 'camera', audiooutput: 'loudspeaker' };
const empty = (): Record<DeviceKind, Device[]> => ({ microphone: [], camera: [], loudspeaker: [] });

export const browser: Browser = {
  async list() {
    const out = empty();
    for (const d of await navigator.mediaDevices.enumerateDevices()) out[KIND_OF[d.kind]].push({ id: d.deviceId, label: d.label, group: d.groupId });
    return out;
  },
  open: (wanted) => navigator.mediaDevices.getUserMedia(wanted).then((stream) => stream.getTracks()[0]),
  watch: (changed) => navigator.mediaDevices.addEventListener('devicechange', changed),
};

/** Some systems tell of a change before their list shows it. */
const AGAIN_MS = 700;

/** Others tell of a change only once they are asked for the list: while devices are open they are asked, so that a pulled one is noticed within a second. */
const ASK_MS = 700;

export class Devices {
  list: Record<DeviceKind, Device[]> = empty();
  /** What is open; for the loudspeaker, what is played through. Null: nothing. */
  using: Record<DeviceKind, Using | null> = { microphone: null, camera: null, loudspeaker: null };
  /** The last that happened to each kind and needs words. */
  news: Record<DeviceKind, News | null> = { microphone: null, camera: null, loudspeaker: null };
  /** In session nothing is chosen any more. */
  locked = false;
  private kept: Kept = nothingKept();
  private store: { keep: Keep; key: string } | null = null;
  private otherwise: Profile = 'headset';
  /** What was open before, also while nothing is: what is said of the next goes by it. */
  private last: Record<DeviceKind, Candidate | null> = { microphone: null, camera: null, loudspeaker: null };
  private listeners = new Set<() => void>();
  private watchers = new Set<() => void>();
  private listening = false;
  private asking: ReturnType<typeof setInterval> | undefined;
  private failed: Record<DeviceKind, Set<string>> = { microphone: new Set(), camera: new Set(), loudspeaker: new Set() };

  constructor(private browser: Browser) {}

  /** `profile`: the one that stands where nobody chose. */
  begin(seat: string, keep: Keep, profile: Profile): void {
    const key = `visavis-devices-${seat}`;
    this.otherwise = profile;
    if (this.store?.key === key) return;
    this.kept = readKept(keep.getItem(key));
    this.store = { keep, key };
    this.listen();
    void this.look();
  }

  get profile(): Profile {
    return this.kept.profile ?? this.otherwise;
  }

  choice(kind: DeviceKind): Choice {
    return this.kept.choices[kind];
  }

  /** The devices to choose from. */
  offered(kind: DeviceKind): Device[] {
    return real(this.list[kind]);
  }

  /** Where sound is played; empty: wherever the system plays. */
  get sink(): string {
    return this.using.loudspeaker?.device?.id ?? '';
  }

  choose(kind: DeviceKind, place: 'chosen' | 'spare', id: string): void {
    const device = this.offered(kind).find((d) => d.id === id) ?? null;
    this.keep(kind, chosen(this.choice(kind), place, device));
  }

  /** The spare was tried and worked. */
  tried(kind: DeviceKind, id: string): void {
    const choice = this.choice(kind);
    if (choice.spare?.id === id) this.keep(kind, { ...choice, spare: { ...choice.spare, tried: true } });
  }

  setProfile(profile: Profile): void {
    if (this.locked) return;
    this.kept = { ...this.kept, profile };
    this.save();
  }

  lock(locked: boolean): void {
    if (this.locked === locked) return;
    this.locked = locked;
    this.tell();
  }

  /** Looks at what is plugged in. True if that is not what it was. */
  async look(): Promise<boolean> {
    const list = await this.browser.list().catch(() => this.list);
    const same = JSON.stringify(list) === JSON.stringify(this.list);
    this.list = list;
    if (same) return false;
    for (const kind of DEVICE_KINDS) for (const id of this.failed[kind]) if (!list[kind].some((d) => d.id === id)) this.failed[kind].delete(id);
    this.play();
    this.tell();
    this.call();
    return true;
  }

  /** Opens the best that opens. */
  async open(kind: Kind): Promise<Opened> {
    await this.look();
    let trouble: DeviceTrouble = 'none';
    const candidates = this.candidates(kind);
    // Where the list has none the browser is asked all the same, for its reason.
    for (const candidate of candidates.length ? candidates : [{ place: 'default', device: null } as const]) {
      const { profile } = this;
      const opened = await this.ask(constraints(kind, profile, candidate.device?.id ?? null));
      if ('track' in opened) {
        this.using[kind] = { ...candidate, label: opened.track.label, profile };
        // Names come with the first device that opens: what was chosen may be there under another id. And an
        // unplugging is on the list by now.
        await this.look();
        this.say(kind, candidate);
        return opened;
      }
      trouble = opened.trouble;
      if (trouble === 'refused') break;
      if (candidate.device) this.failed[kind].add(candidate.device.id);
    }
    // Nothing opened: whoever tries again tries them all.
    this.failed[kind].clear();
    this.using[kind] = null;
    this.tell();
    return { trouble };
  }

  /** Asks to be allowed to use the devices, so that their names are known, and leaves them as they are. */
  async name(): Promise<void> {
    for (const kind of ['microphone', 'camera'] as const) {
      const opened = await this.ask(constraints(kind, this.profile, null));
      if ('track' in opened) opened.track.stop();
    }
    await this.changed();
  }

  /** Whether something better than what is open is there, or it was opened for another profile. */
  displaced(kind: Kind): boolean {
    const using = this.using[kind];
    if (!using) return false;
    return makesWay(using, this.candidates(kind)[0]) || (kind === 'microphone' && using.profile !== this.profile);
  }

  /** The call is over: nothing is open. */
  closed(): void {
    for (const kind of ['microphone', 'camera'] as const) {
      this.using[kind] = null;
      this.last[kind] = null;
      this.news[kind] = null;
    }
    this.tell();
  }

  /** Calls back at whatever can be seen of this. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls back when something was plugged in, pulled or chosen: whoever has a device open asks whether it makes way. */
  watch(watcher: () => void): () => void {
    this.listen();
    this.watchers.add(watcher);
    this.asking ??= setInterval(() => void this.look(), ASK_MS);
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size) return;
      clearInterval(this.asking);
      this.asking = undefined;
    };
  }

  private listen(): void {
    if (this.listening) return;
    this.listening = true;
    this.browser.watch(() => {
      void this.changed();
      setTimeout(() => void this.changed(), AGAIN_MS);
    });
  }

  private async changed(): Promise<void> {
    if (!(await this.look())) this.call();
  }

  private call(): void {
    for (const watcher of this.watchers) watcher();
  }

  private candidates(kind: DeviceKind): Candidate[] {
    return order(this.list[kind], this.choice(kind), this.failed[kind]);
  }

  private async ask(wanted: MediaStreamConstraints): Promise<Opened> {
    try {
      const track = await this.browser.open(wanted);
      return track ? { track } : { trouble: 'none' };
    } catch (error) {
      return { trouble: troubleOf(error) };
    }
  }

  private play(): void {
    const best = this.candidates('loudspeaker')[0];
    const before = this.using.loudspeaker;
    if (!best || (before && !makesWay(before, best))) return;
    this.using.loudspeaker = { ...best, label: best.device?.label ?? '', profile: this.profile };
    this.say('loudspeaker', best);
  }

  private say(kind: DeviceKind, after: Candidate): void {
    const choice = this.choice(kind);
    const before = this.last[kind];
    this.last[kind] = after;
    const news = newsOf(before, after, this.list[kind], choice);
    // What stood is over once the chosen one is in use, or nobody wants one any more.
    if (news) this.news[kind] = news;
    else if (after.place === 'chosen' || !choice.chosen) this.news[kind] = null;
    this.tell();
  }

  private keep(kind: DeviceKind, choice: Choice): void {
    if (this.locked) return;
    this.kept = { ...this.kept, choices: { ...this.kept.choices, [kind]: choice } };
    this.failed[kind].clear();
    // A choice is no unplugging: what it changes needs no words.
    this.news[kind] = null;
    this.last[kind] = null;
    if (kind === 'loudspeaker') this.using.loudspeaker = null;
    this.play();
    this.save();
  }

  private save(): void {
    this.store?.keep.setItem(this.store.key, JSON.stringify(this.kept));
    this.tell();
    this.call();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** One page, one seat. */
export const devices = new Devices(browser);

export const openDevice = (kind: Kind): Promise<Opened> => devices.open(kind);
