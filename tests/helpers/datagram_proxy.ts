/**
 * A bad network between datagram sockets: each datagram, either way, may be dropped, doubled, or held
 * back so that others overtake it. It shares no code with src on purpose.
 */

import { delay } from "@std/async/delay";
import { createSocket, type Socket } from "node:dgram";
import { Dice } from "../../src/sim/dice.ts";
import type { Wiretap } from "./wiretap.ts";

/** How likely what happens to a datagram. */
export interface Weather {
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
}

const HELD_BACK_MS = [5, 30] as const;

export class DatagramProxy implements AsyncDisposable {
  /** What happened to how many. */
  readonly told = { carried: 0, dropped: 0, doubled: 0, held_back: 0 };
  readonly #front: Socket;
  readonly #target: number;
  readonly #weather: Weather;
  readonly #dice: Dice;
  readonly #tap: Wiretap | null;
  readonly #backs = new Map<string, Socket>();
  /** Aborted at the end; what is held back then never goes on. */
  readonly #end = new AbortController();

  private constructor(
    front: Socket,
    target: number,
    weather: Weather,
    seed: number,
    tap: Wiretap | null,
  ) {
    this.#front = front;
    this.#target = target;
    this.#weather = weather;
    this.#dice = new Dice(seed);
    this.#tap = tap;
    front.on("message", (bytes, { port }) => this.#forward(bytes, port));
  }

  /** A proxy before a port of this machine; `tap` hears everything, also what is dropped. */
  static async start(
    target: number,
    weather: Weather,
    seed: number,
    tap: Wiretap | null = null,
  ): Promise<DatagramProxy> {
    return new DatagramProxy(await bound(), target, weather, seed, tap);
  }

  get port(): number {
    return this.#front.address().port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    const all = [this.#front, ...this.#backs.values()];
    await Promise.all(all.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
  }

  /** Each client has a socket of its own towards the target, so that answers find their way back. */
  async #forward(bytes: Uint8Array, client: number): Promise<void> {
    let back = this.#backs.get(String(client));
    if (back === undefined) {
      back = createSocket("udp4");
      this.#backs.set(String(client), back);
      const opened = back;
      await new Promise<void>((done) => opened.bind({ port: 0, address: "127.0.0.1" }, done));
      opened.on("message", (answer) => this.#toss(this.#front, answer, client));
    }
    this.#toss(back, bytes, this.#target);
  }

  #toss(from: Socket, bytes: Uint8Array, port: number): void {
    this.#tap?.note(this, bytes);
    const { drop, duplicate, reorder } = this.#weather;
    if (this.#dice.next() < drop) {
      this.told.dropped++;
      return;
    }
    const copies = this.#dice.next() < duplicate ? 2 : 1;
    if (copies > 1) this.told.doubled++;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#dice.next() >= reorder) this.#send(from, bytes, port);
      else {
        this.told.held_back++;
        delay(this.#dice.between(...HELD_BACK_MS), this.#end)
          .then(() => this.#send(from, bytes, port), () => {});
      }
    }
  }

  #send(from: Socket, bytes: Uint8Array, port: number): void {
    if (this.#end.signal.aborted) return;
    this.told.carried++;
    from.send(bytes, 0, bytes.length, port, "127.0.0.1", () => {});
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((done) => socket.bind({ port: 0, address: "127.0.0.1" }, done));
  return socket;
}
