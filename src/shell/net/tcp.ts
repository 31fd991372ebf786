/** Lines over TCP. */

import { deadline } from "@std/async/deadline";
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
    try {
      const { host, port } = splitAddress(address);
      this.#streams.open(await connect(host, port), address);
    } catch (error) {
      if (!this.#streams.closing) this.#handler.dialFailed(address, describeError(error));
    }
  }

  async close(): Promise<void> {
    const closed = this.#streams.close();
    this.#listener?.close();
    await closed;
  }
}

/** Opens a connection; throws where that takes too long. */
async function connect(hostname: string, port: number): Promise<Deno.TcpConn> {
  const connecting = Deno.connect({ hostname, port });
  try {
    return await deadline(connecting, DIAL_TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    // It may still open; nobody waits for it any more.
    connecting.then((late) => late.close(), () => {});
    throw new Error(`no answer within ${DIAL_TIMEOUT_MS / 1000} s`);
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
