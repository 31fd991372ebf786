/** A node that answers whoever joins it with whatever a test likes. */

import { RawPeer } from "./raw_peer.ts";

/** What it does with a connection, once the other has said hello. */
export type Evil = (peer: RawPeer) => void | Promise<void>;

/** Listens on loopback until it is disposed of. */
export class EvilNode implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #peers: RawPeer[] = [];
  readonly #serving: Promise<void>;

  constructor(evil: Evil) {
    this.#serving = this.#serve(evil);
  }

  /** Where to join it. */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    for (const peer of this.#peers) await peer[Symbol.asyncDispose]();
  }

  async #serve(evil: Evil): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        const peer = RawPeer.over(connection);
        this.#peers.push(peer);
        // Whoever leaves in the middle of it has had enough.
        peer.control("hello").then(() => evil(peer)).catch(() => {});
      }
    } catch {
      // It was closed.
    }
  }
}
