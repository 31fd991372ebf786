/** Questions to a running node, asked as a guest of it. */

import type { Address } from "../../core/types.ts";
import type { Line } from "../../core/wire/line.ts";
import { EXIT } from "../args/exit.ts";
import { Guest, requireJoin } from "./guest.ts";
import { say } from "../output/stderr.ts";
import { watchSignals } from "../input/signals.ts";

/** What is asked; its number is given by whoever asks. */
export type Question =
  | { readonly q: "balances"; readonly a: readonly string[] }
  | { readonly q: "peers" | "counts" | "routes" };

/** The rows of an answer. A node is believed what it says, but not that it makes sense. */
export type Rows = readonly (readonly string[])[];

/** Asks a question; resolves with the whole answer. */
export type Ask = (question: Question) => Promise<Rows>;

/** Whom to ask, from the flags. */
export interface InquiryOptions {
  readonly join: readonly Address[];
  readonly network?: string;
  /** For each whole answer. */
  readonly timeout?: number;
}

/** Joins a node as a guest and lets `talk` ask; gives the exit code, `talk`'s or that of a failure. */
export async function inquire(
  options: InquiryOptions,
  talk: (ask: Ask) => Promise<number>,
): Promise<number> {
  requireJoin(options.join);
  const inquiry = new Inquiry(options.timeout ?? 10_000);
  const stop = watchSignals((code) => inquiry.end(code));
  try {
    const guest = await Guest.join(options.join, options.network ?? "rumor", inquiry);
    if (guest === null) {
      say("rumor: no node reachable");
      return EXIT.unreachable;
    }
    const code = await Promise.race([
      talk((question) => inquiry.ask(guest, question)),
      inquiry.ended,
    ]);
    await guest.close();
    return code;
  } finally {
    inquiry.end(EXIT.done);
    stop();
  }
}

class Inquiry {
  /** Resolves with the exit code where the inquiry ends before its time. */
  readonly ended: Promise<number>;
  readonly #timeout_ms: number;
  readonly #end: (code: number) => void;
  #number = 0;
  #rows: (readonly string[])[] = [];
  #open: { again: () => void; resolve: (rows: Rows) => void } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeout_ms: number) {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    this.#end = resolve;
    this.#timeout_ms = timeout_ms;
  }

  ask(guest: Guest, question: Question): Promise<Rows> {
    const line: Line = { k: "ask", i: ++this.#number, ...question };
    this.#rows = [];
    this.#timer = setTimeout(() => {
      say("rumor: no answer in time");
      this.#end(EXIT.unacknowledged);
    }, this.#timeout_ms);
    return new Promise((resolve) => {
      this.#open = { again: () => guest.send(line), resolve };
      guest.send(line);
    });
  }

  line(line: Line): void {
    if (line.k !== "answer" || line.i !== this.#number || this.#open === null) return;
    for (const row of line.r) this.#rows.push(row);
    // The node sends one line at a time, as it is asked on.
    if (line.more) return this.#open.again();
    clearTimeout(this.#timer);
    this.#open.resolve(this.#rows);
    this.#open = null;
  }

  entry(): void {}

  closed(why: string): void {
    say(`rumor: ${why}`);
    this.#end(EXIT.failed);
  }

  end(code: number): void {
    clearTimeout(this.#timer);
    this.#end(code);
  }
}
