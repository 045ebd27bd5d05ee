import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepAwake, type Screen } from '../src/media/wake';

interface Lock {
  released: boolean;
  drop(): void;
}

class FakeScreen implements Screen {
  readonly locks: Lock[] = [];
  refuse = false;
  watching = false;
  private shown = true;
  private changed: () => void = () => undefined;

  visible(): boolean {
    return this.shown;
  }

  see(shown: boolean): void {
    this.shown = shown;
    if (!shown) for (const lock of this.locks) lock.drop();
    this.changed();
  }

  watch(changed: () => void): () => void {
    this.changed = changed;
    this.watching = true;
    return () => {
      this.watching = false;
    };
  }

  async request() {
    if (this.refuse) throw new DOMException('no', 'NotAllowedError');
    const listeners: (() => void)[] = [];
    const lock: Lock = {
      released: false,
      drop() {
        if (lock.released) return;
        lock.released = true;
        for (const tell of listeners) tell();
      },
    };
    this.locks.push(lock);
    return { addEventListener: (_: 'release', listener: () => void) => void listeners.push(listener), release: async () => lock.drop() };
  }
}

describe('keeping the screen on', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it('asks once, and again whenever the page is seen again', async () => {
    const s = new FakeScreen();
    keepAwake(s);
    await settle();
    expect(s.locks.length).toBe(1);
    s.see(true);
    await settle();
    expect(s.locks.length).toBe(1);
    s.see(false);
    await settle();
    expect(s.locks.length).toBe(1);
    s.see(true);
    await settle();
    expect(s.locks.map((l) => l.released)).toEqual([true, false]);
  });

  it('asks again later where the system refused', async () => {
    const s = new FakeScreen();
    s.refuse = true;
    keepAwake(s);
    await settle();
    s.refuse = false;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(s.locks.length).toBe(1);
  });

  it('lets go when it is not needed, and does not ask again', async () => {
    const s = new FakeScreen();
    const stop = keepAwake(s);
    await settle();
    stop();
    await settle();
    expect(s.locks.map((l) => l.released)).toEqual([true]);
    expect(s.watching).toBe(false);
    const early = new FakeScreen();
    keepAwake(early)();
    await settle();
    expect(early.locks.every((l) => l.released)).toBe(true);
  });

  it('does without where the browser has no such lock', () => expect(() => keepAwake(null)()).not.toThrow());
});
