/**
 * Seals private messages by hand, as docs/protocol.md says, for tests that attack. It shares no code
 * with src on purpose, so that what it seals may make no sense at all.
 */

import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

const VERSION = "rumor private 1";
/** What each role of a packet begins its nonce with. */
const ROLES = { "data": 0, "ack": 1, "bulk": 2, "bulk-ack": 3 };

/** A key pair of one run of a node. */
export class RawBox {
  readonly box: string;
  readonly #private_key: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("x25519") as {
      publicKey: KeyObject;
      privateKey: KeyObject;
    };
    this.#private_key = privateKey;
    this.box = publicKey.export({ format: "jwk" }).x!;
  }

  /** A `route` line with whatever is to be sealed. */
  route(
    to: { readonly id: string; readonly box: string },
    from: string,
    n: number,
    text: string,
    m: keyof typeof ROLES = "data",
  ): string {
    const context = [VERSION, "rumor", from, to.id].join("\n");
    const key = this.#key(to.box, [VERSION, this.box, to.box, context].join("\n"));
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(m, n));
    cipher.setAAD(Buffer.from([context, m, n].join("\n")));
    const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    const x = sealed.toString("base64url");
    return JSON.stringify({ k: "route", h: 5, to: to.id, o: from, m, n, x });
  }

  /** What a node sealed for this one, in a `route` line. */
  open(from: { readonly id: string; readonly box: string }, line: string): string {
    const { to, m, n, x } = JSON.parse(line) as Record<"to" | "x", string> & {
      readonly m: keyof typeof ROLES;
      readonly n: number;
    };
    const context = [VERSION, "rumor", from.id, to].join("\n");
    const key = this.#key(from.box, [VERSION, from.box, this.box, context].join("\n"));
    const bytes = Buffer.from(x, "base64url"), end = bytes.length - 16;
    const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(m, n));
    decipher.setAAD(Buffer.from([context, m, n].join("\n")));
    decipher.setAuthTag(bytes.subarray(end));
    return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]).toString();
  }

  #key(box: string, info: string): Uint8Array {
    const publicKey = createPublicKey({
      key: { kty: "OKP", crv: "X25519", x: box },
      format: "jwk",
    });
    const secret = diffieHellman({ privateKey: this.#private_key, publicKey });
    return new Uint8Array(hkdfSync("sha256", secret, "", info, 32));
  }
}

function nonceOf(m: keyof typeof ROLES, n: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(ROLES[m]);
  nonce.writeBigUInt64BE(BigInt(n), 4);
  return nonce;
}
