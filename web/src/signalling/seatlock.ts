// One window per seat: a Web Lock held while the page lives, and handed over only when its person says so.

export type Hold = 'held' | 'elsewhere' | 'lost';

/**
 * Asks for the seat's lock. `onChange('elsewhere')`: another window has it; call the returned function to take it over.
 * `onChange('lost')`: another window took it from this one.
 */
export function holdSeat(seat: string, onChange: (hold: Hold) => void): () => void {
  const name = `visavis-seat-${seat}`;
  const keep = (options: LockOptions) =>
    navigator.locks
      .request(name, options, async (lock) => {
        if (!lock) {
          onChange('elsewhere');
          return;
        }
        onChange('held');
        // Held until the page goes or another window steals it.
        await new Promise(() => {});
      })
      .catch((reason: unknown) => {
        if (reason instanceof DOMException && reason.name === 'AbortError') onChange('lost');
        else throw reason;
      });
  void keep({ ifAvailable: true });
  return () => void keep({ steal: true });
}
