/** Real keys and signatures for the simulation, the same for the same name. */

import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { makeIdentity, sha256, Verifier } from "../shell/crypto/crypto.ts";
import { Sealer } from "../shell/crypto/sealer.ts";
import type { SimCrypto } from "./crypto.ts";

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = {
  ed25519: "302e020100300506032b657004220420",
  x25519: "302e020100300506032b656e04220420",
};

/** A private key of 32 bytes. */
export function privateKey(kind: keyof typeof PKCS8_PREFIX, hex: string): KeyObject {
  // deno-lint-ignore no-explicit-any -- Deno's types know only Buffer here
  const key = Uint8Array.fromHex(PKCS8_PREFIX[kind] + hex) as any;
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

/** Ed25519, SHA-256, and what private messages are sealed with. */
export function realCrypto(): SimCrypto {
  const verifier = new Verifier();
  const runs = new Map<string, number>();
  return {
    sha256,
    signer: (name) => {
      const key = privateKey("ed25519", seedOf(name));
      return makeIdentity(key.export({ format: "jwk" }) as JsonWebKey);
    },
    verify: (key, bytes, signature) => verifier.check(key, bytes, signature),
    sealer: (name) => {
      const run = (runs.get(name) ?? 0) + 1;
      runs.set(name, run);
      const sealer = new Sealer(privateKey("x25519", seedOf(`${name} ${run}`)));
      return {
        box: sealer.box,
        seal: (seal, bytes) => sealer.seal(seal, bytes),
        open: (seal, text) => sealer.open(seal, text),
      };
    },
  };
}

function seedOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
