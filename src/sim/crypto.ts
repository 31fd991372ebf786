/**
 * Keys, signatures, seals and hashes for a simulation: handed in, so that it can use real ones, or the
 * cheap ones here, which nobody forges by accident and anybody can forge on purpose.
 */

import { concat } from "@std/bytes/concat";
import type { Env, Id, Seal } from "../core/types.ts";
import { isIdText, isPublicKey } from "../core/data/public_key.ts";

/** Who signs. */
export interface Signer {
  readonly id: Id;
  /** A signature in base64url. */
  readonly sign: (bytes: Uint8Array) => string;
}

/** Who seals private messages, and opens those of others. */
export interface SimSealer {
  /** The public key. */
  readonly box: string;
  readonly seal: (seal: Seal, bytes: Uint8Array) => string | null;
  readonly open: (seal: Seal, text: string) => Uint8Array | null;
}

export interface SimCrypto extends Pick<Env, "sha256" | "verify"> {
  /** The same name gives the same signer. */
  readonly signer: (name: string) => Signer;
  /** The same name gives another sealer each time: one for each run of a node. */
  readonly sealer: (name: string) => SimSealer;
}

/** What a node may call that signs and seals with these keys. */
export function envOf(
  { sha256, verify }: SimCrypto,
  signer: Signer,
  { seal, open }: SimSealer,
): Env {
  return { sha256, verify, sign: (_id, bytes) => signer.sign(bytes), seal, open };
}

const ID_CHARS = 43;
const TAG_BYTES = 16;
/** Sorts before everything else in a name, so that ids sort as names do. */
const FILL = "-";
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const encoder = new TextEncoder();

/**
 * Cheap signatures. The id of a signer is its name, filled up, so that ids sort as names do and a
 * trace can be read.
 */
export function fakeCrypto(): SimCrypto {
  const runs = new Map<string, number>();
  return {
    sha256: (bytes) => digest(bytes, 32, 0).toBase64(BASE64URL),
    signer: (name) => {
      const id = fakeId(name);
      return { id, sign: (bytes) => fakeSignature(id, bytes) };
    },
    verify: (key, bytes, signature) => fakeSignature(key, bytes) === signature,
    sealer: (name) => {
      const run = (runs.get(name) ?? 0) + 1;
      runs.set(name, run);
      return fakeSealer(`${name} ${run}`);
    },
  };
}

/**
 * Cheap seals, which hide what they hold and fit nothing else. What should be a secret of two nodes
 * is made of their public keys.
 */
function fakeSealer(name: string): SimSealer {
  const box = digest(encoder.encode(name), 32, 0).toBase64(BASE64URL);
  const used = { "data": -1, "ack": -1, "bulk": -1, "bulk-ack": -1 };
  return {
    box,
    seal: (seal, bytes) => {
      const { role, number } = seal;
      // As with real seals, where that would give away what is sealed.
      if (!(number > used[role])) throw new Error(`${role} ${number} was sealed before`);
      used[role] = number;
      if (!isIdText(seal.box)) return null;
      const seed = sealSeed(box, seal.box, seal);
      return concat([veil(bytes, seed), digest(bytes, TAG_BYTES, seed)]).toBase64(BASE64URL);
    },
    open: (seal, text) => {
      const sealed = decodeText(text);
      if (sealed === null || !isIdText(seal.box)) return null;
      const seed = sealSeed(seal.box, box, seal);
      const bytes = veil(sealed.subarray(0, -TAG_BYTES), seed);
      const tag = sealed.subarray(-TAG_BYTES);
      return digest(bytes, TAG_BYTES, seed).every((byte, at) => byte === tag[at]) ? bytes : null;
    },
  };
}

function sealSeed(sender: string, recipient: string, { context, role, number }: Seal): number {
  return digestSeed([sender, recipient, context, role, number].join("\n"));
}

/** Hides bytes, or shows them again. */
function veil(bytes: Uint8Array, seed: number): Uint8Array {
  const stream = digest(new Uint8Array(0), bytes.length, seed);
  return bytes.map((byte, at) => byte ^ stream[at]);
}

/** The bytes of base64url; null where the text is not just how they are spelled. */
function decodeText(text: string): Uint8Array | null {
  try {
    const bytes = Uint8Array.fromBase64(text, BASE64URL);
    return bytes.toBase64(BASE64URL) === text ? bytes : null;
  } catch {
    return null;
  }
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
  // Four bytes at a time: most of what a simulation does is to hash. Past the end stand zeros.
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b + word, 0x85ebca6b) ^ (a >>> 15);
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
