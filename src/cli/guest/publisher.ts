/** What commands that hand something over have in common: items for a node, and its acknowledgements. */

import type { Address, Json, Topic } from "../../core/types.ts";
import type { Line } from "../../core/wire/line.ts";
import { itemBytes } from "../../core/publish/slice.ts";
import { ENTRY_BYTES_TARGET } from "../../core/data/limits.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { Guest } from "./guest.ts";
import { lineFault, textItem } from "../input/items.ts";
import { readLines } from "../input/lines.ts";
import { say } from "../output/stderr.ts";
import { watchSignals } from "../input/signals.ts";

/** Requests that may wait for acknowledgement; more would only wait in the node. */
const REQUESTS_MAX = 8;

/** About so many bytes of items go into one request. */
const REQUEST_BYTES_TARGET = ENTRY_BYTES_TARGET / 2;
/** How long the acknowledgement of a request may take, unless the user says otherwise. */
const TIMEOUT_MS = 10_000;
/** A node that counts the time itself has this much more to say that it is over. */
const GRACE_MS = 1_000;

/** Whom to ask, from the flags. */
export interface PublishFlags {
  readonly join: readonly Address[];
  readonly network?: string;
  readonly timeout?: number;
}

/** What a command asks for. */
export interface Errand {
  /** The line that asks for it, from the number of the request and its items. */
  readonly request: (i: number, items: readonly Json[]) => Line;
  /** Who has to acknowledge, as the user is told. */
  readonly holders: string;
  /** How long that may take. */
  readonly within_ms: number;
  /** How long the node is waited for. */
  readonly patience_ms: number;
}

/** Sends items in order; resolves when more may be sent. `number` is the line of the first, or 0. */
export type Send = (items: readonly Json[], number: number) => Promise<void>;

/** Items for everybody, which `ack` nodes must hold. */
export function publishing(
  topic: Topic,
  { ack = 1, timeout = TIMEOUT_MS }: PublishFlags & { readonly ack?: number },
): Errand {
  return {
    request: (i, items) => ({ k: "publish", i, t: topic, b: items, ack }),
    holders: ack === 1 ? "the node" : `${ack} nodes`,
    within_ms: timeout,
    patience_ms: timeout,
  };
}

/** Items for an app of the node, which says when it is done; `holders` must acknowledge them. */
export function requesting(
  app: string,
  holders: string,
  { timeout = TIMEOUT_MS }: PublishFlags,
  makeRequest: (items: readonly Json[], within_ms: number) => { readonly [key: string]: Json },
): Errand {
  const within_ms = Math.ceil(timeout);
  return {
    request: (i, items) => ({ k: "request", i, app, r: makeRequest(items, within_ms) }),
    holders,
    within_ms: timeout,
    patience_ms: timeout + GRACE_MS,
  };
}

/** Hands items to a node, as a guest. */
export class Publisher {
  readonly #flags: PublishFlags;
  readonly #errand: Errand;
  /** Line numbers of requests that wait. */
  readonly #waiting = new Map<number, number>();
  readonly #ended = Promise.withResolvers<number>();
  #changed = Promise.withResolvers<void>();
  #guest: Guest | null = null;
  #next = 1;
  #failed = false;
  #sent_all = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(flags: PublishFlags, errand: Errand) {
    this.#flags = flags;
    this.#errand = errand;
  }

  /** Joins, lets `produce` send, waits for acknowledgement; gives the exit code. */
  async run(produce: (send: Send, complain: () => void) => Promise<void>): Promise<number> {
    const stop = watchSignals((code) => this.#ended.resolve(code));
    try {
      const { join, network = "rumor" } = this.#flags;
      const guest = await Guest.join(join, network, {
        line: (line) => {
          if (line.k === "published" || line.k === "delivered") this.#answered(line.i, null);
          if (line.k === "refused") this.#answered(line.i, line);
        },
        entry: () => {},
        closed: (why, address) => this.#lost(why, address),
      });
      if (typeof guest === "number") return guest;
      this.#guest = guest;
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

  /** Hands over words as one line, or without words each line of the input; gives the exit code. */
  speak(words: readonly string[], encoding: "utf-8" | "base64" = "utf-8"): Promise<number> {
    const line = words.join(" ");
    const fault = words.length > 0 ? lineFault(line) : null;
    if (fault !== null) throw new UsageError(fault);
    return this.run(async (send, complain) => {
      if (words.length > 0) return await send([textItem(line)], 0);
      const bad = (number: number, why: string) => {
        say(`rumor: line ${number}: ${why}`);
        complain();
      };
      const read = (buffer: Uint8Array) => Deno.stdin.read(buffer);
      for await (const { items, first } of readLines(read, encoding, bad)) await send(items, first);
    });
  }

  async #send(items: readonly Json[], number: number): Promise<void> {
    let start = 0;
    for (const part of split(items)) {
      while (this.#waiting.size >= REQUESTS_MAX) await this.#changed.promise;
      const i = this.#next++;
      this.#waiting.set(i, number === 0 ? 0 : number + start);
      this.#guest!.send(this.#errand.request(i, part));
      this.#check();
      start += part.length;
    }
  }

  #answered(i: number, refused: { readonly why: string; readonly late?: true } | null): void {
    const number = this.#waiting.get(i);
    if (number === undefined) return;
    if (refused?.late) return this.#late();
    this.#waiting.delete(i);
    if (refused !== null) {
      this.#failed = true;
      say(`rumor: ${number === 0 ? "" : `line ${number}: `}refused: ${refused.why}`);
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#check();
  }

  #lost(why: string, address: Address): void {
    if (this.#waiting.size === 0 && this.#sent_all) return;
    const left = this.#waiting.size === 0 ? "the rest was not sent" : "not all was acknowledged";
    say(`rumor: ${address}: ${why}; ${left}`);
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
    // Each answer starts it anew, which no deadline of one promise does.
    this.#timer ??= setTimeout(() => this.#late(), this.#errand.patience_ms);
  }

  /** What is not acknowledged in time ends everything, as what is behind it will fare no better. */
  #late(): void {
    this.#waiting.clear();
    const { holders, within_ms } = this.#errand;
    say(`rumor: not acknowledged by ${holders} within ${within_ms / 1000} s`);
    this.#ended.resolve(EXIT.unacknowledged);
  }
}

/** Items in requests of about one entry each, so that none is refused for its size. */
function* split(items: readonly Json[]): Generator<readonly Json[]> {
  let start = 0, bytes = 0;
  for (const [end, item] of items.entries()) {
    const more = itemBytes(item);
    if (end > start && bytes + more > REQUEST_BYTES_TARGET) {
      yield items.slice(start, end);
      start = end;
      bytes = 0;
    }
    bytes += more;
  }
  if (start < items.length) yield items.slice(start);
}
