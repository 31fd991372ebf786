/**
 * One connection over datagrams: an id that only both ends know, what waits to be sent, and lines that
 * are being put together. Nothing is numbered or sent again here, but the end of a connection.
 */

import { setImmediate } from "node:timers";
import {
  COOKIE_BYTES,
  countFitting,
  cutLine,
  type Datagram,
  encodeDatagram,
  HEADER_BYTES,
  KIND,
  type Kind,
  splitLines,
} from "./datagram.ts";
import { type PieceBudget, Pieces } from "./datagram_pieces.ts";
import type { Connection, TransportHandler } from "./transport.ts";

/** What a connection needs from the transport. */
export interface Wire {
  readonly mtu: number;
  readonly budget: PieceBudget;
  /** Sends a datagram now, or loses it. */
  emit(connection: UdpConnection, bytes: Uint8Array): void;
  /** Something waits; `sendSome()` is to be called soon. */
  busy(connection: UdpConnection): void;
  /** The connection is no more. */
  ended(connection: UdpConnection): void;
  hash(bytes: Uint8Array): Uint8Array;
  now_ms(): number;
}

/** Where a connection leads. */
export interface Route {
  readonly id: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
  readonly local_host: string;
  /** Of who dialled: sent along until the other end has shown that it knows the connection. */
  readonly cookie: Uint8Array | null;
}

/** Bytes that wait to be sent; more are lost, as on the way. */
const UNSENT_BYTES_MAX = 1_048_576;
/** Bytes that wait to be handed over; more are lost. */
const INBOX_BYTES_MAX = 1_048_576;
/** The end of a connection is told so often, with these pauses. */
const CLOSE_TIMES = 4;
const CLOSE_PAUSE_MS = 100;

