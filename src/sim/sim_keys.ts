/** The key that a simulated node signs with, and what the core may call with it. */

import type { Env } from "../core/types.ts";
import { envOf, type Signer, type SimCrypto, type SimSealer } from "./crypto.ts";

/** What the keys of a node are made of. */
export interface KeyParts {
  readonly signer: Signer;
  /** The name of another key, when it needs one. */
  readonly nextKey: () => string;
  readonly sealer: SimSealer;
  readonly crypto: SimCrypto;
}

export class SimKeys {
  readonly #parts: KeyParts;
  readonly #onSigned: (bytes: Uint8Array, signature: string) => void;
  #signer: Signer;
  #env: Env;

  constructor(parts: KeyParts, onSigned: (bytes: Uint8Array, signature: string) => void) {
    this.#parts = parts;
    this.#onSigned = onSigned;
    this.#signer = parts.signer;
    this.#env = this.#envWith(parts.signer);
  }

  get signer(): Signer {
    return this.#signer;
  }

  get env(): Env {
    return this.#env;
  }

  /** Makes another key. */
  renew(): void {
    const { crypto, nextKey } = this.#parts;
    this.#signer = crypto.signer(nextKey());
    this.#env = this.#envWith(this.#signer);
  }

  #envWith(signer: Signer): Env {
    const { crypto, sealer } = this.#parts;
    const sign = (bytes: Uint8Array) => {
      const signature = signer.sign(bytes);
      this.#onSigned(bytes, signature);
      return signature;
    };
    return envOf(crypto, { id: signer.id, sign }, sealer);
  }
}
