/**
 * A guest of a running node: a short-lived program that publishes, subscribes or asks, and has no
 * identity of its own.
 */

import { deadline } from "@std/async/deadline";
import type { Address } from "../../core/types.ts";
import { looksLikeEntry } from "../../core/log/entry.ts";
import { decodeLine, encodeLine, type Line } from "../../core/wire/line.ts";
import { JOIN_TIMEOUT_MS, PROTOCOL_VERSION } from "../../core/data/limits.ts";
import { TcpTransport } from "../../shell/tcp.ts";
import type { Connection } from "../../shell/transport.ts";
import { UsageError } from "../args/exit.ts";
import { say } from "../output/stderr.ts";

/** What a guest hears. Bytes of entries are valid only during the call. */
export interface GuestHandler {
  line(line: Line): void;
  entry(line: Uint8Array): void;
  /** The node at this address is gone, perhaps before `join()` gave it back; `why` is what it said. */
  closed(why: string, address: Address): void;
}

/** Throws a `UsageError` where a command has nobody to ask. */
export function requireJoin(join: readonly Address[]): void {
  if (join.length === 0) throw new UsageError("--join HOST:PORT is needed, or RUMOR_JOIN");
}

export class Guest {
  readonly #connection: Connection;
  readonly #transport: TcpTransport;
  readonly #own: { quiet: boolean };

  private constructor(
    connection: Connection,
    transport: TcpTransport,
    own: { quiet: boolean },
  ) {
    this.#connection = connection;
    this.#transport = transport;
    this.#own = own;
  }

  /** Tries addresses in turn; null where nobody answered, which is said on stderr. */
  static async join(
    addresses: readonly Address[],
    network: string,
    handler: GuestHandler,
  ): Promise<Guest | null> {
    for (const address of addresses) {
      const guest = await Guest.#greet(address, network, handler);
      if (typeof guest !== "string") return guest;
      say(`rumor: ${address}: ${guest}`);
    }
    return null;
  }

  /** Sends lines. */
  send(...lines: Line[]): void {
    this.#connection.send(lines.map(encodeLine));
  }

  /** Bytes that the node has not taken yet. */
  get unsent_bytes(): number {
    return this.#connection.unsent_bytes;
  }

  /** Ends the connection without a word to the handler; resolves when all is written. */
  async close(): Promise<void> {
    this.#own.quiet = true;
    await this.#transport.close();
  }

  static async #greet(
    address: Address,
    network: string,
    handler: GuestHandler,
  ): Promise<Guest | string> {
    const { promise, resolve } = Promise.withResolvers<Connection | string>();
    const own = { quiet: false };
    let greeted = false, goodbye = "the node closed the link";
    const transport = new TcpTransport({
      opened: (connection) => {
        const hello = { k: "hello", v: PROTOCOL_VERSION, network, guest: true } as const;
        connection.send([encodeLine(hello)]);
      },
      dialFailed: (_, why) => resolve(why),
      lines: (connection, lines) => {
        for (const bytes of lines) {
          if (looksLikeEntry(bytes)) {
            handler.entry(bytes);
            continue;
          }
          const line = decodeLine(bytes);
          if (typeof line === "string") continue;
          if (line.k === "bye") {
            goodbye = line.why || line.code;
            // Whoever was refused need not wait until the node has closed.
            if (!greeted) resolve(goodbye);
          } else if (line.k === "hello" && !greeted) {
            greeted = true;
            resolve(connection);
          } else handler.line(line);
        }
      },
      garbled: (connection) => connection.close(),
      closed: () => {
        if (!greeted) resolve(goodbye);
        else if (!own.quiet) handler.closed(goodbye, address);
      },
    });
    transport.dial(address);
    const connection = await deadline(promise, JOIN_TIMEOUT_MS)
      .catch(() => `no answer within ${JOIN_TIMEOUT_MS / 1000} s`);
    if (typeof connection !== "string") {
      return new Guest(connection, transport, own);
    }
    await transport.close();
    return connection;
  }
}
