// Keeps the seat's key in IndexedDB: made non-extractable, so a copied profile page or a script cannot carry it away.

import { hex } from './proofs';

export interface Seat {
  seat: string;
  /** The own side's id, pinned when the seat was enrolled: sign-in binds to it. */
  side: string;
  /** The own side's first key, pinned for the terminal's own checks of the record. */
  sideKey: string;
  publicKey: string;
  privateKey: CryptoKey;
}

const NAME = 'visavis';
const STORE = 'seats';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'seat' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('indexeddb'));
  });
}

async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = db.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      // Only a finished transaction is on disk: an enrolment link works once, so its key must not be lost.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('indexeddb'));
    });
  } finally {
    db.close();
  }
}

export async function newKey(): Promise<{ publicKey: string; privateKey: CryptoKey }> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  return { publicKey: hex(await crypto.subtle.exportKey('raw', pair.publicKey)), privateKey: pair.privateKey };
}

export const keepSeat = (seat: Seat) => inStore('readwrite', (store) => store.put(seat)).then(() => undefined);

export const findSeat = (seat: string) =>
  inStore<Seat | undefined>('readonly', (store) => store.get(seat) as IDBRequest<Seat | undefined>);
