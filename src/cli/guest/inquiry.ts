/** Questions to a running node, and what is wanted of its apps, as a guest of it. */

import { abortable } from "@std/async/abortable";
import { deadline } from "@std/async/deadline";
import type { Address, Json } from "../../core/types.ts";
import type { Line } from "../../core/wire/line.ts";
import { EXIT } from "../args/exit.ts";
import { Guest } from "./guest.ts";
import { say } from "../output/stderr.ts";
import { watchSignals } from "../input/signals.ts";

/** What is asked; its number is given by whoever asks. */
export interface Question {
  readonly q: string;
  readonly a?: readonly string[];
}

/** The rows of an answer. A node is believed what it says, but not that it makes sense. */
export type Rows = readonly (readonly string[])[];

/** Asks a question; resolves with the whole answer. */
export type Ask = (question: Question) => Promise<Rows>;

/** Wants something of an app; resolves with how it ended, however long that takes. */
export type Want = (app: string, request: Json) => Promise<Outcome>;

/** How a request ended; `late` where it was begun, and is not done. */
export interface Outcome {
  /** Null where it was done. */
  readonly why: string | null;
  readonly late: boolean;
}

/** Whom to ask, from the flags. */
export interface InquiryOptions {
  readonly join: readonly Address[];
  readonly network?: string;
  /** For each whole answer. */
  readonly timeout?: number;
  /** The exit code where the node goes before the end; 1 where nobody says. */
  readonly lost_code?: number;
}

/**
 * Joins a node as a guest and lets `talk` ask and want; gives the exit code, `talk`'s or that of a
 * failure. Where it is interrupted, the node hears of it, as the guest is gone.
 */
export async function inquire(
  options: InquiryOptions,
  talk: (ask: Ask, want: Want) => Promise<number>,
): Promise<number> {
  const inquiry = new Inquiry(options.timeout ?? 10_000, options.lost_code ?? EXIT.failed);
  const stop = watchSignals((code) => inquiry.end(code));
  try {
    const guest = await Guest.join(options.join, options.network ?? "rumor", inquiry);
    if (typeof guest === "number") return guest;
    const code = await inquiry.run(() =>
      talk(
        (question) => inquiry.ask(guest, question),
        (app, request) => inquiry.want(guest, app, request),
      )
    );
    await guest.close();
    return code;
  } finally {
    inquiry.end(EXIT.done);
    stop();
  }
}

/** Why an inquiry ends before its time, as an exit code. */
class Ended extends Error {
  constructor(readonly code: number) {
    super(`ended with ${code}`);
  }
}

class Inquiry {
  readonly #timeout_ms: number;
  readonly #lost_code: number;
  readonly #over = new AbortController();
  #number = 0;
  /** Number of the last question. */
  #asked = 0;
  #rows: (readonly string[])[] = [];
  #open: { again: () => void; resolve: (rows: Rows) => void } | null = null;
  readonly #wanted = new Map<number, (outcome: Outcome) => void>();

  constructor(timeout_ms: number, lost_code: number) {
    this.#timeout_ms = timeout_ms;
    this.#lost_code = lost_code;
  }

  /** Resolves with the code of `talk`, or with that of what ends it before. */
  async run(talk: () => Promise<number>): Promise<number> {
    try {
      return await abortable(talk(), this.#over.signal);
    } catch (error) {
      if (error instanceof Ended) return error.code;
      throw error;
    }
  }

  /** Asks, and waits for the whole answer; rejects where the inquiry is over before. */
  async ask(guest: Guest, question: Question): Promise<Rows> {
    const i = this.#asked = ++this.#number, line: Line = { k: "ask", i, ...question };
    const { promise, resolve } = Promise.withResolvers<Rows>();
    this.#rows = [];
    this.#open = { again: () => guest.send(line), resolve };
    guest.send(line);
    try {
      return await deadline(promise, this.#timeout_ms, this.#over);
    } catch (error) {
      if (error instanceof Ended) throw error;
      say("rumor: no answer in time");
      throw new Ended(EXIT.unacknowledged);
    }
  }

  /** Wants something of an app of the node, and waits for how it ends. */
  want(guest: Guest, app: string, r: Json): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>(), i = ++this.#number;
    this.#wanted.set(i, resolve);
    guest.send({ k: "request", i, app, r });
    return promise;
  }

  line(line: Line): void {
    if (line.k === "delivered") return this.#answered(line.i, { why: null, late: false });
    if (line.k === "refused") {
      if (line.i === this.#asked && this.#open !== null) return this.#fail(line.why, EXIT.failed);
      return this.#answered(line.i, { why: line.why, late: line.late ?? false });
    }
    if (line.k !== "answer" || line.i !== this.#asked || this.#open === null) return;
    for (const row of line.r) this.#rows.push(row);
    // The node sends one line at a time, as it is asked on.
    if (line.more) return this.#open.again();
    this.#open.resolve(this.#rows);
    this.#open = null;
  }

  #answered(i: number, outcome: Outcome): void {
    this.#wanted.get(i)?.(outcome);
    this.#wanted.delete(i);
  }

  entry(): void {}

  closed(why: string): void {
    this.#fail(why, this.#lost_code);
  }

  #fail(why: string, code: number): void {
    say(`rumor: ${why}`);
    this.end(code);
  }

  end(code: number): void {
    this.#over.abort(new Ended(code));
  }
}
