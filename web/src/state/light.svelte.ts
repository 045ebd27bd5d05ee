// Daylight or night at the desk; the terminal's room is always dark.

const KEEP = 'visavis-light';
export type Light = 'day' | 'night';

let chosen = $state<Light>('day');
let room = false;

function show(): void {
  document.documentElement.dataset.light = room ? 'room' : chosen;
}

export function startLight(fixed: 'room' | null): void {
  room = fixed === 'room';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const kept = localStorage.getItem(KEEP);
  const follow = () => (dark.matches ? 'night' : 'day');
  chosen = kept === 'day' || kept === 'night' ? kept : follow();
  dark.addEventListener('change', () => {
    if (localStorage.getItem(KEEP)) return;
    chosen = follow();
    show();
  });
  show();
}

export const light = (): Light => chosen;

export function setLight(next: Light): void {
  chosen = next;
  localStorage.setItem(KEEP, next);
  show();
}
