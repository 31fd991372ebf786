/** A fetcher's end of a connection to one holder. */

import { Outbox } from "../../../shell/net/outbox.ts";
import { CHUNK_BYTES, PIECE_CHUNKS, PUTS_MAX, REQUESTS_MAX } from "../limits.ts";
import type { Link } from "../link.ts";
import { chunksOf, rangeBytes } from "../range_bytes.ts";
import { readRuns } from "../runs.ts";
import type { Got, HasNews, Range } from "../tasks.ts";
import type { Clock } from "./clock.ts";
import { type Answer, encodeLine, readAnswer, type Request, type Unknown } from "./protocol.ts";
import { Stall } from "./stall.ts";
import { type Wire, WireError } from "./wire.ts";

/** A holder that answers nothing for so long, though it owes answers, is given up. */
const SILENT_MS = 15_000;
/** After so long without a word to it the holder is told that this end still lives. */
const PING_MS = 20_000;
/** A connection of which nothing more is expected stays so long. */
const IDLE_MS = 60_000;
const TICK_MS = 1_000;

/** What becomes of the bytes of a request, which are others as soon as it resolves. */
export type Put = (bytes: Uint8Array) => Promise<Got>;

/** A request, until it is answered. */
interface Ask {
  readonly n: number;
  readonly link: Link;
  readonly range: Range;
  readonly bytes: number;
  readonly put: Put;
  readonly got: PromiseWithResolvers<Got>;
  /** Nobody waits for it any more: what comes is dropped. */
  dropped: boolean;
}

/** The sender sent what cannot be the chunks: it is not to be asked again. */
export const WRONG: Got = { good: [], wrong: true, why: null, stuck: null };
const LACKING: Got = { good: [], wrong: false, why: "it does not have them now", stuck: null };

export class Connection {
  /** Resolves with the reason when it is over. */
  readonly ended: Promise<string>;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #tell: (news: HasNews) => void;
  readonly #end = Promise.withResolvers<string>();
  readonly #silent: Stall;
  readonly #stopTicks: () => void;
  #over: string | null = null;
  #count = 0;
  /** Requests that the holder has, in their order, and those that wait until it has fewer. */
  readonly #sent: Ask[] = [];
  readonly #waiting: Ask[] = [];
  /** Files that it is to tell of, and whether it may still get more of them. */
  readonly #watched = new Map<Link, boolean>();
  #pinged = false;
  #said_ms: number;
  #used_ms: number;
  #puts = 0;
  /** Room for pieces, used again: to make it anew takes a third of the time that reading takes. */
  readonly #rooms: Uint8Array<ArrayBuffer>[] = [];
  #putDone: () => void = () => {};

  /** Of a wire on which the holder let this node in; `tell` hears what it has. */
  constructor(wire: Wire, clock: Clock, tell: (news: HasNews) => void) {
    this.#wire = wire;
    this.#clock = clock;
    this.#tell = tell;
    this.ended = this.#end.promise;
    this.#outbox = new Outbox(wire, () => this.close("the connection broke"));
    this.#silent = new Stall(clock);
    this.#said_ms = this.#used_ms = clock.now_ms();
    this.#stopTicks = clock.every(TICK_MS, () => this.#tick());
    this.#read();
  }

