/** Questions to a running node, asked as a guest of it. */

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

/** Wants something of an app; resolves to null when it is done, or to why it is not. */
export type RequestOf = (app: string, request: Json) => Promise<string | null>;

/** Whom to ask, from the flags. */
export interface InquiryOptions {
  readonly join: readonly Address[];
  readonly network?: string;
  /** For each whole answer. */
  readonly timeout?: number;
}

/**
 * Joins a node as a guest and lets `talk` ask, and want things; gives the exit code, `talk`'s or that of
 * a failure.
 */
export async function inquire(
  options: InquiryOptions,
  talk: (ask: Ask, request: RequestOf) => Promise<number>,
): Promise<number> {
  const inquiry = new Inquiry(options.timeout ?? 10_000);
  const stop = watchSignals((code) => inquiry.end(code));
  try {
    const guest = await Guest.join(options.join, options.network ?? "rumor", inquiry);
    if (typeof guest === "number") return guest;
    const ask = (question: Question) => inquiry.ask(guest, question);
    const request = (app: string, wish: Json) => inquiry.request(guest, app, wish);
    const code = await inquiry.run(() => talk(ask, request));
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
  readonly #over = new AbortController();
  #number = 0;
  /** The number of the question. */
  #asked = 0;
  #rows: (readonly string[])[] = [];
  readonly #requests = new Map<number, (why: string | null) => void>();
  #open: { again: () => void; resolve: (rows: Rows) => void } | null = null;

  constructor(timeout_ms: number) {
    this.#timeout_ms = timeout_ms;
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
    this.#asked = ++this.#number;
    const line: Line = { k: "ask", i: this.#asked, ...question };
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

  /** Wants something of an app, however long that takes. */
  request(guest: Guest, app: string, r: Json): Promise<string | null> {
    const i = ++this.#number, { promise, resolve } = Promise.withResolvers<string | null>();
    this.#requests.set(i, resolve);
    guest.send({ k: "request", i, app, r });
    return promise;
  }

  line(line: Line): void {
    if (line.k === "delivered" || line.k === "refused") {
      this.#requests.get(line.i)?.(line.k === "refused" ? line.why : null);
      if (this.#requests.delete(line.i)) return;
    }
    if (line.k === "refused" && line.i === this.#asked) return this.closed(line.why);
    if (line.k !== "answer" || line.i !== this.#asked || this.#open === null) return;
    for (const row of line.r) this.#rows.push(row);
    // The node sends one line at a time, as it is asked on.
    if (line.more) return this.#open.again();
    this.#open.resolve(this.#rows);
    this.#open = null;
  }

  entry(): void {}

  closed(why: string): void {
    say(`rumor: ${why}`);
    this.end(EXIT.failed);
  }

  end(code: number): void {
    this.#over.abort(new Ended(code));
  }
}
