/** A holder's end of a connection: answers one node that is let in. */

import type { Id } from "../../../core/types.ts";
import { REQUESTS_MAX, RUNS_MAX, WATCHES_MAX } from "../limits.ts";
import type { Link } from "../link.ts";
import type { Range } from "../tasks.ts";
import type { Clock } from "./clock.ts";
import type { Served } from "./files_disk.ts";
import { type Answer, encodeLine, readRequest, type Request, WIRE_VERSION } from "./protocol.ts";
import type { Rate } from "./rate.ts";
import { Stall } from "./stall.ts";
import { type Wire, WireError } from "./wire.ts";

/** Who reads nothing of what it asked for this long is cut off. */
const UNREAD_MS = 15_000;
/** Who says nothing this long is gone: a good one pings three times meanwhile. */
const SILENT_MS = 75_000;

/** What all connections of a holder share. */
export interface ServingDesk {
  readonly disk: Served;
  readonly rate: Rate;
  readonly clock: Clock;
}

/** A request that is not answered yet. */
interface Ask {
  readonly n: number;
  readonly link: Link;
  readonly range: Range;
  dropped: boolean;
  /** What was read for it ahead of its turn. */
  read: Promise<Uint8Array | null> | null;
}

export class Serving {
  readonly peer: Id;
  readonly #wire: Wire;
  readonly #desk: ServingDesk;
  readonly #silent: Stall;
  readonly #unread: Stall;
  readonly #asks: Ask[] = [];
  /** Files that it is told of, in the order in which it asked; and those of which there is news. */
  readonly #watched = new Set<Link>();
  readonly #news = new Set<Link>();
  #owes_pong = false;
  #is_writing = false;
  #closed = false;
  #wake: () => void = () => {};

  constructor(wire: Wire, peer: Id, desk: ServingDesk) {
    this.#wire = wire;
    this.peer = peer;
    this.#desk = desk;
    this.#silent = new Stall(desk.clock);
    this.#unread = new Stall(desk.clock);
  }

  get host(): string {
    return this.#wire.host;
  }

  /** Answers until the other end closes, or does what no good peer does; then it is closed. */
  async run(): Promise<void> {
    await Promise.all([this.#read(), this.#write()]);
  }

  /** Looks for what takes too long; to be called every second or so. */
  tick(): void {
    const { heard_bytes, written_bytes } = this.#wire;
    if (this.#silent.stalled_ms(true, heard_bytes) >= SILENT_MS) this.close();
    if (this.#unread.stalled_ms(this.#is_writing, written_bytes) >= UNREAD_MS) this.close();
  }

  /** There is more, or less, of a file here. */
  more(link: Link): void {
    if (!this.#watched.has(link)) return;
    this.#news.add(link);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wire.close();
    this.#wake();
  }

  async #read(): Promise<void> {
    try {
      for (let line; (line = await this.#wire.readLine()) !== null;) {
        const request = readRequest(line);
        if (request === null) break;
        if (request.k !== "unknown") this.#take(request);
      }
    } catch {
      // It is closed all the same.
    }
    this.close();
  }

  #take(request: Request): void {
    if (request.k === "ask") {
      const { n, link, level, first, count } = request;
      if (this.#asks.length >= REQUESTS_MAX) throw new WireError("it asks for too much");
      this.#asks.push({ n, link, range: { level, first, count }, dropped: false, read: null });
    } else if (request.k === "drop") {
      const ask = this.#asks.find(({ n }) => n === request.n);
      if (ask !== undefined) ask.dropped = true;
    } else if (request.k === "watch") {
      this.#watch(request.link);
    } else {
      this.#owes_pong = true;
    }
    this.#wake();
  }

  #watch(link: Link): void {
    const [oldest] = this.#watched;
    this.#watched.delete(link);
    if (this.#watched.size >= WATCHES_MAX) {
      this.#watched.delete(oldest);
      this.#news.delete(oldest);
    }
    this.#watched.add(link);
    this.#news.add(link);
  }

  /** Writes what is due, one answer after the other: what is not read costs no more than one. */
  async #write(): Promise<void> {
    try {
      await this.#send(encodeLine({ k: "files", v: WIRE_VERSION }));
      while (!this.#closed) {
        const [link] = this.#news, ask = this.#asks[0];
        if (this.#owes_pong) {
          this.#owes_pong = false;
          await this.#send(encodeLine({ k: "pong" }));
        } else if (link !== undefined) {
          this.#news.delete(link);
          const has = this.#desk.disk.has(link)?.slice(0, RUNS_MAX) ?? null;
          await this.#send(encodeLine({ k: "has", link, has } as unknown as Answer));
        } else if (ask !== undefined) {
          await this.#answer(ask);
        } else {
          await new Promise<void>((resolve) => this.#wake = resolve);
        }
      }
    } catch {
      // It is gone.
    }
    this.close();
  }

  async #answer(ask: Ask): Promise<void> {
    const bytes = await (ask.read ?? this.#readFor(ask));
    this.#asks.shift();
    // The disk and the socket need not wait for each other.
    const [next] = this.#asks;
    if (next !== undefined) next.read = this.#readFor(next);
    if (bytes === null || ask.dropped) return await this.#send(encodeLine({ k: "no", n: ask.n }));
    await this.#send(encodeLine({ k: "data", n: ask.n, bytes: bytes.length }));
    await this.#send(bytes);
  }

  /** The chunks, or null where they cannot be had. */
  async #readFor({ link, range, dropped }: Ask): Promise<Uint8Array | null> {
    if (dropped) return null;
    try {
      return await this.#desk.disk.read(link, range);
    } catch {
      return null;
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { rate } = this.#desk;
    for (let at = 0; at < bytes.length; at += rate.slice_bytes) {
      const slice = bytes.subarray(at, at + rate.slice_bytes);
      await rate.take(slice.length);
      this.#is_writing = true;
      await this.#wire.write(slice);
      this.#is_writing = false;
    }
  }
}
