/**
 * The work of files outside of the core, in a thread of its own, so that chat never waits for it. This
 * file is both its sides: what the node holds of the thread, and, where a Worker begins with it, what
 * begins there. So it is in the compiled program wherever it is imported; only the thread loads the rest.
 */

import type { Worker as Work, Workplace } from "../../../shell/worker/jobs.ts";
import type { FilesTask } from "../tasks.ts";
import type { FromThread, ToThread } from "./thread_messages.ts";

/** A thread that was told to end has so long to leave the disk in order. */
const END_MS = 2_000;

/** A thread, as a `Worker` is one. */
export type Thread = Pick<
  Worker,
  "postMessage" | "terminate" | "onmessage" | "onmessageerror" | "onerror"
>;

/** A task that the thread has. */
interface Job {
  readonly is_open: boolean;
  readonly report: (result: unknown) => void;
  readonly done: PromiseWithResolvers<unknown>;
}

/** Makes what does the work of files at one node: a `MakeWorker`. */
export function makeFilesWorker(place: Workplace): Work {
  const begin = () => new Worker(import.meta.url, { type: "module", name: "files" });
  return new Engine(place, begin).work;
}

/**
 * Begins the thread with the first task, and ends it with the task `open`, or, while nothing is open,
 * behind the last task. A thread that falls is a fault of all tasks that it had; the next task begins
 * another, which knows nothing of what was shared and fetched in that one.
 */
export class Engine {
  readonly #place: Workplace;
  readonly #begin: () => Thread;
  #held: Held | null = null;

  /** `begin` makes a thread. */
  constructor(place: Workplace, begin: () => Thread) {
    this.#place = place;
    this.#begin = begin;
  }

  /** Does a `FilesTask`. */
  readonly work: Work = async (task, signal, report): Promise<unknown> => {
    signal.throwIfAborted();
    if (this.#held === null || this.#held.is_over) {
      this.#held = new Held(this.#begin(), this.#place);
    }
    return await this.#held.work(task as FilesTask, signal, report);
  };
}

/** What the node holds of one thread. */
class Held {
  readonly #thread: Thread;
  readonly #jobs = new Map<number, Job>();
  #count = 0;
  #is_over = false;
  #ending: ReturnType<typeof setTimeout> | undefined;

  constructor(thread: Thread, { host, data }: Workplace) {
    this.#thread = thread;
    thread.onmessage = ({ data }: MessageEvent<FromThread>) => this.#hear(data);
    thread.onerror = (event) => {
      // Otherwise it would be an error of the whole program.
      event.preventDefault();
      this.#fall(event.message);
    };
    thread.onmessageerror = () => this.#fall("what it says cannot be read");
    this.#post({ kind: "place", host, data });
  }

  /** Whether it takes no more tasks. */
  get is_over(): boolean {
    return this.#is_over;
  }

  async work(
    task: FilesTask,
    signal: AbortSignal,
    report: (result: unknown) => void,
  ): Promise<unknown> {
    const job = this.#count++, done = Promise.withResolvers<unknown>();
    this.#jobs.set(job, { is_open: task.do === "open", report, done });
    this.#post({ kind: "start", job, task });
    const cancel = () => this.#post({ kind: "cancel", job });
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await done.promise;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  #post(message: ToThread): void {
    this.#thread.postMessage(message);
  }

  #hear(message: FromThread): void {
    if (message.kind === "ended") return this.#fall("it was told to end");
    const job = this.#jobs.get(message.job);
    if (job === undefined) return;
    if (message.kind === "report") return job.report(message.result);
    this.#jobs.delete(message.job);
    if (message.kind === "done") job.done.resolve(message.result);
    else job.done.reject(new Error(message.fault));
    if (job.is_open || this.#jobs.size === 0) this.#end();
  }

  /** Lets the thread leave the disk in order. */
  #end(): void {
    if (this.#is_over) return;
    this.#is_over = true;
    this.#post({ kind: "end" });
    this.#ending = setTimeout(() => this.#fall("it did not end in time"), END_MS);
  }

  /** Nothing more comes of it. */
  #fall(why: string): void {
    this.#is_over = true;
    clearTimeout(this.#ending);
    this.#thread.terminate();
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const { done } of jobs) done.reject(new Error(`the thread of files fell: ${why}`));
  }
}

if (import.meta.main) {
  const scope = globalThis as unknown as Worker;
  const loaded = Promise.all([import("./thread.ts"), import("./disk.ts")])
    .then(([{ runThread }, { Disk }]) => runThread(scope, (place) => new Disk(place)));
  // What comes while the rest is loaded waits for it.
  scope.onmessage = async ({ data }: MessageEvent<ToThread>) => (await loaded)(data);
}
