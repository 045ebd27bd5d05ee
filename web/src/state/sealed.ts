// Says in one word how the sealing of a call stands. Pure.

import type { SealView } from '../seal/seal';

/**
 * joining: nothing of this terminal goes out yet; alone: nobody of the other side has shown that he opens it;
 * fallen: frames come that nobody may have sealed, and are dropped; broken: it has stopped, and media with it.
 */
export type SealWord = 'joining' | 'alone' | 'sealed' | 'fallen' | 'broken';

/** `own`: the own side's id. */
export function sealWord({ status, fallen, broken }: SealView, own: string): SealWord {
  if (broken || status?.state === 'alarm') return 'broken';
  if (!status || status.state !== 'sealed') return 'joining';
  if (!status.members.some((member) => member.side !== null && member.side !== own && member.confirmed)) return 'alone';
  return fallen ? 'fallen' : 'sealed';
}
