// The seat's devices as the screen reads them: every getter is followed by what is drawn from it.

import { createSubscriber } from 'svelte/reactivity';
import type { Choice, Device, DeviceKind, News, Profile } from '../media/choice';
import { devices, type Using } from '../media/devices';

const follow = createSubscriber((update) => devices.subscribe(update));

export const deviceView = {
  get profile(): Profile {
    follow();
    return devices.profile;
  },
  get locked(): boolean {
    follow();
    return devices.locked;
  },
  choice(kind: DeviceKind): Choice {
    follow();
    return devices.choice(kind);
  },
  offered(kind: DeviceKind): Device[] {
    follow();
    return devices.offered(kind);
  },
  /** Whether the browser tells names: it does once the page was allowed to use a device. */
  named(kind: DeviceKind): boolean {
    follow();
    return devices.offered(kind).some((d) => d.label !== '');
  },
  using(kind: DeviceKind): Using | null {
    follow();
    return devices.using[kind];
  },
  news(kind: DeviceKind): News | null {
    follow();
    return devices.news[kind];
  },
};

/** Where the far side's sound is played, for `setSinkId`; empty: wherever the system plays. */
export function sinkId(): string {
  follow();
  return devices.sink;
}

/** Whether this browser lets a page say where sound is played. */
export const canSink = (): boolean => typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype;

let shown = $state(false);
export const devicesShown = (): boolean => shown;
export const showDevices = (): void => {
  shown = true;
};
export const hideDevices = (): void => {
  shown = false;
};
