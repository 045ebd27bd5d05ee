// Refuses, before anything else, a browser that cannot do what the line needs; says what is missing.

import { canSeal } from '../seal/able';

export type Missing = 'insecure' | 'ed25519' | 'indexeddb' | 'locks' | 'webrtc' | 'transform' | 'vp9';

interface Has {
  secure: boolean;
  ed25519: boolean;
  indexedDb: boolean;
  locks: boolean;
  webrtc: boolean;
  /** Frames can be sealed in a worker before they leave. */
  seal: boolean;
}

/** What a page lacks, most telling first; a desk carries no media and needs less. */
export function missing(has: Has, page: 'desk' | 'terminal' | 'enrol'): Missing | null {
  if (!has.secure) return 'insecure';
  if (!has.ed25519) return 'ed25519';
  if (!has.indexedDb) return 'indexeddb';
  if (page === 'enrol') return null;
  if (!has.locks) return 'locks';
  if (page === 'desk') return null;
  if (!has.webrtc) return 'webrtc';
  // Sealing hands every frame to a worker: a browser that cannot is turned away at the door, never let in unsealed.
  if (!has.seal) return 'transform';
  return null;
}

async function canSign(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return true;
  } catch {
    return false;
  }
}

export async function look(page: 'desk' | 'terminal' | 'enrol'): Promise<Has> {
  const secure = globalThis.isSecureContext;
  return {
    secure,
    ed25519: secure && (await canSign()),
    indexedDb: 'indexedDB' in globalThis,
    locks: 'locks' in navigator,
    webrtc: 'RTCPeerConnection' in globalThis && !!navigator.mediaDevices?.getUserMedia,
    // Only a terminal has something to seal; it is tried in earnest, in a worker.
    seal: page === 'terminal' && secure && (await canSeal()).length === 0,
  };
}
