import { describe, expect, it } from 'vitest';
import { Meter } from '../src/listen/meter';

describe('the meter of a voice', () => {
  const sine = (rate: number, seconds: number) => Float32Array.from({ length: rate * seconds }, (_, i) => 0.1 * Math.sin((2 * Math.PI * 440 * i) / rate));
  const all = (meter: Meter, x: Float32Array) => {
    const told = [];
    for (let at = 0; at < x.length; at += 128) told.push(meter.block(x.subarray(at, at + 128)));
    return told.filter((t) => t !== null);
  };

  it.each([44_100, 48_000])('counts as browsers count: two seconds at a tenth are 0.02, at %i Hz', (rate) => {
    const told = all(new Meter(rate), sine(rate, 2));
    expect(told.length).toBeGreaterThan(35);
    expect(told.length).toBeLessThanOrEqual(40);
    expect(told.at(-1)!.energy).toBeCloseTo(0.02, 3);
    expect(told.at(-1)!.rms).toBeCloseTo(0.0707, 2);
  });

  it('counts nothing of silence and of what is no number', () => {
    const told = all(new Meter(48_000), new Float32Array(48_000).fill(Number.NaN, 0, 100));
    expect(told.at(-1)).toEqual({ energy: 0, rms: 0 });
  });
});
