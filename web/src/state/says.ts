// Turns a refusal or an error into a sentence in the reader's language that says what to do.

import { Trouble } from '../signalling/api';
import { has, t } from './language.svelte';

export function says(trouble: Trouble): string {
  const id = trouble.kind === 'offline' ? 'error-offline' : `${trouble.kind}-${trouble.code.replaceAll('_', '-')}`;
  // The socket names errors and refusals alike.
  const error = `error-${trouble.code.replaceAll('_', '-')}`;
  if (!has(id) && has(error)) return t(error);
  if (has(id)) return t(id, trouble.args);
  return t(trouble.kind === 'refusal' ? 'refusal-other' : 'error-other', { code: trouble.code });
}
