/**
 * Connections of a node's own user where there are no Unix sockets: over TCP on loopback, to a port for
 * nothing else, whose number is in a file with a token. Only who can read the file has the token, and both
 * ends must prove that they have it before either hears a line of the other.
 */

import { randomBytes } from "node:crypto";
import { HELLO_TIMEOUT_MS, STRANGERS_PER_HOST_MAX } from "../../core/data/limits.ts";
import { isLoopback } from "../../core/data/address.ts";
import { admit, enter, TOKEN_BYTES } from "./token_proof.ts";

const LOOPBACK = "127.0.0.1";
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** What the file says: where the node listens for its user, and what both must know. */
interface Token {
  readonly port: number;
  readonly token: Uint8Array;
}

/**
 * Listens on a free port of loopback, and writes a file of mode 0600 that says which, with a new token.
 * (Windows knows no modes; there the directory keeps others out, see runtime_dir.ts.)
 */
export function listenByToken(path: string): { listener: Deno.TcpListener; token: Uint8Array } {
  const listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
  try {
    const token = new Uint8Array(randomBytes(TOKEN_BYTES));
    const text = JSON.stringify({ port: listener.addr.port, token: token.toBase64(BASE64URL) });
    Deno.writeTextFileSync(path, `${text}\n`, { mode: 0o600, createNew: true });
    return { listener, token };
  } catch (error) {
    listener.close();
    throw error;
  }
}

/** Those connections whose ends are not done with proving. There are not many, and none for long. */
export class TokenTrials {
  readonly #within_ms: number;
  readonly #open = new Set<Deno.TcpConn>();
  #closed = false;

  constructor(within_ms: number = HELLO_TIMEOUT_MS) {
    this.#within_ms = within_ms;
  }

  /** Whether who has come to a node is its user; else the connection is closed. Never throws. */
  async admit(conn: Deno.TcpConn, token: Uint8Array): Promise<boolean> {
    try {
      return await this.#try(
        conn,
        async () => isLoopback(conn.remoteAddr.hostname) && await admit(conn, token),
      );
    } catch {
      // It broke, or said too little in time.
      return false;
    }
  }

  /**
   * Opens a connection to the node that wrote a file. Throws `NotFound` without the file, and
   * `ConnectionRefused` where its port is nobody's, or somebody else's.
   */
  async dial(path: string): Promise<Deno.TcpConn> {
    const { port, token } = parseToken(Deno.readTextFileSync(path));
    const conn = await Deno.connect({ hostname: LOOPBACK, port });
    if (await this.#try(conn, () => enter(conn, token))) return conn;
    throw new Deno.errors.ConnectionRefused("somebody else has the port");
  }

  /** Closes what is not done. */
  close(): void {
    this.#closed = true;
    for (const conn of this.#open) closeQuietly(conn);
  }

  async #try(conn: Deno.TcpConn, prove: () => Promise<boolean>): Promise<boolean> {
    let good = false, late = false;
    // The oldest goes: who has the token is done at once, so nobody else can keep it away for long.
    if (this.#open.size >= STRANGERS_PER_HOST_MAX) {
      const [oldest] = this.#open;
      this.#open.delete(oldest);
      closeQuietly(oldest);
    }
    this.#open.add(conn);
    const timer = setTimeout(() => {
      late = true;
      closeQuietly(conn);
    }, this.#within_ms);
    try {
      if (this.#closed) throw new Deno.errors.Interrupted("closed meanwhile");
      conn.setNoDelay(true);
      good = await prove();
      return good;
    } catch (error) {
      throw late ? new Error(`no answer within ${this.#within_ms / 1000} s`) : error;
    } finally {
      clearTimeout(timer);
      this.#open.delete(conn);
      if (!good) closeQuietly(conn);
    }
  }
}

/** Reads what `listenByToken()` wrote. Nothing else is of a node that runs: `ConnectionRefused`. */
function parseToken(text: string): Token {
  try {
    const { port, token: encoded } = JSON.parse(text);
    const token = Uint8Array.fromBase64(encoded, BASE64URL);
    if (token.length === TOKEN_BYTES && Number.isInteger(port)) return { port, token };
  } catch {
    // As below.
  }
  throw new Deno.errors.ConnectionRefused("the file holds no token");
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
