// How this machine's microphone is used, as somebody at it chose and its side allows: whether its device stays open while
// it is off, and whether one holds a key to speak. Choices are kept in this browser.

const WATCHFUL = 'visavis-microphone-watchful';
const HOLD = 'visavis-hold-to-speak';

let allowed = $state(false);
let chosen = $state(localStorage.getItem(WATCHFUL) !== 'no');
let holdNow = $state(localStorage.getItem(HOLD) === 'yes');

/** The device stays open while the microphone is off, so that whoever speaks can be told. */
export const watchful = (): boolean => allowed && chosen;

/** The side allows it; until the node has said so, it does not. */
export const watchfulAllowed = (): boolean => allowed;

export function allowWatchful(yes: boolean): void {
  allowed = yes;
}

export function setWatchful(yes: boolean): void {
  chosen = yes;
  localStorage.setItem(WATCHFUL, yes ? 'yes' : 'no');
}

/** The microphone is on only while a key or the button is held. */
export const holdToSpeak = (): boolean => holdNow;

export function setHoldToSpeak(yes: boolean): void {
  holdNow = yes;
  localStorage.setItem(HOLD, yes ? 'yes' : 'no');
}
