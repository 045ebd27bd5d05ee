// The bytes that a seat's key signs, and how they are written as hex. Pure but for WebCrypto.

const text = new TextEncoder();

export function hex(bytes: ArrayBuffer | Uint8Array): string {
  let out = '';
  for (const byte of bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)) out += byte.toString(16).padStart(2, '0');
  return out;
}

export const enrolBytes = (token: string) => text.encode(`visavis enrol\n${token}`);

export const signinBytes = (side: string, challenge: string) => text.encode(`visavis signin\n${side}\n${challenge}`);

export const socketBytes = (nonce: string) => text.encode(`visavis socket\n${nonce}`);

/** `path` is path and query, as it stands in the request line. */
export async function requestBytes(session: string, counter: number, method: string, path: string, body: Uint8Array): Promise<Uint8Array> {
  const digest = hex(await crypto.subtle.digest('SHA-256', body as BufferSource));
  return text.encode(`visavis request\n${session}\n${counter}\n${method}\n${path}\n${digest}`);
}

export interface Signing {
  sign(bytes: Uint8Array): Promise<string>;
}

/** A handle on a non-extractable Ed25519 key; the key itself cannot be read, here or anywhere else in the page. */
export function signing(key: CryptoKey): Signing {
  return {
    async sign(bytes) {
      return hex(await crypto.subtle.sign('Ed25519', key, bytes as BufferSource));
    },
  };
}