export class UdpConnection implements Connection {
  readonly lossy = true;
  readonly route: Route;
  /** Resolves when it is over. */
  readonly ended: Promise<void>;
  readonly #wire: Wire;
  readonly #handler: TransportHandler;
  readonly #pieces: Pieces;
  readonly #end: () => void;
  #queue: Uint8Array[] = [];
  /** How much of the queue was sent. */
  #at = 0;
  #cut: Uint8Array[] = [];
  #unsent_bytes = 0;
  #inbox: Uint8Array[] = [];
  #inbox_bytes = 0;
  #inbox_due = false;
  #cookie: Uint8Array | null;
  #state: "open" | "closing" | "closed" = "open";
  #goodbye: Uint8Array | null = null;
  #goodbyes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire, handler: TransportHandler, route: Route) {
    this.#wire = wire;
    this.#handler = handler;
    this.route = route;
    this.#cookie = route.cookie;
    this.#pieces = new Pieces(wire.budget, wire.hash);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  get local_host(): string {
    return this.route.local_host;
  }

  get remote_host(): string {
    return this.route.address;
  }

  get unsent_bytes(): number {
    return this.#unsent_bytes;
  }

  /** Whether nothing waits to be sent. */
  get is_idle(): boolean {
    return this.#cut.length === 0 && this.#at === this.#queue.length &&
      (this.#state !== "closing" || this.#goodbye !== null);
  }

  send(lines: readonly Uint8Array[]): void {
    if (this.#state !== "open") return;
    for (const line of lines) {
      // What was lost here is repaired like what is lost on the way.
      if (this.#unsent_bytes + line.length > UNSENT_BYTES_MAX) break;
      this.#queue.push(line);
      this.#unsent_bytes += line.length;
    }
    if (!this.is_idle) this.#wire.busy(this);
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#wire.busy(this);
  }

  /** Sends some of the datagrams that wait; gives how many. */
  sendSome(max: number): number {
    let sent = 0;
    while (sent < max && !this.is_idle) {
      this.#sendOne();
      sent++;
    }
    return sent;
  }

  /** A datagram came for this connection. */
  receive({ kind, body }: Datagram): void {
    if (this.#state === "closed") return;
    if (kind === KIND.reset) {
      // Before the other end knew the connection, the reset is of something else.
      if (this.#cookie === null || this.#state === "closing") this.#finish();
      return;
    }
    // A knock or a cookie that comes late, or twice, says nothing.
    if (kind === KIND.knock || kind === KIND.cookie) return;
    if (kind !== KIND.open) this.#cookie = null;
    if (this.#state === "open") this.#take(kind, body);
    if (kind !== KIND.close) return;
    this.#wire.emit(this, encodeDatagram(KIND.reset, this.route.id));
    this.#handOver();
    this.#finish();
  }

  /** Ends without a word. */
  abandon(): void {
    this.#finish();
  }

  #take(kind: Kind, body: Uint8Array): void {
    if (kind === KIND.piece) {
      const line = this.#pieces.add(body, this.#wire.now_ms());
      this.#keep(line === null ? [] : [line]);
    } else if (kind === KIND.open) this.#keep(splitLines(body.subarray(COOKIE_BYTES)));
    else if (kind === KIND.lines || kind === KIND.close) this.#keep(splitLines(body));
  }

  /** Keeps lines for a moment, so that datagrams that came together are one event. */
  #keep(lines: readonly Uint8Array[]): void {
    for (const line of lines) {
      if (this.#inbox_bytes + line.length > INBOX_BYTES_MAX) break;
      this.#inbox_bytes += line.length;
      this.#inbox.push(line);
    }
    if (this.#inbox_due) return;
    this.#inbox_due = true;
    setImmediate(() => this.#handOver());
  }

  #handOver(): void {
    if (!this.#inbox_due) return;
    const lines = this.#inbox;
    this.#inbox = [];
    this.#inbox_bytes = 0;
    this.#inbox_due = false;
    // Something that makes no line is a sign of life too.
    if (this.#state === "open") this.#handler.lines(this, lines);
  }

  #sendOne(): void {
    const { id } = this.route;
    const piece = this.#cut.shift();
    if (piece !== undefined) {
      return this.#wire.emit(this, encodeDatagram(KIND.piece, id, piece));
    }
    const open = this.#cookie;
    const room = this.#wire.mtu - HEADER_BYTES - (open === null ? 0 : COOKIE_BYTES);
    const count = countFitting(this.#queue, this.#at, room);
    if (count === 0 && this.#at < this.#queue.length) {
      const line = this.#queue[this.#at++];
      this.#compact([line]);
      this.#cut = cutLine(line, this.#wire.hash(line), this.#wire.mtu - HEADER_BYTES);
      return this.#sendOne();
    }
    const lines = this.#queue.slice(this.#at, this.#at + count);
    this.#at += count;
    this.#compact(lines);
    if (open !== null && count > 0) {
      return this.#wire.emit(this, encodeDatagram(KIND.open, id, open, ...lines));
    }
    if (this.#state !== "closing" || this.#queue.length > 0) {
      return this.#wire.emit(this, encodeDatagram(KIND.lines, id, ...lines));
    }
    this.#goodbye = encodeDatagram(KIND.close, id, ...lines);
    this.#sayGoodbye();
  }

  /** Lines were taken out of the queue. */
  #compact(taken: readonly Uint8Array[]): void {
    for (const line of taken) this.#unsent_bytes -= line.length;
    if (this.#at < this.#queue.length) return;
    this.#queue = [];
    this.#at = 0;
  }

  /** Tells the end, again and again, until the other side says that it knows no such connection. */
  #sayGoodbye(): void {
    if (this.#goodbyes++ >= CLOSE_TIMES) return this.#finish();
    this.#wire.emit(this, this.#goodbye!);
    this.#timer = setTimeout(() => this.#sayGoodbye(), CLOSE_PAUSE_MS);
  }

  #finish(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#cut = [];
    this.#at = 0;
    this.#unsent_bytes = 0;
    this.#pieces.clear();
    this.#wire.ended(this);
    this.#handler.closed(this);
    this.#end();
  }
}
