// Whether this seat's microphone is on: the person's word, kept across a reload of the page and per call.

export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const key = (seat: string, call: string) => `visavis-mic-${seat}-${call}`;

/** On unless the person turned it off in this call: nobody opens a call muted without having pressed the button. */
export function micFor(keep: Keep, seat: string, call: string): boolean {
  return keep.getItem(key(seat, call)) !== 'off';
}

export function keepMic(keep: Keep, seat: string, call: string, on: boolean): void {
  keep.setItem(key(seat, call), on ? 'on' : 'off');
}
