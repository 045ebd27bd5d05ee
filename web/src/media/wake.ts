// Keeps a screen from going dark for as long as somebody is to be seen on it. Browsers take the lock back whenever the
// page is hidden, so it is asked for again each time the page is seen.

/** What of the browser is used here. */
export interface Screen {
  request(): Promise<{ addEventListener(type: 'release', listener: () => void): void; release(): Promise<void> }>;
  visible(): boolean;
  /** Calls back whenever the page is shown or hidden; returns what stops that. */
  watch(changed: () => void): () => void;
}

/** Null: this browser has no such lock; the machine's own settings must keep the screen on. */
export function browserScreen(): Screen | null {
  if (!('wakeLock' in navigator)) return null;
  return {
    request: () => navigator.wakeLock.request('screen'),
    visible: () => document.visibilityState === 'visible',
    watch: (changed) => {
      document.addEventListener('visibilitychange', changed);
      return () => document.removeEventListener('visibilitychange', changed);
    },
  };
}

/** The system may refuse, for a low battery for example; then it is asked again, not at once. */
const AGAIN_MS = 30_000;

/** Keeps the screen on until the returned function is called. */
export function keepAwake(screen: Screen | null): () => void {
  if (!screen) return () => undefined;
  let wanted = true;
  let asking = false;
  let held: { release(): Promise<void> } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = async () => {
    if (!wanted || asking || held || !screen.visible()) return;
    asking = true;
    clearTimeout(timer);
    try {
      const lock = await screen.request();
      if (!wanted) {
        void lock.release().catch(() => undefined);
        return;
      }
      held = lock;
      lock.addEventListener('release', () => {
        if (held === lock) held = null;
        void ask();
      });
    } catch {
      if (wanted) timer = setTimeout(() => void ask(), AGAIN_MS);
    } finally {
      asking = false;
    }
  };

  const unwatch = screen.watch(() => void ask());
  void ask();
  return () => {
    wanted = false;
    clearTimeout(timer);
    unwatch();
    void held?.release().catch(() => undefined);
    held = null;
  };
}
