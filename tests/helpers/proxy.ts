/** A TCP relay that can hold everything back for a while: a slow network between real nodes. */

import type { Wiretap } from "./wiretap.ts";

/** Relays connections to a target; what arrives while it is held goes on when it is released. */
export class Proxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: string;
  readonly #tap: Wiretap | null;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work = new Set<Promise<void>>();
  #gate = Promise.withResolvers<void>();

  /** Relays to `target`, as `HOST:PORT`, which need not listen yet; `tap` hears everything. */
  constructor(target: string, tap: Wiretap | null = null) {
    this.#target = target;
    this.#tap = tap;
    this.release();
    this.#track(this.#accept());
  }

  /** Where to connect to. */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Lets nothing through, in either direction, until `release()`. */
  hold(): void {
    this.#gate = Promise.withResolvers<void>();
  }

  /** Lets everything through again. */
  release(): void {
    this.#gate.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.release();
    for (const connection of this.#connections) this.#close(connection);
    await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    for await (const incoming of this.#listener) this.#track(this.#relay(incoming));
  }

  async #relay(incoming: Deno.TcpConn): Promise<void> {
    this.#connections.add(incoming);
    const [hostname, port] = this.#target.split(":");
    const ends = [incoming];
    try {
      const outgoing = await Deno.connect({ hostname, port: Number(port) });
      this.#connections.add(outgoing);
      ends.push(outgoing);
      await Promise.all([this.#pump(incoming, outgoing), this.#pump(outgoing, incoming)]);
    } finally {
      // Where one end breaks, the other is told.
      for (const end of ends) this.#close(end);
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536), stream = {};
    for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
      this.#tap?.note(stream, buffer.subarray(0, n));
      await this.#gate.promise;
      for (let done = 0; done < n;) done += await to.write(buffer.subarray(done, n));
    }
    await to.closeWrite();
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  /** Remembers work until it ends; a connection that breaks is no error of the relay. */
  #track(work: Promise<void>): void {
    const settled = work.catch(() => {}).finally(() => this.#work.delete(settled));
    this.#work.add(settled);
  }
}
