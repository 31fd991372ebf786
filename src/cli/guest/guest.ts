/**
 * A guest of a running node: a short-lived program that publishes, subscribes or asks, and has no
 * identity of its own.
 */

import { deadline } from "@std/async/deadline";
import type { Address } from "../../core/types.ts";
import { looksLikeEntry } from "../../core/log/entry.ts";
import { decodeLine, encodeLine, type Line } from "../../core/wire/line.ts";
import { JOIN_TIMEOUT_MS, PROTOCOL_VERSION } from "../../core/data/limits.ts";
import {
  GONE,
  type LocalSocket,
  localSocketOf,
  localSockets,
  LocalTransport,
} from "../../shell/net/local.ts";
import { TcpTransport } from "../../shell/net/tcp.ts";
import type { Connection, Transport, TransportHandler } from "../../shell/net/transport.ts";
import { EXIT } from "../args/exit.ts";
import { say } from "../output/stderr.ts";

/** What is said of a node that does not answer. */
const SILENT = `no answer within ${JOIN_TIMEOUT_MS / 1000} s`;

/** What a guest and its connection tell each other. */
interface Bond {
  /** The handler is not to be told when the connection closes. */
  quiet: boolean;
  closed: boolean;
  /** What the node calls itself. */
  name: string;
}

/** What a guest hears. Bytes of entries are valid only during the call. */
export interface GuestHandler {
  line(line: Line): void;
  entry(line: Uint8Array): void;
  /** The node at this address is gone, perhaps before `join()` gave it back; `why` is what it said. */
  closed(why: string, address: Address): void;
}

export class Guest {
  readonly #connection: Connection;
  readonly #transport: Transport;
  readonly #own: Bond;

  private constructor(
    connection: Connection,
    transport: Transport,
    own: Bond,
  ) {
    this.#connection = connection;
    this.#transport = transport;
    this.#own = own;
  }

  /**
   * Tries addresses in turn; without any, finds the one node of this user on this machine. Gives the
   * exit code where there is no guest, which is explained on stderr.
   */
  static async join(
    addresses: readonly Address[],
    network: string,
    handler: GuestHandler,
  ): Promise<Guest | number> {
    if (addresses.length === 0) return await Guest.#find(network, handler);
    for (const address of addresses) {
      const guest = await Guest.#reach(address, network, handler);
      if (typeof guest !== "string") return guest;
      say(`rumor: ${address}: ${guest}`);
    }
    say("rumor: no node reachable");
    return EXIT.unreachable;
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

  /** Through the local socket, where the user may more; else over TCP. */
  static async #reach(
    address: Address,
    network: string,
    handler: GuestHandler,
  ): Promise<Guest | string> {
    const socket = localSocketOf(address);
    if (socket !== null) {
      const guest = await Guest.#greet(LocalTransport, socket.path, address, network, handler);
      if (guest !== GONE) return guest;
    }
    return await Guest.#greet(TcpTransport, address, address, network, handler);
  }

  static async #find(network: string, handler: GuestHandler): Promise<Guest | number> {
    let sockets: readonly LocalSocket[];
    try {
      sockets = localSockets();
    } catch (error) {
      say(`rumor: ${(error as Error).message}`);
      return EXIT.unreachable;
    }
    const tried = await Promise.all(sockets.map(async ({ path, address }) => {
      const guest = await Guest.#greet(LocalTransport, path, address, network, handler);
      // Only the one that is chosen has anything to say.
      if (typeof guest !== "string") guest.#own.quiet = true;
      return { address, guest };
    }));
    const there = tried.filter(({ guest }) =>
      typeof guest === "string" ? guest !== GONE : !guest.#own.closed
    );
    // Nodes of other networks are not meant, unless there are no others.
    const meant = there.filter(({ guest }) => typeof guest !== "string" || guest === SILENT);
    const [only] = meant;
    if (meant.length === 1 && typeof only.guest !== "string") {
      only.guest.#own.quiet = false;
      return only.guest;
    }
    if (meant.length > 1) say("rumor: several nodes of yours run here; name one with --join:");
    for (const { address, guest } of meant.length > 0 ? meant : there) {
      if (typeof guest === "string") say(`rumor: ${address}: ${guest}`);
      else say(`  ${address}${guest.#own.name === "" ? "" : ` ${guest.#own.name}`}`);
      if (typeof guest !== "string") await guest.close();
    }
    if (meant.length > 1) return EXIT.usage;
    const who = there.length === 0 ? "no node of yours runs here" : "no node reachable";
    say(`rumor: ${who}; start one with rumor, or name one with --join HOST:PORT`);
    return EXIT.unreachable;
  }

  static async #greet(
    Way: new (handler: TransportHandler) => Transport,
    target: string,
    address: Address,
    network: string,
    handler: GuestHandler,
  ): Promise<Guest | string> {
    const { promise, resolve } = Promise.withResolvers<Connection | string>();
    const own = { quiet: false, closed: false, name: "" };
    let greeted = false, goodbye = "the node closed the link";
    const transport = new Way({
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
            if ("name" in line) own.name = line.name ?? "";
            resolve(connection);
          } else handler.line(line);
        }
      },
      garbled: (connection) => connection.close(),
      closed: () => {
        own.closed = true;
        if (!greeted) resolve(goodbye);
        else if (!own.quiet) handler.closed(goodbye, address);
      },
    });
    transport.dial(target);
    const connection = await deadline(promise, JOIN_TIMEOUT_MS)
      .catch(() => SILENT);
    if (typeof connection !== "string") {
      return new Guest(connection, transport, own);
    }
    await transport.close();
    return connection;
  }
}
