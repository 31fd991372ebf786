/** A socket that sends whatever it likes, for tests that attack. It shares no code with src. */

import { deadline } from "@std/async/deadline";
import { retry } from "@std/async/retry";
import { createSocket, type Socket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { withDeadline } from "../../tools/lines.ts";

/** The kinds of datagrams, as docs/protocol.md numbers them. */
export const KNOCK = 1, COOKIE = 2, OPEN = 3, LINES = 4, PIECE = 5, CLOSE = 6, RESET = 7;

/** How long a wait lasts before it fails. */
const DEADLINE_MS = 20_000;
/** How long an answer is waited for before it is asked again. */
const AGAIN_MS = 200;

const encoder = new TextEncoder();

/** A datagram: "R", kind, id, body; padded to a length if one is given. */
export function makeDatagram(
  kind: number,
  id: Uint8Array,
  body: Uint8Array | string = "",
  length = 0,
): Uint8Array {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const datagram = new Uint8Array(Math.max(length, 10 + bytes.length));
  datagram.set([0x52, kind]);
  datagram.set(id, 2);
  datagram.set(bytes, 10);
  return datagram;
}

/** An id of a connection. */
export function makeId(): Uint8Array {
  return new Uint8Array(randomBytes(8));
}

export class RawDatagrams implements AsyncDisposable {
  /** Everything that came. */
  readonly received: Uint8Array[] = [];
  sent_bytes = 0;
  received_bytes = 0;
  readonly #socket: Socket;
  readonly #target: number;
  #wake = Promise.withResolvers<void>();

  private constructor(socket: Socket, target: number) {
    this.#socket = socket;
    this.#target = target;
    socket.on("message", (bytes) => {
      this.received.push(new Uint8Array(bytes));
      this.received_bytes += bytes.length;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }

  /** A socket on loopback that talks to a port of this machine. */
  static async open(target: number): Promise<RawDatagrams> {
    const socket = createSocket("udp4");
    await new Promise<void>((done) => socket.bind({ port: 0, address: "127.0.0.1" }, done));
    return new RawDatagrams(socket, target);
  }

  /** Hands a datagram to the system. */
  send(bytes: Uint8Array): Promise<void> {
    this.sent_bytes += bytes.length;
    return new Promise((done) =>
      this.#socket.send(bytes, 0, bytes.length, this.#target, "127.0.0.1", () => done())
    );
  }

  /** The first datagram of a kind for an id, among what came and what comes. */
  wait(kind: number, id: Uint8Array): Promise<Uint8Array> {
    const explain = () => `datagram ${kind}; ${this.received.length} others came`;
    return withDeadline(this.#find(kind, id), DEADLINE_MS, explain);
  }

  async #find(kind: number, id: Uint8Array): Promise<Uint8Array> {
    for (;;) {
      const found = this.received.find((bytes) =>
        bytes[1] === kind && id.every((byte, at) => bytes[2 + at] === byte)
      );
      if (found !== undefined) return found;
      await this.#wake.promise;
    }
  }

  /** Says something again and again until an answer of a kind is there. */
  ask(bytes: Uint8Array, kind: number, id: Uint8Array): Promise<Uint8Array> {
    const answer = this.wait(kind, id);
    const say = async () => {
      await this.send(bytes);
      return await deadline(answer, AGAIN_MS);
    };
    // Whoever waits for the answer says when it is too late.
    const isRetriable = (error: unknown) => error instanceof DOMException;
    return retry(say, { maxAttempts: DEADLINE_MS, minTimeout: 0, jitter: 0, isRetriable });
  }

  /** The cookie for an id. */
  async cookie(id: Uint8Array): Promise<Uint8Array> {
    const answer = await this.ask(makeDatagram(KNOCK, id, "", 64), COOKIE, id);
    return answer.subarray(10);
  }

  /** Everything that was sent before has been answered, if it ever is: so says a later answer. */
  async settle(): Promise<void> {
    await this.cookie(makeId());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((done) => this.#socket.close(() => done()));
  }
}
