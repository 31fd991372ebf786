/** How far a long calculation is: one line on stderr, on a terminal only, gone when it is done. */

import { stderr } from "../output/stderr.ts";

/** Whoever waits no longer than this needs no bar. */
const QUIET_MS = 500;
const REDRAW_MS = 100;
const WIDTH = 30;

export class Progress implements Disposable {
  readonly #shown = stderr.is_terminal;
  #next_ms = performance.now() + QUIET_MS;
  #drawn = false;

  /** Draws the bar: what is being done, and how much of it is, from 0 to 1. */
  show(what: string, part: number): void {
    if (!this.#shown || performance.now() < this.#next_ms) return;
    this.#next_ms = performance.now() + REDRAW_MS;
    this.#drawn = true;
    stderr.show(`\r\x1b[K${progressText(what, part)}`);
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    if (this.#drawn) stderr.show("\r\x1b[K");
  }
}

/** The bar itself. */
export function progressText(what: string, part: number): string {
  const filled = Math.floor(Math.min(1, Math.max(0, part)) * WIDTH);
  const percent = Math.floor(Math.min(1, Math.max(0, part)) * 100);
  return `[${"#".repeat(filled).padEnd(WIDTH, ".")}] ${`${percent}`.padStart(3)}% ${what}`;
}
