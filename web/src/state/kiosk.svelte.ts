// Whether this page stands in a room as its screen (`?kiosk` in its address): no cursor, no tools, full screen. Staff
// holds a corner to be shown the tools for a while.

const STAFF_MS = 120_000;

export const kiosk = typeof location !== 'undefined' && new URLSearchParams(location.search).has('kiosk');

let staff = $state(false);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Whether the tools may be shown: always at a desk's own terminal, for staff in a room. */
export const tools = (): boolean => !kiosk || staff;

export const staffIsHere = (): boolean => staff;

export function showStaff(): void {
  staff = true;
  clearTimeout(timer);
  timer = setTimeout(hideStaff, STAFF_MS);
}

export function hideStaff(): void {
  clearTimeout(timer);
  staff = false;
}
