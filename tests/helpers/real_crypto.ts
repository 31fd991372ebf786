/** Real keys and signatures for the simulation, the same for the same name. */

import { createPrivateKey } from "node:crypto";
import { env, makeIdentity, Verifier } from "../../src/shell/crypto.ts";
import type { SimCrypto } from "../../src/sim/crypto.ts";

/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = "302e020100300506032b657004220420";

/** Ed25519 and SHA-256. */
export function realCrypto(): SimCrypto {
  const verifier = new Verifier();
  return {
    env,
    signer: (name) => {
      const seed = env.sha256(new TextEncoder().encode(name));
      const der = PKCS8_PREFIX + Uint8Array.fromBase64(seed, { alphabet: "base64url" }).toHex();
      const key = createPrivateKey({
        // deno-lint-ignore no-explicit-any -- Deno's types know only Buffer here
        key: Uint8Array.fromHex(der) as any,
        format: "der",
        type: "pkcs8",
      });
      return makeIdentity(key.export({ format: "jwk" }) as JsonWebKey);
    },
    verify: (check) => verifier.check(check),
  };
}
