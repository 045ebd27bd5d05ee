// The desk's ring: two soft notes every few seconds, made here, so that nothing is fetched and nothing startles.

const NOTES_HZ = [523.25, 659.25];
const EVERY_MS = 4_000;

export class Tone {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private context: AudioContext) {}

  /** False while the browser waits for a first press in the page before it lets sound out. */
  get audible(): boolean {
    return this.context.state === 'running';
  }

  /** Must be called from within a press where the browser held the sound back. */
  wake(): void {
    if (this.audible) return;
    void this.context.resume().then(() => this.timer !== undefined && this.strike());
  }

  start(): void {
    this.wake();
    if (this.timer !== undefined) return;
    this.strike();
    this.timer = setInterval(() => this.strike(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private strike(): void {
    if (!this.audible) return;
    NOTES_HZ.forEach((hz, i) => {
      const at = this.context.currentTime + i * 0.35;
      const note = this.context.createOscillator();
      const gain = this.context.createGain();
      note.frequency.value = hz;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.18, at + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.0005, at + 1.1);
      note.connect(gain).connect(this.context.destination);
      note.start(at);
      note.stop(at + 1.2);
    });
  }
}
