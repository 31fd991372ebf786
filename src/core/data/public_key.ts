/** Which Ed25519 public keys may be an origin. */

/** Characters of an id: 32 bytes in base64url without padding. */
export const ID_CHARS = 43;
/** Characters of a signature: 64 bytes in base64url without padding. */
export const SIGNATURE_CHARS = 86;

/**
 * The canonical forms of 32 and of 64 bytes. The last character has bits to spare, which must be 0:
 * a second spelling of the same signature would let a relay make two lines of one entry, which looks
 * like a fork that its origin never made.
 */
const ID_TEXT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const SIGNATURE_TEXT = /^[A-Za-z0-9_-]{85}[AQgw]$/;

/**
 * The y coordinates of the points of small order, little-endian, sign bit cleared. Anybody can make
 * signatures that verify under such a key, so none of them may be an origin (RFC 8032, section 5.1;
 * D. J. Bernstein, "Curve25519: new Diffie-Hellman speed records", on points of order 1, 2, 4, 8).
 */
const SMALL_ORDER_Y = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

/** Whether an id is a canonical Ed25519 public key that is not of small order. */
export function isPublicKey(id: string): boolean {
  if (!isIdText(id)) return false;
  const y = Uint8Array.fromBase64(id, { alphabet: "base64url" });
  y[31] &= 0x7f;
  return isBelowPrime(y) && !SMALL_ORDER_Y.has(y.toHex());
}

/** Whether text has the shape of an id; whether it is a key that may sign is `isPublicKey()`. */
export function isIdText(text: unknown): text is string {
  return typeof text === "string" && ID_TEXT.test(text);
}

/** Whether text is 64 bytes in canonical base64url. */
export function isSignatureText(text: unknown): text is string {
  return typeof text === "string" && SIGNATURE_TEXT.test(text);
}

/** Whether a little-endian number is below 2^255 - 19. */
function isBelowPrime(y: Uint8Array): boolean {
  if (y[31] !== 0x7f) return true;
  for (let i = 30; i > 0; i--) if (y[i] !== 0xff) return true;
  return y[0] < 0xed;
}
