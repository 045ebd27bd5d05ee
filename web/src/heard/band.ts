// When the band across the picture stands: somebody speaks into a microphone that is off. Pure: time is an argument.

/** After the last word it stays for so long, to be read and pressed. Milliseconds. */
export const STAYS_MS = 3_000;

export class Band {
  private spokeAt = -Infinity;

  /** Whether it is shown. */
  look(on: boolean, speaking: boolean, now: number): boolean {
    if (on) this.spokeAt = -Infinity;
    else if (speaking) this.spokeAt = now;
    return now - this.spokeAt < STAYS_MS;
  }
}
