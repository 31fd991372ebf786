import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Seal } from "../../../../src/core/types.ts";
import { Sealer } from "../../../../src/shell/crypto/sealer.ts";
import { privateKey } from "../../../../src/sim/real_crypto.ts";
import { sealFor, testSealing } from "../../../helpers/sealing.ts";

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const encoder = new TextEncoder();
const TEXT = encoder.encode("nobody else reads this");

/** RFC 7748, section 6.1. */
const RFC = {
  alice: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  bob: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  alice_public: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  bob_public: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  secret: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
};

testSealing("`Sealer`", () => new Sealer());

/** Seals and opens with WebCrypto, apart from our code; `secret` is what X25519 gives. */
async function webCrypto(
  secret: Uint8Array<ArrayBuffer>,
  [sender, recipient]: readonly [string, string],
  { context, role, number }: Seal,
): Promise<{ key: CryptoKey; how: AesGcmParams }> {
  const info = encoder.encode(`rumor private 1\n${sender}\n${recipient}\n${context}`);
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  const digits = `${role === "data" ? "00000000" : "00000001"}${
    number.toString(16).padStart(16, "0")
  }`;
  const additionalData = encoder.encode(`${context}\n${role}\n${number}`);
  const how = { name: "AES-GCM", iv: Uint8Array.fromHex(digits), additionalData, tagLength: 128 };
  return { key, how };
}

function toBox(hex: string): string {
  return Uint8Array.fromHex(hex).toBase64(BASE64URL);
}

Deno.test("`Sealer` agrees with WebCrypto on keys, nonces and what is bound to a message", async () => {
  const ours = new Sealer();
  const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  const { publicKey, privateKey } = pair as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const theirs = raw.toBase64(BASE64URL);
  const x = ours.box;
  const jwk = { kty: "OKP", crv: "X25519", x };
  const box = await crypto.subtle.importKey("jwk", jwk, { name: "X25519" }, false, []);
  const agree = { name: "X25519", public: box };
  const secret = new Uint8Array(await crypto.subtle.deriveBits(agree, privateKey, 256));

  for (const role of ["data", "ack"] as const) {
    for (const number of [1, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]) {
      const seal = sealFor(theirs, { role, number, context: "rumor \u{1f600}" });
      const text = ours.seal(seal, TEXT)!;
      const from = await webCrypto(secret, [ours.box, theirs], seal);
      const sealed = Uint8Array.fromBase64(text, BASE64URL);
      const opened = await crypto.subtle.decrypt(from.how, from.key, sealed);
      assertEquals(new Uint8Array(opened), TEXT);

      const to = await webCrypto(secret, [theirs, ours.box], seal);
      const answer = new Uint8Array(await crypto.subtle.encrypt(to.how, to.key, TEXT));
      assertEquals(ours.open(seal, answer.toBase64(BASE64URL)), TEXT);
    }
  }
});

Deno.test("`Sealer` makes of the keys of RFC 7748 what the RFC makes of them", async () => {
  const alice = new Sealer(privateKey("x25519", RFC.alice));
  const bob = new Sealer(privateKey("x25519", RFC.bob));
  assertEquals([alice.box, bob.box], [toBox(RFC.alice_public), toBox(RFC.bob_public)]);
  const seal = sealFor(bob.box);
  const text = alice.seal(seal, TEXT)!;
  const boxes = [alice.box, bob.box] as const;
  const { key, how } = await webCrypto(Uint8Array.fromHex(RFC.secret), boxes, seal);
  const sealed = Uint8Array.fromBase64(text, BASE64URL);
  assertEquals(new Uint8Array(await crypto.subtle.decrypt(how, key, sealed)), TEXT);
  assertEquals(text, "FhAb2jYU0D3RyKM4kI3sH6o3n4Kzadhp3e1x_o80ACzN2ViLvOA");
});

/** Points u with which X25519 gives 0: 0, 1, -1, those of order 8, and the same with p added. */
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

Deno.test("`Sealer` seals nothing for a box of small order, and opens nothing from one", async () => {
  const ours = new Sealer();
  let number = 0;
  for (const point of SMALL_ORDER) {
    // The highest bit does not count.
    const high = Uint8Array.fromHex(point);
    high[31] |= 0x80;
    for (const box of [toBox(point), high.toBase64(BASE64URL)]) {
      const seal = sealFor(box, { number: ++number });
      assertEquals(ours.seal(seal, TEXT), null, box);
      // What anybody could seal who knows that the secret is 0.
      const { key, how } = await webCrypto(new Uint8Array(32), [box, ours.box], seal);
      const forged = new Uint8Array(await crypto.subtle.encrypt(how, key, TEXT));
      assertEquals(ours.open(seal, forged.toBase64(BASE64URL)), null, box);
    }
  }
});

Deno.test("`Sealer` has another key in each run", () => {
  const before = new Sealer(), after = new Sealer(), peer = new Sealer();
  assertNotEquals(before.box, after.box);
  const text = peer.seal(sealFor(before.box), TEXT)!;
  assertEquals(after.open(sealFor(peer.box), text), null);
  assertEquals(before.open(sealFor(peer.box), text), TEXT);
});

Deno.test("`Sealer` opens what was sealed with a key that it no longer keeps", () => {
  const ours = new Sealer(), peer = new Sealer();
  const text = peer.seal(sealFor(ours.box), TEXT)!;
  assertEquals(ours.open(sealFor(peer.box), text), TEXT);
  for (let number = 1; number <= 5_000; number++) {
    assert(ours.seal(sealFor(peer.box, { number, context: `${number}` }), TEXT) !== null);
  }
  assertEquals(ours.open(sealFor(peer.box), text), TEXT);
});