  /**
   * Asks for chunks, whose bytes go to `put` as soon as they are here. Rejects when the connection ends
   * before they are, or the signal says that they are no longer wanted.
   */
  ask(link: Link, range: Range, signal: AbortSignal, put: Put): Promise<Got> {
    signal.throwIfAborted();
    if (this.#over !== null) throw new Error(this.#over);
    const bytes = rangeBytes(link, range);
    if (bytes === null) throw new Error("the file has no such chunks");
    const n = this.#count++, got = Promise.withResolvers<Got>();
    const ask = { n, link, range, bytes, put, got, dropped: false };
    const drop = () => this.#drop(ask, signal.reason);
    signal.addEventListener("abort", drop, { once: true });
    this.#waiting.push(ask);
    this.#sendWaiting();
    return got.promise.finally(() => signal.removeEventListener("abort", drop));
  }

  /** Wants to hear what the holder has of a file, now and as it gets more. */
  watch(link: Link): void {
    this.#watched.set(link, true);
    this.#say({ k: "watch", link });
  }

  /** The file is not fetched any more. */
  forget(link: Link): void {
    this.#watched.delete(link);
    this.#used_ms = this.#clock.now_ms();
  }

  /** Ends it. */
  close(why: string): void {
    if (this.#over !== null) return;
    this.#over = why;
    this.#stopTicks();
    this.#wire.close();
    this.#putDone();
    for (const { got } of this.#sent) got.reject(new Error(why));
    for (const { got } of this.#waiting) got.reject(new Error(why));
    this.#end.resolve(why);
  }

  #say(request: Request): void {
    this.#said_ms = this.#used_ms = this.#clock.now_ms();
    this.#outbox.push([encodeLine(request)]);
  }

  #sendWaiting(): void {
    while (this.#sent.length < REQUESTS_MAX && this.#waiting.length > 0) {
      const ask = this.#waiting.shift()!;
      this.#sent.push(ask);
      this.#say({ k: "ask", n: ask.n, link: ask.link, ...ask.range });
    }
  }

  #drop(ask: Ask, reason: unknown): void {
    const at = this.#waiting.indexOf(ask);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (!ask.dropped && this.#sent.includes(ask)) this.#say({ k: "drop", n: ask.n });
    ask.dropped = true;
    ask.got.reject(reason);
  }

  async #read(): Promise<void> {
    try {
      for (let line; (line = await this.#wire.readLine()) !== null;) {
        const answer = readAnswer(line);
        if (answer === null) throw new WireError("it sent what is no answer");
        await this.#take(answer);
        if (this.#over !== null) return;
      }
      this.close("it closed the connection");
    } catch (error) {
      this.close(error instanceof WireError ? error.message : "the connection broke");
    }
  }

  async #take(answer: Answer | Unknown): Promise<void> {
    switch (answer.k) {
      case "data":
        await this.#takeData(this.#answered(answer.n), answer.bytes);
        return this.#sendWaiting();
      case "no":
        this.#answered(answer.n).got.resolve(LACKING);
        return this.#sendWaiting();
      case "has":
        return this.#takeNews(answer);
      case "pong":
        this.#pinged = false;
        return;
      case "bye":
        throw new WireError("it ended the connection");
    }
  }

  /** The request that is answered now, as it must be. */
  #answered(n: number): Ask {
    const ask = this.#sent.shift();
    if (ask === undefined || ask.n !== n) {
      // It is taken back, so that it fails with the connection.
      if (ask !== undefined) this.#sent.unshift(ask);
      throw new WireError("it answered what it was not asked");
    }
    this.#used_ms = this.#clock.now_ms();
    return ask;
  }

  async #takeData(ask: Ask, bytes: number): Promise<void> {
    if (bytes !== ask.bytes) {
      ask.got.resolve(WRONG);
      throw new WireError("it sent another number of bytes than it was asked for");
    }
    const room = this.#rooms.pop() ?? new Uint8Array(PIECE_CHUNKS * CHUNK_BYTES);
    const data = room.subarray(0, bytes);
    // It fails with the connection where the rest does not come.
    this.#sent.unshift(ask);
    await this.#wire.readInto(data);
    this.#sent.shift();
    if (ask.dropped) return void this.#rooms.push(room);
    // What the disk cannot take yet stays in the socket.
    while (this.#isFull() && this.#over === null) {
      await new Promise<void>((done) => this.#putDone = done);
    }
    this.#puts++;
    ask.put(data).then(ask.got.resolve, ask.got.reject).finally(() => {
      this.#puts--;
      this.#rooms.push(room);
      this.#putDone();
    });
  }

  /** Whether the disk has as much before it as it may. */
  #isFull(): boolean {
    return this.#puts >= PUTS_MAX;
  }

  #takeNews({ link, has: said }: Answer & { readonly k: "has" }): void {
    if (!this.#watched.has(link)) return;
    const has = said === null ? null : readRuns(said, chunksOf(link));
    if (has === null && said !== null) throw new WireError("it sent what are no runs of chunks");
    this.#used_ms = this.#clock.now_ms();
    this.#watched.set(link, has !== null);
    this.#tell({ link, has });
  }

  /** Looks for what takes too long. */
  #tick(): void {
    const now_ms = this.#clock.now_ms();
    const is_owed = !this.#isFull() && (this.#pinged || this.#sent.length > 0);
    if (this.#silent.stalled_ms(is_owed, this.#wire.heard_bytes) >= SILENT_MS) {
      return this.close(`it answered nothing for ${SILENT_MS / 1_000} s`);
    }
    const is_used = this.#sent.length > 0 || this.#watched.values().some((more) => more);
    if (!is_used && now_ms - this.#used_ms >= IDLE_MS) return this.close("it was idle");
    if (this.#pinged || now_ms - this.#said_ms < PING_MS) return;
    this.#pinged = true;
    this.#said_ms = now_ms;
    this.#outbox.push([encodeLine({ k: "ping" })]);
  }
}
