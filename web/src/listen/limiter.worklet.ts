// The limiter and the meters on the sound thread. The limiter says once a second where the level stands and by how much
// it turned down; a meter passes its voice on as it is and says twenty times a second how loud it arrives.

import type { Gauge } from './gauge';
import { Limiter } from './limiter';
import { Meter } from './meter';

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const CHANNELS = 2;
const EVERY_S = 1;

registerProcessor(
  'visavis-limiter',
  class extends AudioWorkletProcessor {
    private limiter = new Limiter(sampleRate, CHANNELS);
    private since = 0;

    process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
      const out = outputs[0] ?? [];
      this.limiter.block(inputs[0] ?? [], out);
      this.since += out[0]?.length ?? 0;
      if (this.since >= EVERY_S * sampleRate) {
        this.since = 0;
        const gauge: Gauge = { level_db: this.limiter.level_db, turned_db: this.limiter.turned_db() };
        this.port.postMessage(gauge, []);
      }
      return true;
    }
  },
);

registerProcessor(
  'visavis-meter',
  class extends AudioWorkletProcessor {
    private meter = new Meter(sampleRate);
    private gone = false;

    constructor() {
      super();
      // Said when its voice goes: nobody else can end it.
      this.port.onmessage = () => {
        this.gone = true;
      };
    }

    process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
      const input = inputs[0] ?? [];
      (outputs[0] ?? []).forEach((out, channel) => {
        const from = input[channel] ?? input[0];
        if (from) out.set(from);
      });
      const told = input[0] ? this.meter.block(input[0]) : null;
      if (told) this.port.postMessage(told, []);
      return !this.gone;
    }
  },
);
