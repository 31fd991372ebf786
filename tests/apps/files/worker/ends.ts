/** Both ends of direct connections, over real sockets, with a clock that the test winds. */

import { setImmediate } from "node:timers";
import { ANSWER_LINE_BYTES_MAX } from "../../../../src/apps/files/limits.ts";
import type { HasNews } from "../../../../src/apps/files/tasks.ts";
import { Connection } from "../../../../src/apps/files/worker/connection.ts";
import { dial } from "../../../../src/apps/files/worker/dialer.ts";
import { Listener } from "../../../../src/apps/files/worker/listener.ts";
import { Rate } from "../../../../src/apps/files/worker/rate.ts";
import { Wire } from "../../../../src/apps/files/worker/wire.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeDisk } from "./fake_disk.ts";

export const never = new AbortController().signal;
const HOST = "127.0.0.1";
const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Resolves when everything else that is ready has had its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves once it is so, looking again after each turn of the event loop. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/** A holder that listens, and who connects to it. */
export class Holder implements Disposable {
  readonly clock = new FakeClock();
  readonly disk = new FakeDisk();
  readonly listener: Listener;
  readonly #open: { close(why: string): void }[] = [];
  #echo: RawPeer | null = null;

  constructor(bytes_a_second: number | null = null) {
    const { disk, clock } = this;
    const rate = new Rate(bytes_a_second, clock);
    this.listener = new Listener(HOST, { disk, rate, clock });
  }

  /** A fetcher that is let in. */
  async connect(peer = "ben"): Promise<Fetcher> {
    const { port, token } = this.listener.admit(peer);
    const wire = await dial({ host: HOST, port, token }, this.clock, never);
    const fetcher = new Fetcher(wire, this.clock);
    this.#open.push(fetcher.connection);
    return fetcher;
  }

  /** A socket that said nothing yet. */
  async raw(): Promise<RawPeer> {
    const peer = new RawPeer(await Deno.connect({ hostname: HOST, port: this.listener.port }));
    this.#open.push(peer);
    return peer;
  }

  /** A socket that is let in, and says what it wants. */
  async rawGuest(peer = "eve"): Promise<RawPeer> {
    const raw = await this.raw();
    await raw.say({ k: "files", v: 1, token: this.listener.admit(peer).token });
    await raw.hear();
    return raw;
  }

  /** Lets seconds pass, with time for all to answer in between. */
  async pass(seconds: number): Promise<void> {
    this.#echo ??= await this.rawGuest("the test");
    for (let at = 0; at < seconds; at++) {
      this.clock.advance(1_000);
      await this.#echo.say({ k: "ping" });
      await this.#echo.hear();
    }
  }

  [Symbol.dispose](): void {
    this.listener.close();
    for (const open of this.#open) open.close("the test is over");
  }
}

/** A fetcher's end, and the news that it heard. */
export class Fetcher {
  readonly news: HasNews[] = [];
  readonly connection: Connection;

  constructor(readonly wire: Wire, clock: FakeClock) {
    this.connection = new Connection(wire, clock, (news) => this.news.push(news));
  }
}

/** A peer that says what the test wants. */
export class RawPeer {
  readonly wire: Wire;

  constructor(conn: Deno.TcpConn) {
    this.wire = new Wire(conn, ANSWER_LINE_BYTES_MAX);
  }

  async say(line: unknown): Promise<void> {
    await this.write(`${JSON.stringify(line)}\n`);
  }

  /** Writes bytes; that the other end may be gone does not matter. */
  async write(bytes: string | Uint8Array): Promise<void> {
    const all = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
    await this.wire.write(all).catch(() => {});
  }

  /** The next line, read; null at the end. */
  // deno-lint-ignore no-explicit-any
  async hear(): Promise<any> {
    const line = await this.wire.readLine();
    return line === null ? null : JSON.parse(decoder.decode(line));
  }

  /** The next bytes. */
  async bytes(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    await this.wire.readInto(bytes);
    return bytes;
  }

  /** Resolves when the other end has closed; what came before is passed over. */
  async closed(): Promise<void> {
    const bytes = new Uint8Array(65_536);
    await (async () => {
      for (;;) await this.wire.readInto(bytes);
    })().catch(() => {});
  }

  close(): void {
    this.wire.close();
  }
}

/** A holder of which each answer is the test's. */
export class RawHolder implements Disposable {
  readonly clock = new FakeClock();
  readonly #listener = Deno.listen({ hostname: HOST, port: 0 });
  #open: { close(why: string): void }[] = [];

  /** A fetcher that dialled, and this end of its connection, which let it in. */
  async meet(): Promise<{ readonly fetcher: Fetcher; readonly holder: RawPeer }> {
    const door = { host: HOST, port: this.#listener.addr.port, token: "t" };
    const dialling = dial(door, this.clock, never);
    const holder = await this.accept();
    await holder.hear();
    await holder.say({ k: "files", v: 1 });
    const fetcher = new Fetcher(await dialling, this.clock);
    this.#open.push(fetcher.connection);
    return { fetcher, holder };
  }

  /** The next connection. */
  async accept(): Promise<RawPeer> {
    const peer = new RawPeer(await this.#listener.accept());
    this.#open.push(peer);
    return peer;
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const open of this.#open) open.close("the test is over");
  }
}
