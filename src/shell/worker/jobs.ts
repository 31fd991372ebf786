/** Work of apps that takes long, done outside the core, each job on its own until it ends or is cancelled. */

import { plainError } from "../files/files.ts";

/**
 * Does one kind of an app's work. `report` tells how far it is, as often as that is of use; it should
 * stop soon when the signal says so.
 */
export type Worker = (
  task: unknown,
  signal: AbortSignal,
  report: (result: unknown) => void,
) => Promise<unknown>;

/** Where a worker is to do its work. */
export interface Workplace {
  /** The host that the node listens on: "0.0.0.0" or "::" for all addresses. */
  readonly host: string;
  /** The directory of what the node stores; null where it stores nothing. */
  readonly data: string | null;
}

/** Makes what does an app's work at one node. */
export type MakeWorker = (place: Workplace) => Worker;

/** How far a job is, or what came of it. */
export interface JobNews {
  readonly job: number;
  readonly result: unknown;
  readonly fault: string | null;
  readonly done: boolean;
}

export class Jobs {
  readonly #workers: Readonly<Record<string, Worker>>;
  readonly #tell: (news: JobNews) => void;
  readonly #open = new Map<number, AbortController>();

  /** `workers` by the names of their apps; `tell` hears of each job, the last time with `done`. */
  constructor(workers: Readonly<Record<string, Worker>>, tell: (news: JobNews) => void) {
    this.#workers = workers;
    this.#tell = tell;
  }

  /** Begins a job. What it throws is its fault, and nobody else's. */
  start(app: string, job: number, task: unknown): void {
    const worker = this.#workers[app] ?? (() => {
      throw new Error(`the app ${app} has no worker`);
    });
    const control = new AbortController();
    this.#open.set(job, control);
    const report = (result: unknown) => {
      if (this.#open.has(job)) this.#tell({ job, result, fault: null, done: false });
    };
    // In a turn of its own, so that what it says never comes while the core is still at work.
    Promise.resolve()
      .then(() => worker(task, control.signal, report))
      .then((result) => this.#end(job, result, null), (error) => {
        this.#end(job, null, control.signal.aborted ? "cancelled" : plainError(error));
      });
  }

  /** A job is no longer wanted; it is told of all the same when it ends. */
  cancel(job: number): void {
    this.#open.get(job)?.abort();
  }

  /** Cancels everything. */
  close(): void {
    for (const control of this.#open.values()) control.abort();
    this.#open.clear();
  }

  #end(job: number, result: unknown, fault: string | null): void {
    if (!this.#open.delete(job)) return;
    this.#tell({ job, result, fault, done: true });
  }
}
