// Says in one word how the line does, from measured numbers. Pure.

import type { LineView } from '../signalling/protocol';

export type Quality = 'unconfirmed' | 'down' | 'unknown' | 'good' | 'fair' | 'poor';

export function qualityOf(line: Pick<LineView, 'status' | 'rtt_ms' | 'loss' | 'jitter_ms'> | null): Quality {
  if (!line) return 'unknown';
  if (line.status !== 'up') return line.status;
  if (line.rtt_ms === null && line.loss === null) return 'unknown';
  const rtt = line.rtt_ms ?? 0;
  const loss = line.loss ?? 0;
  const jitter = line.jitter_ms ?? 0;
  if (loss >= 0.08 || rtt >= 600 || jitter >= 80) return 'poor';
  if (loss >= 0.02 || rtt >= 300 || jitter >= 30) return 'fair';
  return 'good';
}
