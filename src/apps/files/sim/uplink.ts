/** What one node sends: requests of others, a part of each in turn, one after the other. */

import type { Clock } from "../../../sim/clock.ts";
import type { Range } from "../tasks.ts";

/** Somebody wants chunks. */
export interface Request {
  readonly from: number;
  readonly ask: number;
  readonly range: Range;
  readonly bytes: number;
}

/** So much is sent of one request before that of somebody else has its turn. */
const TURN_BYTES = 65_536;

export class Uplink {
  readonly #clock: Clock;
  readonly #bytes_per_ms: number;
  readonly #sent: (request: Request) => void;
  /** Requests by who made them; who is first is next. */
  readonly #queues = new Map<number, { request: Request; left_bytes: number }[]>();
  #is_busy = false;
  /** Sent in all, also of what was cancelled then. */
  sent_bytes = 0;

  /** `sent` is told when the last byte of a request has left. */
  constructor(clock: Clock, bytes_per_s: number, sent: (request: Request) => void) {
    this.#clock = clock;
    this.#bytes_per_ms = bytes_per_s / 1_000;
    this.#sent = sent;
  }

  add(request: Request): void {
    const queue = this.#queues.get(request.from), one = { request, left_bytes: request.bytes };
    if (queue === undefined) this.#queues.set(request.from, [one]);
    else queue.push(one);
    if (!this.#is_busy) this.#next();
  }

  /** Somebody no longer wants something. */
  cancel(from: number, ask: number): void {
    const queue = this.#queues.get(from)?.filter(({ request }) => request.ask !== ask) ?? [];
    if (queue.length === 0) this.#queues.delete(from);
    else this.#queues.set(from, queue);
  }

  #next(): void {
    const [first] = this.#queues;
    this.#is_busy = first !== undefined;
    if (first === undefined) return;
    const [from, [one]] = first, bytes = Math.min(one.left_bytes, TURN_BYTES);
    one.left_bytes -= bytes;
    this.sent_bytes += bytes;
    // Whoever is served goes to the end of the row.
    const queue = this.#queues.get(from)!;
    this.#queues.delete(from);
    this.#queues.set(from, queue);
    this.#clock.at(this.#clock.now_ms + bytes / this.#bytes_per_ms, "work", () => {
      if (one.left_bytes === 0 && this.#queues.get(from)?.includes(one)) {
        this.cancel(from, one.request.ask);
        this.#sent(one.request);
      }
      this.#next();
    });
  }
}
