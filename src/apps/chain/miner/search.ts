/**
 * The search for a nonce. A header has 116 bytes, so its SHA-256 takes two compressions. The first is of
 * bytes 0 to 63, which no nonce changes: it is made once, and what it leaves is called the midstate. Of
 * the second only the rounds from the low half of the nonce on are made for each nonce.
 */

import { assert } from "@std/assert/assert";
import { HEADER_BYTES } from "../header.ts";

/** The first number that is no nonce, because JSON's numbers end there. */
export const NONCES_END = 2 ** 53;

/** Where the target stands in a header: 32 bytes, a big-endian number. */
const TARGET_AT = 64;

/** The places of the nonce's halves in the words of the second block. */
const HIGH_WORD = 11;
const LOW_WORD = 12;

/** The first word of the schedule that depends on the low half, but for that half itself. */
const FIRST_MIXED_WORD = 19;

/** How many nonces share the high half. */
const LOW_HALVES = 2 ** 32;

/** What stands behind a header in its second block: one bit, zeros, and the length in bits. */
const PADDING = [0x80000000 | 0, 0, HEADER_BYTES * 8];

/** The first 32 bits of the fractions of a root of the first primes. */
function fractions(count: number, root: (prime: number) => number): Int32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return Int32Array.from(primes, (prime) => Math.floor((root(prime) % 1) * 2 ** 32));
}

const FIRST_STATE = fractions(8, Math.sqrt);
const ROUND_KEYS = fractions(64, Math.cbrt);

/** Computes the words of a schedule from the one at `from` on; those before it are there. */
function extend(words: Int32Array, from: number): void {
  for (let i = from; i < 64; i++) {
    const x = words[i - 15], y = words[i - 2];
    const low = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ (x >>> 3);
    const high = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ (y >>> 10);
    words[i] = words[i - 16] + low + words[i - 7] + high | 0;
  }
}

/** What a round adds to the words behind it, before its key and its word of the schedule. */
function mixed(e: number, f: number, g: number, h: number): number {
  const sum = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
  const choice = g ^ (e & (f ^ g));
  return h + sum + choice | 0;
}

/** What the first word gets besides. */
function majority(a: number, b: number, c: number): number {
  const sum = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
  return sum + ((a & b) ^ (c & (a ^ b))) | 0;
}

/** The rounds from `from` up to `to`, four at a time, from one state of eight words to another. */
function rounds(
  words: Int32Array,
  from: number,
  to: number,
  before: Int32Array,
  after: Int32Array,
): void {
  const keys = ROUND_KEYS;
  let a = before[0], b = before[1], c = before[2], d = before[3];
  let e = before[4], f = before[5], g = before[6], h = before[7];
  for (let i = from; i < to; i += 4) {
    // The words stay where they are for four rounds, and the letters turn around them.
    h = mixed(e, f, g, h) + keys[i] + words[i] | 0;
    d = d + h | 0;
    h = h + majority(a, b, c) | 0;
    g = mixed(d, e, f, g) + keys[i + 1] + words[i + 1] | 0;
    c = c + g | 0;
    g = g + majority(h, a, b) | 0;
    f = mixed(c, d, e, f) + keys[i + 2] + words[i + 2] | 0;
    b = b + f | 0;
    f = f + majority(g, h, a) | 0;
    e = mixed(b, c, d, e) + keys[i + 3] + words[i + 3] | 0;
    a = a + e | 0;
    e = e + majority(f, g, h) | 0;
    [a, b, c, d, e, f, g, h] = [e, f, g, h, a, b, c, d];
  }
  after[0] = a, after[1] = b, after[2] = c, after[3] = d;
  after[4] = e, after[5] = f, after[6] = g, after[7] = h;
}

/** The state behind the first 64 bytes of a header. */
function midstateOf(view: DataView): Int32Array {
  const words = new Int32Array(64);
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(i * 4);
  extend(words, 16);
  const state = new Int32Array(8);
  rounds(words, 0, 64, FIRST_STATE, state);
  return state.map((word, i) => word + FIRST_STATE[i]);
}

/** Whether a number is at most another one, both of as many big-endian words. */
export function isAtMost(number: Uint32Array, limit: Uint32Array): boolean {
  const i = number.findIndex((word, i) => word !== limit[i]);
  return i < 0 || number[i] < limit[i];
}

/** The first good low half from `from` up to `to`, or null; `words` has all that is fixed. */
function searchLow(
  words: Int32Array,
  midstate: Int32Array,
  target: Uint32Array,
  from: number,
  to: number,
): number | null {
  const before = new Int32Array(8), last = new Int32Array(8);
  rounds(words, 0, LOW_WORD, midstate, before);
  extend(words, 16);
  const first = midstate[0], target_first = target[0];
  for (let low = from; low < to; low++) {
    words[LOW_WORD] = low;
    extend(words, FIRST_MIXED_WORD);
    rounds(words, LOW_WORD, 64, before, last);
    // The first word of the hash decides nearly always.
    if (first + last[0] >>> 0 > target_first) continue;
    if (isAtMost(Uint32Array.from(last, (word, i) => midstate[i] + word), target)) return low;
  }
  return null;
}

/**
 * The first nonce from `from` up to `from + count`, and below `NONCES_END`, with which the hash of the
 * header is at most the header's target; or null. The header's own nonce is of no importance.
 */
export function searchNonce(header: Uint8Array, from: number, count: number): number | null {
  assert(header.length === HEADER_BYTES, "a header has 116 bytes");
  const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  const midstate = midstateOf(view);
  const target = Uint32Array.from({ length: 8 }, (_, i) => view.getUint32(TARGET_AT + i * 4));
  const words = new Int32Array(64);
  for (let i = 0; i < HIGH_WORD; i++) words[i] = view.getInt32(TARGET_AT + i * 4);
  words.set(PADDING, LOW_WORD + 1);
  const end = Math.min(from + count, NONCES_END);
  for (let at = from; at < end;) {
    const high = Math.floor(at / LOW_HALVES), base = high * LOW_HALVES;
    words[HIGH_WORD] = high;
    const found = searchLow(words, midstate, target, at - base, Math.min(end - base, LOW_HALVES));
    if (found !== null) return base + found;
    at = base + LOW_HALVES;
  }
  return null;
}
