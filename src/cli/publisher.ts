/** What `rumor pub` and `rumor pay` have in common: items for a node, and its acknowledgements. */

import type { Address, Json, Topic } from "../core/types.ts";
import { ENTRY_BYTES_TARGET } from "../core/limits.ts";
import { EXIT, UsageError } from "./exit.ts";
import { Guest } from "./guest.ts";
import { say } from "./output.ts";
import { watchSignals } from "./signals.ts";

/** Requests that may wait for acknowledgement; more would only wait in the node. */
const REQUESTS_MAX = 8;

export interface PublishFlags {
  readonly join: readonly Address[];
  readonly network?: string;
  readonly ack?: number;
  readonly timeout?: number;
}

/** Sends items in order; resolves when more may be sent. `number` is the line of the first, or 0. */
export type Send = (items: readonly Json[], number: number) => Promise<void>;

/** Throws a `UsageError` where a command has nobody to ask. */
export function requireJoin(join: readonly Address[]): void {
  if (join.length === 0) throw new UsageError("--join HOST:PORT is needed, or RUMOR_JOIN");
}

/** Publishes through a node, as a guest. */
export class Publisher {
  readonly #flags: PublishFlags;
  readonly #topic: Topic;
  /** Line numbers of requests that wait. */
  readonly #waiting = new Map<number, number>();
  readonly #ended = Promise.withResolvers<number>();
  #changed = Promise.withResolvers<void>();
  #guest: Guest | null = null;
  #next = 1;
  #failed = false;
  #sent_all = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(flags: PublishFlags, topic: Topic) {
    this.#flags = flags;
    this.#topic = topic;
  }

  /** Joins, lets `produce` send, waits for acknowledgement; gives the exit code. */
  async run(produce: (send: Send, complain: () => void) => Promise<void>): Promise<number> {
    const stop = watchSignals((code) => this.#ended.resolve(code));
    try {
      const { join, network = "rumor" } = this.#flags;
      this.#guest = await Guest.join(join, network, {
        line: (line) => {
          if (line.k === "published") this.#answered(line.i, null);
          if (line.k === "refused") this.#answered(line.i, line.why);
        },
        entry: () => {},
        closed: (why) => this.#lost(why),
      });
      if (this.#guest === null) {
        say("rumor: no node reachable");
        return EXIT.unreachable;
      }
      produce((items, number) => this.#send(items, number), () => this.#failed = true)
        .catch((error: Error) => {
          say(`rumor: cannot read the input: ${error.message}`);
          this.#failed = true;
        })
        .finally(() => {
          this.#sent_all = true;
          this.#check();
        });
      return await this.#ended.promise;
    } finally {
      stop();
      clearTimeout(this.#timer);
      await this.#guest?.close();
    }
  }

  async #send(items: readonly Json[], number: number): Promise<void> {
    // Each request is about one entry, so that none is refused for its size.
    for (let start = 0; start < items.length;) {
      let end = start, bytes = 0;
      while (end < items.length && (end === start || bytes < ENTRY_BYTES_TARGET / 2)) {
        bytes += JSON.stringify(items[end++]).length + 1;
      }
      while (this.#waiting.size >= REQUESTS_MAX) await this.#changed.promise;
      const i = this.#next++;
      this.#waiting.set(i, number === 0 ? 0 : number + start);
      const b = items.slice(start, end);
      this.#guest!.send({ k: "publish", i, t: this.#topic, b, ack: this.#flags.ack ?? 1 });
      this.#check();
      start = end;
    }
  }

  #answered(i: number, refused: string | null): void {
    const number = this.#waiting.get(i);
    if (number === undefined) return;
    this.#waiting.delete(i);
    if (refused !== null) {
      this.#failed = true;
      say(`rumor: ${number === 0 ? "" : `line ${number}: `}refused: ${refused}`);
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#check();
  }

  #lost(why: string): void {
    if (this.#waiting.size === 0 && this.#sent_all) return;
    const left = this.#waiting.size === 0 ? "the rest was not sent" : "not all was acknowledged";
    say(`rumor: ${this.#guest!.address}: ${why}; ${left}`);
    this.#ended.resolve(EXIT.unacknowledged);
  }

  /** Ends when everything is answered; else waits, as long as answers come in time. */
  #check(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    if (this.#waiting.size === 0) {
      if (this.#sent_all) this.#ended.resolve(this.#failed ? EXIT.failed : EXIT.done);
      return;
    }
    const timeout_ms = this.#flags.timeout ?? 10_000;
    this.#timer ??= setTimeout(() => {
      const ack = this.#flags.ack ?? 1;
      const nodes = ack === 1 ? "the node" : `${ack} nodes`;
      say(`rumor: not acknowledged by ${nodes} within ${timeout_ms / 1000} s`);
      this.#ended.resolve(EXIT.unacknowledged);
    }, timeout_ms);
  }
}
