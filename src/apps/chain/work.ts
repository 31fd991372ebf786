/**
 * How much work a block shows. A hash is read as a number of 256 bits; a block is good where its hash
 * is at most its target, so a target says how many hashes are needed on average (S. Nakamoto,
 * "Bitcoin: A Peer-to-Peer Electronic Cash System", 2008, section 4).
 */

/** How many hashes there are: 2^256. */
const HASHES = 1n << 256n;
/** Characters of a hash, or a target, in hexadecimal. */
export const HASH_CHARS = 64;
const HASH_TEXT = /^[0-9a-f]{64}$/;

/** How many hashes it takes on average to meet a target: 2^256 / (target + 1), rounded down. */
export function workOf(target: bigint): bigint {
  return HASHES / (target + 1n);
}

/** The target that takes so many hashes on average; at least one. */
export function targetOf(hashes: bigint): bigint {
  return HASHES / hashes - 1n;
}

/** The target of Bitcoin's compact form: a byte of length, then the three first bytes of the number. */
export function targetOfCompact(bits: number): bigint {
  const shift = 8 * ((bits >>> 24) - 3), mantissa = BigInt(bits & 0x7fffff);
  return shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
}

/** Whether a text is 32 bytes in the one spelling that they have here. */
export function isHashText(text: unknown): text is string {
  return typeof text === "string" && HASH_TEXT.test(text);
}

/** A number of 256 bits as text, and back. */
export function hashText(number: bigint): string {
  return number.toString(16).padStart(HASH_CHARS, "0");
}

/** The number that 32 bytes in hexadecimal are. */
export function hashNumber(text: string): bigint {
  return BigInt(`0x${text}`);
}
