/**
 * Keys, signatures and hashes for a simulation: handed in, so that it can use real ones, or the cheap
 * ones here, which nobody forges by accident and anybody can forge on purpose.
 */

import type { Check, Env, Id } from "../core/types.ts";
import { isPublicKey } from "../core/public_key.ts";

/** Who signs. */
export interface Signer {
  readonly id: Id;
  /** A signature in base64url. */
  readonly sign: (bytes: Uint8Array) => string;
}

export interface SimCrypto {
  readonly env: Env;
  /** The same name gives the same signer. */
  readonly signer: (name: string) => Signer;
  readonly verify: (check: Check) => boolean;
}

const ID_CHARS = 43;
/** Sorts before everything else in a name, so that ids sort as names do. */
const FILL = "-";
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const encoder = new TextEncoder();

/**
 * Cheap signatures. The id of a signer is its name, filled up, so that ids sort as names do and a
 * trace can be read.
 */
export function fakeCrypto(): SimCrypto {
  return {
    env: { sha256: (bytes) => digest(bytes, 32, 0).toBase64(BASE64URL) },
    signer: (name) => {
      const id = fakeId(name);
      return { id, sign: (bytes) => fakeSignature(id, bytes) };
    },
    verify: ({ key, bytes, signature }) => fakeSignature(key, bytes) === signature,
  };
}

/** The signature of an id under `fakeCrypto()`. */
export function fakeSignature(id: Id, bytes: Uint8Array): string {
  return digest(bytes, 64, digestSeed(id)).toBase64(BASE64URL);
}

/** The id of a name under `fakeCrypto()`. */
export function fakeId(name: string): Id {
  // The last character of 32 bytes in base64url has two bits that must be 0.
  const id = `${name.padEnd(ID_CHARS - 1, FILL)}0`;
  if (name.endsWith(FILL) || !isPublicKey(id)) {
    throw new TypeError(`No id can be made of the name ${name}`);
  }
  return id;
}

/** The name in an id that `fakeId()` made. */
export function fakeName(id: Id): string {
  return id.replace(/-*0$/, "");
}

function digestSeed(text: string): number {
  return new DataView(digest(encoder.encode(text), 4, 0).buffer).getInt32(0);
}

/** Four lanes of multiply and add over the bytes, drawn out to a length. No cryptography. */
function digest(bytes: Uint8Array, length: number, seed: number): Uint8Array {
  let a = seed ^ 0x9e3779b9, b = ~seed, c = seed + 0x7f4a7c15, d = bytes.length;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0x85ebca6b) ^ (a >>> 15);
    c = (c ^ b) + (a << 7) | 0;
    d = Math.imul(d ^ c, 0xc2b2ae35) + b | 0;
  }
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    a = Math.imul(a ^ (d >>> 13), 0x21f0aaad) + b | 0;
    d = Math.imul(d ^ (a >>> 15), 0x735a2d97) + c | 0;
    out[at] = a ^ d ^ (d >>> 16);
  }
  return out;
}
