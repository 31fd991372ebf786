/**
 * Bad networks between real nodes: relays in front of them, which know who talks to whom.
 *
 * Each node listens somewhere, and advertises the address of its door, so everybody dials the doors.
 * Who dials is not to be seen from a socket on one machine; but the first line of a connection, the
 * `hello`, names the address that the dialler advertises, which is its own door. A guest names none,
 * and is always let through: it stands beside its node.
 */

import { delay } from "@std/async/delay";
import { Dice } from "../../src/sim/dice.ts";
import { CALM, type Damage, Pump, type Surroundings, type Weather } from "./fault_pump.ts";

export { CALM, type Damage, type Weather } from "./fault_pump.ts";

/** The longest first line; who says more is let through unread. */
const HELLO_BYTES_MAX = 65_536;
/** Bytes that have to pass each way before a link counts as working: more than any greeting. */
const WORKING_BYTES = 400;

interface Connection {
  /** The door of who dialled, or "" for a guest. */
  readonly from: string;
  readonly to: string;
  readonly ends: readonly Deno.TcpConn[];
  readonly there: Pump;
  readonly back: Pump;
  readonly began_ms: number;
}

/** All doors of a network, and the weather between them. */
export class FaultProxy implements AsyncDisposable {
  readonly damage: Damage = {
    connections: 0,
    cut: 0,
    refused: 0,
    delayed: 0,
    lost_packets: 0,
    stalled: 0,
    bytes: 0,
  };
  readonly #dice: Dice;
  readonly #listeners: Deno.TcpListener[] = [];
  readonly #connections = new Set<Connection>();
  readonly #open = new Set<Deno.TcpConn>();
  readonly #weather = new Map<string, Weather>();
  readonly #work = new Set<Promise<void>>();
  /** Aborted at the end, which wakes all who sleep. */
  readonly #end = new AbortController();
  #changed = Promise.withResolvers<void>();

  constructor(seed = 1) {
    this.#dice = new Dice(seed);
  }

  /** Opens a door that leads to `target`, as `HOST:PORT`, which need not listen yet. */
  door(target: string): string {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `127.0.0.1:${listener.addr.port}`;
    this.#listeners.push(listener);
    this.#track(this.#accept(listener, address, target));
    return address;
  }

  /** Changes the weather from some doors to others, one way. */
  oneWay(from: readonly string[], to: readonly string[], change: Partial<Weather>): void {
    for (const a of from) {
      for (const b of to) {
        if (a !== b) this.#weather.set(`${a} ${b}`, { ...this.#between(a, b), ...change });
      }
    }
    for (const connection of this.#connections) {
      if (!this.#isCut(connection.from, connection.to)) continue;
      this.damage.cut++;
      this.#connections.delete(connection);
      for (const end of connection.ends) this.#close(end);
    }
    this.#change();
  }

  /** Changes the weather between two sides, both ways. */
  between(left: readonly string[], right: readonly string[], change: Partial<Weather>): void {
    this.oneWay(left, right, change);
    this.oneWay(right, left, change);
  }

  /** Everything goes through again, everywhere. */
  calm(): void {
    this.#weather.clear();
    this.#change();
  }

  /**
   * When the first link between two sides works again, in `performance.now()`: one that was opened
   * after `since_ms` and took what is more than a greeting both ways, or an older one that took
   * anything both ways.
   */
  async working(
    left: readonly string[],
    right: readonly string[],
    since_ms: number,
    timeout_ms: number,
  ): Promise<number> {
    const between = ({ from, to }: Connection) =>
      left.includes(from) && right.includes(to) || left.includes(to) && right.includes(from);
    const passed = new Map([...this.#connections].map((one) => [one, bytesOf(one)] as const));
    while (performance.now() < since_ms + timeout_ms && !this.#end.signal.aborted) {
      for (const one of this.#connections) {
        const before = passed.get(one) ?? [0, 0], now = bytesOf(one);
        const least = one.began_ms >= since_ms ? WORKING_BYTES : 1;
        const moves = now.every((bytes, way) => bytes - before[way] >= least);
        if (between(one) && moves) return performance.now();
      }
      await this.#sleep(10);
    }
    throw new Error(`no link between the two sides worked within ${timeout_ms} ms`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#open) this.#close(connection);
    this.#change();
    await Promise.all(this.#work);
  }

  async #accept(listener: Deno.TcpListener, door: string, target: string): Promise<void> {
    for await (const incoming of listener) this.#track(this.#relay(incoming, door, target));
  }

  async #relay(incoming: Deno.TcpConn, to: string, target: string): Promise<void> {
    this.#open.add(incoming);
    this.damage.connections++;
    const first = await readFirstLine(incoming);
    const from = advertised(first);
    if (this.#isCut(from, to)) {
      this.damage.refused++;
      return this.#close(incoming);
    }
    const at = target.lastIndexOf(":");
    const where = { hostname: target.slice(0, at), port: Number(target.slice(at + 1)) };
    const outgoing = await Deno.connect(where).catch(() => null);
    if (outgoing === null) return this.#close(incoming);
    this.#open.add(outgoing);
    const there = new Pump(incoming, outgoing, this.#around(from, to));
    const back = new Pump(outgoing, incoming, this.#around(to, from));
    const ends = [incoming, outgoing];
    const connection = { from, to, ends, there, back, began_ms: performance.now() };
    this.#connections.add(connection);
    if (first.length > 0) there.push(first);
    await Promise.all([there.run(), back.run()]);
    this.#connections.delete(connection);
    for (const end of ends) this.#close(end);
  }

  #around(from: string, to: string): Surroundings {
    return {
      dice: this.#dice,
      damage: this.damage,
      weather: () => this.#between(from, to),
      changed: () => this.#changed.promise,
      sleep: (ms) => this.#sleep(ms),
      ended: () => this.#end.signal.aborted,
    };
  }

  #between(from: string, to: string): Weather {
    return this.#weather.get(`${from} ${to}`) ?? CALM;
  }

  #isCut(one: string, other: string): boolean {
    return this.#between(one, other).cut || this.#between(other, one).cut;
  }

  #sleep(ms: number): Promise<void> {
    return delay(ms, this.#end).catch(() => {});
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  #close(connection: Deno.TcpConn): void {
    if (!this.#open.delete(connection)) return;
    try {
      connection.close();
    } catch {
      // A pump was quicker.
    }
  }

  /** Remembers work until it ends; a connection that breaks is no error of the relay. */
  #track(work: Promise<void>): void {
    const settled = work.catch(() => {}).finally(() => this.#work.delete(settled));
    this.#work.add(settled);
  }
}

function bytesOf({ there, back }: Connection): [number, number] {
  return [there.passed_bytes, back.passed_bytes];
}

/** What comes first, up to a newline and perhaps more: who dials speaks first. */
async function readFirstLine(connection: Deno.TcpConn): Promise<Uint8Array> {
  const buffer = new Uint8Array(HELLO_BYTES_MAX);
  let length = 0;
  while (length < buffer.length && !buffer.subarray(0, length).includes(0x0a)) {
    const n = await connection.read(buffer.subarray(length)).catch(() => null);
    if (n === null) break;
    length += n;
  }
  return buffer.slice(0, length);
}

/** The address that a hello advertises, or "" where there is none. */
function advertised(first: Uint8Array): string {
  try {
    const [line] = new TextDecoder().decode(first).split("\n");
    const { address } = JSON.parse(line);
    return typeof address === "string" ? address : "";
  } catch {
    return "";
  }
}
