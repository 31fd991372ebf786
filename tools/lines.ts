/** Lines that arrive from a process, and promises that one of them settles. */

import { deadline } from "@std/async/deadline";

/** What to wait for: so many lines, one exact line, or the first line that a check accepts. */
export type LineCheck = number | string | ((line: string) => boolean);

interface Waiter {
  readonly accepts: (line: string, index: number) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Collects text as lines and settles those who wait, as the lines arrive. `TextLineStream` of
 * @std/streams would hide a CR at the end of a line, which a test must see.
 */
export class LineCollector {
  /** Every whole line so far, without its newline; the last, unfinished one joins at the end. */
  readonly lines: string[] = [];
  #partial = "";
  #ended = false;
  readonly #waiters = new Set<Waiter>();

  /** Adds text as it was read, cut anywhere. */
  push(text: string): void {
    const parts = (this.#partial + text).split("\n");
    this.#partial = parts.pop() ?? "";
    for (const line of parts) this.#add(line);
  }

  /** Says that nothing more will come: whoever still waits is refused with `reason`. */
  end(reason: string): void {
    this.#ended = true;
    if (this.#partial !== "") this.#add(this.#partial);
    this.#partial = "";
    for (const waiter of this.#waiters) waiter.reject(new Error(reason));
    this.#waiters.clear();
  }

  /** The line that satisfies `check`, now or as soon as it is there. */
  wait(check: LineCheck): Promise<string> {
    const accepts = acceptor(check);
    const found = this.lines.findIndex(accepts);
    if (found >= 0) return Promise.resolve(this.lines[found]);
    if (check === 0) return Promise.resolve("");
    if (this.#ended) return Promise.reject(new Error("the output ended without it"));
    return new Promise((resolve, reject) => this.#waiters.add({ accepts, resolve, reject }));
  }

  #add(line: string): void {
    const index = this.lines.push(line) - 1;
    for (const waiter of this.#waiters) {
      if (!waiter.accepts(line, index)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(line);
    }
  }
}

function acceptor(check: LineCheck): (line: string, index: number) => boolean {
  if (typeof check === "number") return (_, index) => index + 1 >= check;
  if (typeof check === "string") return (line) => line === check;
  return check;
}

/** Settles like `work`, or fails after `timeout_ms` with the text that `explain` gives then. */
export async function withDeadline<T>(
  work: Promise<T>,
  timeout_ms: number,
  explain: () => string,
): Promise<T> {
  try {
    return await deadline(work, timeout_ms);
  } catch (error) {
    const is_late = error instanceof DOMException && error.name === "TimeoutError";
    throw is_late ? new Error(`not within ${timeout_ms} ms: ${explain()}`) : error;
  }
}
