import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isIdText, isPublicKey, isSignatureText } from "../../../../src/core/data/public_key.ts";
import { realCrypto } from "../../../../src/sim/real_crypto.ts";
import { check } from "../../../helpers/check.ts";

const P = 2n ** 255n - 19n;
const D = (-121665n * inverse(121666n)) % P;
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = ((base % P) + P) % P, e = exponent; e > 0n; e >>= 1n, b = b * b % P) {
    if (e & 1n) result = result * b % P;
  }
  return result;
}

function inverse(value: bigint): bigint {
  return power(value, P - 2n);
}

/** 32 little-endian bytes of a number below 2^256, as an id. */
function idOf(number: bigint): string {
  const hex = number.toString(16).padStart(64, "0");
  return Uint8Array.fromHex(hex).reverse().toBase64(BASE64URL);
}

/** All points (x, y) whose double, four- or eightfold is the neutral one: by their y. */
function smallOrderYs(): bigint[] {
  // Order 1, 2 and 4 have y = 1, -1 and 0. Of order 8 is what doubles to y = 0: x^2 = -y^2, so that
  // -x^2 + y^2 = 1 + d x^2 y^2 gives d y^4 + 2 y^2 - 1 = 0.
  const found = [1n, P - 1n, 0n];
  const root = squareRoot(1n + D)!;
  for (const sign of [1n, P - 1n]) {
    const square = (root * sign + P - 1n) * inverse(D) % P;
    const y = squareRoot(square);
    if (y !== null) found.push(y, P - y);
  }
  return found;
}

function squareRoot(value: bigint): bigint | null {
  const v = ((value % P) + P) % P;
  const guess = power(v, (P + 3n) / 8n);
  const other = guess * power(2n, (P - 1n) / 4n) % P;
  return [guess, other].find((root) => root * root % P === v) ?? null;
}

Deno.test("`isPublicKey()` refuses every point of small order, in every spelling", () => {
  const ys = smallOrderYs();
  assertEquals(new Set(ys).size, 5);
  const spellings = ys.flatMap((y) => [y, y + P])
    .filter((y) => y < 2n ** 255n)
    .flatMap((y) => [y, y | (1n << 255n)]);
  // 14 strings: y = 0 and y = 1 can be written as p and p + 1 too, each with both signs.
  assertEquals(new Set(spellings).size, 14);
  for (const spelling of spellings) assert(!isPublicKey(idOf(spelling)), spelling.toString(16));
});

Deno.test("`isPublicKey()` refuses numbers that are not below the prime", () => {
  for (let y = P; y < 2n ** 255n; y++) {
    assert(!isPublicKey(idOf(y)));
    assert(!isPublicKey(idOf(y | (1n << 255n))));
  }
  assert(isPublicKey(idOf(P - 2n)));
  assert(isPublicKey(idOf(2n ** 254n - 19n)));
});

Deno.test("`isPublicKey()` takes the keys that Ed25519 makes", () => {
  const crypto = realCrypto();
  check(
    fc.property(fc.string(), (name) => {
      const { id } = crypto.signer(name);
      assert(isPublicKey(id) && isIdText(id));
    }),
    50,
  );
});

Deno.test("`isIdText()` and `isSignatureText()` take only the canonical form", () => {
  check(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      fc.nat(62),
      (key, seal, step) => {
        const id = key.toBase64(BASE64URL), signature = seal.toBase64(BASE64URL);
        assert(isIdText(id) && isSignatureText(signature));
        assert(!isIdText(next(id, step)) || decodes(next(id, step), 32));
        assert(!isSignatureText(next(signature, step)) || decodes(next(signature, step), 64));
      },
    ),
  );
  for (const text of ["", "A".repeat(42), "A".repeat(44), "A".repeat(42) + "=", 7, null]) {
    assert(!isIdText(text), String(text));
  }
  for (const text of ["A".repeat(85), "A".repeat(87), "A".repeat(85) + "B", "+".repeat(86)]) {
    assert(!isSignatureText(text), text);
  }
});

const CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The text with another last character. */
function next(text: string, step: number): string {
  return text.slice(0, -1) + CHARS[(CHARS.indexOf(text.at(-1)!) + 1 + step) % 64];
}

/** Whether text is what its bytes are written as. */
function decodes(text: string, length: number): boolean {
  const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  return bytes.length === length && bytes.toBase64(BASE64URL) === text;
}
