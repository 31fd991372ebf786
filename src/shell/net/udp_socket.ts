/** A bound datagram socket, with the little of node:dgram that is used. */

import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Datagrams that wait for the system; more are lost. */
const WAITING_MAX = 1_024;

/** Who sent a datagram. */
export interface Sender {
  readonly address: string;
  readonly port: number;
}

export class DatagramSocket {
  readonly #socket: Socket;
  readonly #waiting: (readonly [Uint8Array, Sender])[] = [];
  #sending = false;

  private constructor(socket: Socket, readonly family: 4 | 6) {
    this.#socket = socket;
    // A datagram that could not be delivered is lost, and nothing else.
    socket.on("error", () => {});
  }

  /** Binds a socket; port 0 is any free one. */
  static async bind(host: string, port: number): Promise<DatagramSocket> {
    const { address, family } = await resolveHost(host);
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ port, address, exclusive: true }, resolve);
    });
    socket.removeAllListeners("error");
    return new DatagramSocket(socket, family);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** The bound address; "0.0.0.0" or "::" where that is all of them. */
  get host(): string {
    return this.#socket.address().address;
  }

  onDatagram(take: (bytes: Uint8Array, from: Sender) => void): void {
    this.#socket.on("message", take);
  }

  /** Datagrams that were not handed to the system yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Sends one datagram after the other: Deno turns the order of those round that it gets at once. */
  send(bytes: Uint8Array, to: Sender): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push([bytes, to]);
    if (!this.#sending) this.#sendNext();
  }

  #sendNext(): void {
    const next = this.#waiting.shift();
    this.#sending = next !== undefined;
    if (next === undefined) return;
    const [bytes, { address, port }] = next;
    try {
      // Whether it could be sent does not matter: it may get lost anyway.
      this.#socket.send(bytes, 0, bytes.length, port, address, () => this.#sendNext());
    } catch {
      queueMicrotask(() => this.#sendNext());
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** The numeric address of a host; IPv4 where there is a choice. */
export async function resolveHost(host: string): Promise<{ address: string; family: 4 | 6 }> {
  const known = isIP(host);
  if (known !== 0) return { address: host, family: known === 6 ? 6 : 4 };
  const all = await lookup(host, { all: true });
  const found = all.find(({ family }) => family === 4) ?? all[0];
  if (found === undefined) throw new Error(`${host} has no address`);
  return { address: found.address, family: found.family === 6 ? 6 : 4 };
}
