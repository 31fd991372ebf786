/** Tasks of files under way, as a test looks at them. */

import type { FilesTask } from "../../../../src/apps/files/tasks.ts";
import type { Worker as Work } from "../../../../src/shell/worker/jobs.ts";

/** One task: what it reports, and its end. */
export class Running {
  readonly done: Promise<unknown>;
  readonly #control = new AbortController();
  readonly #reports: unknown[] = [];
  #heard: () => void = () => {};

  constructor(work: Work, task: FilesTask) {
    this.done = work(task, this.#control.signal, (report) => {
      this.#reports.push(structuredClone(report));
      this.#heard();
    });
    // Whoever looks at it still sees that it failed.
    this.done.catch(() => {});
  }

  /** The next report. */
  // deno-lint-ignore no-explicit-any
  async next(): Promise<any> {
    while (this.#reports.length === 0) await new Promise<void>((heard) => this.#heard = heard);
    return this.#reports.shift();
  }

  cancel(): void {
    this.#control.abort();
  }
}
