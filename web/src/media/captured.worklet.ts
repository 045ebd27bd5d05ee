// In the sound thread: looks at a microphone's samples as they come, and says what it sees. Plays nothing.

import { Capture } from '../heard/captured';

// The names of this thread, which the compiler's list of a page's names does not hold.
declare const sampleRate: number;
declare const registerProcessor: (name: string, processor: new () => AudioWorkletProcessor) => void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

class Captured extends AudioWorkletProcessor {
  private readonly capture = new Capture(sampleRate, (captured) => this.port.postMessage(captured, {}));
  private gone = false;

  constructor() {
    super();
    this.port.onmessage = () => (this.gone = true);
  }

  process(inputs: Float32Array[][]): boolean {
    const samples = inputs[0]?.[0];
    if (samples) this.capture.push(samples);
    return !this.gone;
  }
}

registerProcessor('visavis-captured', Captured);
