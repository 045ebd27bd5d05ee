// Two notes that mark footage: rising when it opens, falling when it closes. They go to the loudspeaker of this machine
// alone, never into what a microphone sends.

import { sinkId } from '../state/devices.svelte';

const NOTES_HZ = { opens: [440, 659.25], closes: [659.25, 440] } as const;
const APART_S = 0.22;
const LASTS_S = 0.5;

/** A browser that lets a page choose where sound comes out. */
type Sinkable = AudioContext & { setSinkId?(id: string): Promise<void> };

export class Chime {
  private context: Sinkable | null = null;

  strike(which: keyof typeof NOTES_HZ): void {
    void this.play(which).catch(() => undefined);
  }

  private async play(which: keyof typeof NOTES_HZ): Promise<void> {
    this.context ??= new AudioContext();
    const { context } = this;
    // Held back until somebody touches the page: what comes too late marks nothing.
    await Promise.race([context.resume(), new Promise((late) => setTimeout(late, 150))]);
    if (context.state !== 'running') return;
    await context.setSinkId?.(sinkId()).catch(() => undefined);
    NOTES_HZ[which].forEach((hz, i) => note(context, hz, context.currentTime + i * APART_S));
  }
}

function note(context: AudioContext, hz: number, at: number): void {
  const tone = context.createOscillator();
  const gain = context.createGain();
  tone.frequency.value = hz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.2, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0005, at + LASTS_S);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + LASTS_S + 0.05);
}
