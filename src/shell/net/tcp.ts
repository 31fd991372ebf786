/** Lines over TCP. */

import type { Address } from "../../core/types.ts";
import { splitAddress } from "../../core/data/address.ts";
import { Streams } from "./stream.ts";
import type { Transport, TransportHandler } from "./transport.ts";

/** Nobody waits longer for an address that does not answer. */
const DIAL_TIMEOUT_MS = 5_000;

export class TcpTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #streams: Streams<Deno.TcpConn>;
  #listener: Deno.TcpListener | null = null;

  constructor(handler: TransportHandler) {
    this.#handler = handler;
    this.#streams = new Streams(handler, endsOf);
  }

  listen(host: string, port: number): number {
    this.#listener = Deno.listen({ hostname: host, port });
    this.#streams.accept(this.#listener);
    return this.#listener.addr.port;
  }

  async dial(address: Address): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const { host, port } = splitAddress(address);
      const connecting = Deno.connect({ hostname: host, port });
      const timeout = new Promise<"timeout">((resolve) => {
        timer = setTimeout(() => resolve("timeout"), DIAL_TIMEOUT_MS);
      });
      const conn = await Promise.race([connecting, timeout]);
      if (conn === "timeout") {
        // It may still open; nobody waits for it any more.
        connecting.then((late) => late.close(), () => {});
        throw new Error(`no answer within ${DIAL_TIMEOUT_MS / 1000} s`);
      }
      this.#streams.open(conn, address);
    } catch (error) {
      if (!this.#streams.closing) this.#handler.dialFailed(address, describeError(error));
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const closed = this.#streams.close();
    this.#listener?.close();
    await closed;
  }
}

/** Takes a connection as it is: small lines go out at once. */
function endsOf(conn: Deno.TcpConn) {
  try {
    conn.setNoDelay(true);
  } catch {
    // The peer was faster and is gone; reading will say so.
  }
  return { local_host: conn.localAddr.hostname, remote_host: conn.remoteAddr.hostname };
}

/** One line about an error, without Deno's error number and class. */
export function describeError(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  // Of node's modules, which say it in their own way.
  const { code } = error as { readonly code?: unknown };
  if (code === "EADDRINUSE") return "Address already in use";
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0].replace(/ \(os error \d+\)/, "");
}
