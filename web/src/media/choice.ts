// Which of the devices plugged in a seat uses: the one that was chosen, else its spare, else what the system gives; and
// what must be said when that changes. Pure.

export type DeviceKind = 'microphone' | 'camera' | 'loudspeaker';
export const DEVICE_KINDS: readonly DeviceKind[] = ['microphone', 'camera', 'loudspeaker'];

/** As the browser tells of it. Id and label are empty until the page was allowed to use a device. */
export interface Device {
  id: string;
  label: string;
  group: string;
}

export interface Spare extends Device {
  /** It was tried at this seat and worked. */
  tried: boolean;
}

export interface Choice {
  /** Null: whatever the system gives. */
  chosen: Device | null;
  spare: Spare | null;
}

export const NOTHING_CHOSEN: Choice = { chosen: null, spare: null };

/** headset: at one person's ears; speakerphone: loudspeakers and microphone in one room. */
export type Profile = 'headset' | 'speakerphone';

export type Place = 'chosen' | 'spare' | 'default';

export interface Candidate {
  place: Place;
  /** Null: whatever the system gives. */
  device: Device | null;
}

/** Names under which Chromium lists a device a second time. */
const ALIASES = ['', 'default', 'communications'];

/** The devices themselves, without the aliases of the system's own choice. */
export const real = (devices: readonly Device[]): Device[] => devices.filter((d) => !ALIASES.includes(d.id));

/** Until the page was allowed to use a device, the list says that there is one, and neither which nor how many. */
export const named = (devices: readonly Device[]): boolean => devices.some((d) => d.id !== '');

/** Ids are lost with the browser's site data, and some ports give out new ones: the label stands in where it means one device alone. */
export function find(devices: readonly Device[], kept: Device, other: Device | null = null): Device | null {
  const all = real(devices);
  const same = all.find((d) => d.id === kept.id);
  if (same) return same;
  if (!kept.label) return null;
  const alike = all.filter((d) => d.label === kept.label && d.id !== other?.id);
  return alike.find((d) => d.group !== '' && d.group === kept.group) ?? (alike.length === 1 ? alike[0]! : null);
}

/** What to open, the best first. `failed`: ids that would not open and have not been unplugged since. */
export function order(devices: readonly Device[], choice: Choice, failed: ReadonlySet<string> = new Set()): Candidate[] {
  if (!devices.length) return [];
  const out: Candidate[] = [];
  for (const place of ['chosen', 'spare'] as const) {
    const kept = choice[place];
    if (!kept) continue;
    const device = named(devices) ? find(devices, kept, choice[place === 'chosen' ? 'spare' : 'chosen']) : plain(kept);
    if (device && !failed.has(device.id) && !out.some((c) => c.device?.id === device.id)) out.push({ place, device });
  }
  // Nobody chose: the system's own comes first, and the spare stands behind it.
  if (!choice.chosen) return [{ place: 'default', device: null }, ...out];
  return [...out, { place: 'default', device: null }];
}

const plain = ({ id, label, group }: Device): Device => ({ id, label, group });

/** Whether what is open makes way for the best that is there. */
export function makesWay(inUse: Candidate, best: Candidate | undefined): boolean {
  return best !== undefined && (best.place !== inUse.place || best.device?.id !== inUse.device?.id);
}

/** Why the chosen device is not the one in use. gone: it was and is no longer there; missing: not there from the start; failed: there, and would not open. */
export type News = { is: 'gone' | 'missing' | 'failed'; instead: 'spare' | 'default' } | { is: 'back' };

/** What changed for whoever sits here; null: nothing that needs words. `before` null: nothing was open yet. */
export function newsOf(before: Candidate | null, after: Candidate, devices: readonly Device[], choice: Choice): News | null {
  if (after.place === 'chosen') return before && before.place !== 'chosen' ? { is: 'back' } : null;
  if (!choice.chosen || before?.place === after.place) return null;
  const instead = after.place;
  if (named(devices) && find(devices, choice.chosen, choice.spare)) return { is: 'failed', instead };
  return { is: before?.place === 'chosen' ? 'gone' : 'missing', instead };
}

export interface Kept {
  /** Null: nobody said. */
  profile: Profile | null;
  choices: Record<DeviceKind, Choice>;
}

export const nothingKept = (): Kept => ({ profile: null, choices: { microphone: NOTHING_CHOSEN, camera: NOTHING_CHOSEN, loudspeaker: NOTHING_CHOSEN } });

/** Reads what this browser kept; whatever has another shape counts as not chosen. */
export function readKept(text: string | null): Kept {
  const out = nothingKept();
  let told: unknown;
  try {
    told = JSON.parse(text ?? '');
  } catch {
    return out;
  }
  if (!isRecord(told)) return out;
  if (told['profile'] === 'headset' || told['profile'] === 'speakerphone') out.profile = told['profile'];
  const choices = isRecord(told['choices']) ? told['choices'] : {};
  for (const kind of DEVICE_KINDS) {
    const choice = choices[kind];
    if (!isRecord(choice)) continue;
    const spare = deviceOf(choice['spare']);
    out.choices[kind] = {
      chosen: deviceOf(choice['chosen']),
      spare: spare && { ...spare, tried: isRecord(choice['spare']) && choice['spare']['tried'] === true },
    };
  }
  return out;
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

function deviceOf(x: unknown): Device | null {
  if (!isRecord(x)) return null;
  const { id, label, group } = x;
  return typeof id === 'string' && id && typeof label === 'string' && typeof group === 'string' ? { id, label, group } : null;
}

/** The choice once `device` stands in `place`. A device is never its own spare. */
export function chosen(before: Choice, place: 'chosen' | 'spare', device: Device | null): Choice {
  if (place === 'chosen') return { chosen: device, spare: before.spare && before.spare.id === device?.id ? null : before.spare };
  return { ...before, spare: device && device.id !== before.chosen?.id ? { ...device, tried: false } : null };
}
