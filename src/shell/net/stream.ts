/** Connections that carry lines over a stream of bytes: of TCP, or of a local socket. */

import { setImmediate } from "node:timers";
import { delay } from "@std/async/delay";
import type { Address } from "../../core/types.ts";
import { Framer } from "./framer.ts";
import { Outbox } from "./outbox.ts";
import type { Connection, TransportHandler } from "./transport.ts";

/** A connection that is closed has this long to take what was sent before. */
const LINGER_MS = 1_000;
/** Reads begin small and grow with what arrives, so that idle links cost little. */
const READ_BYTES_MIN = 16_384;
const READ_BYTES_MAX = 262_144;
/** Lines that are handed over before other links have their turn. */
const LINES_PER_TURN = 64;
/** Where no connection can be taken for the moment, it is tried again after this time. */
const ACCEPT_PAUSE_MS = 50;

/** Between whom a connection is. */
export interface Ends {
  readonly local_host: string;
  readonly remote_host: string;
  /** The other end is the node's own user. */
  readonly own?: boolean;
}

/** The open connections of one transport. */
export class Streams<Conn extends Deno.Conn> {
  readonly #handler: TransportHandler;
  readonly #endsOf: (conn: Conn) => Ends;
  readonly #connections = new Set<StreamConnection>();
  #closing = false;

  constructor(handler: TransportHandler, endsOf: (conn: Conn) => Ends) {
    this.#handler = handler;
    this.#endsOf = endsOf;
  }

  /** Whether `close()` was called. */
  get closing(): boolean {
    return this.#closing;
  }

  /**
   * Takes connections until the listener is closed, which is the caller's part, after `close()`. Where
   * `admit` is given, only those that it resolves with true for; it closes the others, and never throws.
   */
  async accept<Raw extends Conn>(
    listener: { accept(): Promise<Raw> },
    admit?: (conn: Raw) => Promise<boolean>,
  ): Promise<void> {
    for (;;) {
      try {
        const conn = await listener.accept();
        if (admit === undefined) this.open(conn, null);
        else admit(conn).then((good) => good && this.open(conn, null));
      } catch (error) {
        if (this.#closing || error instanceof Deno.errors.BadResource) return;
        // Out of file descriptors, or a connection that broke at once: go on accepting.
        await delay(ACCEPT_PAUSE_MS);
      }
    }
  }

  /** Reads from a connection, and tells the handler of it. */
  open(conn: Conn, dialled: Address | null): void {
    if (this.#closing) return conn.close();
    const connection = new StreamConnection(conn, this.#endsOf(conn), this.#handler);
    this.#connections.add(connection);
    connection.ended.then(() => this.#connections.delete(connection));
    this.#handler.opened(connection, dialled);
    connection.read();
  }

  /** Closes all connections; resolves when they are closed. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const connection of this.#connections) connection.close();
    await Promise.all([...this.#connections].map((connection) => connection.ended));
  }
}

class StreamConnection implements Connection {
  readonly local_host: string;
  readonly remote_host: string;
  readonly own: boolean;
  /** Resolves when the socket is closed. */
  readonly ended: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #handler: TransportHandler;
  readonly #outbox: Outbox;
  readonly #end: () => void;
  #state: "open" | "closing" | "closed" = "open";
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(conn: Deno.Conn, ends: Ends, handler: TransportHandler) {
    this.#conn = conn;
    this.#handler = handler;
    this.local_host = ends.local_host;
    this.remote_host = ends.remote_host;
    this.own = ends.own === true;
    this.#outbox = new Outbox(conn, () => this.#finish());
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  get unsent_bytes(): number {
    return this.#outbox.bytes;
  }

  send(lines: readonly Uint8Array[]): void {
    if (this.#state === "open") this.#outbox.push(lines);
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    // Closing with unread input would reset the connection, and the goodbye with it: so first this
    // side says that it is done, and what still comes is dropped until the other side is done too.
    this.#linger = setTimeout(() => this.#finish(), LINGER_MS);
    this.#outbox.flush().then(() => this.#conn.closeWrite()).catch(() => this.#finish());
  }

  async read(): Promise<void> {
    const framer = new Framer();
    let buffer = new Uint8Array(READ_BYTES_MIN);
    try {
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null || this.#state === "closed") break;
        if (this.#state === "closing") continue;
        const lines = framer.push(buffer.subarray(0, count));
        if (lines === "too-long") this.#handler.garbled(this, "too-long");
        else await this.#tell(lines);
        if (count === buffer.length && count < READ_BYTES_MAX) buffer = new Uint8Array(count * 2);
      }
    } catch (error) {
      if (!isNetworkError(error)) throw error;
    }
    if (framer.pending > 0 && this.#state === "open") this.#handler.garbled(this, "cut-off");
    // What this side still has to say may go out although the other side has ended.
    this.close();
    await this.#outbox.flush();
    this.#finish();
  }

  /** Hands over lines, a few at a time: many small ones must not keep the other links waiting. */
  async #tell(lines: readonly Uint8Array[]): Promise<void> {
    // A part of a line is a sign of life too.
    if (lines.length === 0) this.#handler.lines(this, lines);
    for (let at = 0; at < lines.length; at += LINES_PER_TURN) {
      if (at > 0) await nextTurn();
      if (this.#state !== "open") return;
      this.#handler.lines(this, lines.slice(at, at + LINES_PER_TURN));
    }
  }

  #finish(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#linger);
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
    this.#handler.closed(this);
    this.#end();
  }
}

/** Resolves when everything else that is ready has had its turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isNetworkError(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.TimedOut;
}
