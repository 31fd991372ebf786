/** Mining outside of the core: threads that search one header until it is good. */

import { abortable } from "@std/async/abortable";
import type { Worker } from "../../../shell/worker/jobs.ts";
import { asMineTask, type Mined, type MineProgress } from "../miner/task.ts";
import { type Share, Shared, Thread } from "./thread.ts";

/** How often it is told how far a search is. */
const REPORT_MS = 250;

/** How long threads wait for the next search: to begin one takes longer than to find easy nonces. */
const WARM_MS = 3_000;

/** The threads of a program that mine, as many as its searches take; none where nothing was mined lately. */
export class Miner {
  readonly #open: () => Thread;
  readonly #warm_ms: number;
  #idle: Thread[] = [];
  /** How many threads are at work. */
  #busy = 0;
  #cooling: ReturnType<typeof setTimeout> | undefined;

  /** `open` begins a thread; after `warm_ms` without a search all of them end. */
  constructor({ open = () => new Thread(), warm_ms = WARM_MS } = {}) {
    this.#open = open;
    this.#warm_ms = warm_ms;
  }

  /**
   * Does a `MineTask`: reports a `MineProgress` now and then, and resolves to a `Mined`. Rejects at once
   * when the signal says so; the threads stop with their slice.
   */
  readonly work: Worker = async (task, signal, report): Promise<Mined> => {
    const { header, threads: count } = asMineTask(task);
    signal.throwIfAborted();
    const shared = new Shared();
    const threads = this.#take(count);
    const timer = setInterval(() => {
      report({ hashes: shared.hashes } satisfies MineProgress);
    }, REPORT_MS);
    try {
      const search = (thread: Thread, place: number) => {
        const share: Share = { header, place, threads: count, memory: shared.memory };
        return thread.search(share);
      };
      const nonce = await abortable(firstFound(threads.map(search)), signal);
      return { nonce, hashes: shared.hashes };
    } finally {
      clearInterval(timer);
      shared.stop();
      this.#give(threads);
    }
  };

  /** Ends the threads that have nothing to do. */
  close(): void {
    clearTimeout(this.#cooling);
    for (const thread of this.#idle) thread.close();
    this.#idle = [];
  }

  #take(count: number): Thread[] {
    clearTimeout(this.#cooling);
    this.#idle = this.#idle.filter(({ broken }) => !broken);
    const threads = this.#idle.splice(0, count);
    while (threads.length < count) threads.push(this.#open());
    this.#busy += count;
    return threads;
  }

  /** Takes threads back, which may still be at the slice that they were stopped in. */
  #give(threads: readonly Thread[]): void {
    this.#busy -= threads.length;
    this.#idle.push(...threads);
    if (this.#busy > 0) return;
    this.#cooling = setTimeout(() => this.close(), this.#warm_ms);
  }
}

/** The first nonce that a thread found; rejects where one falls, or none finds any. */
function firstFound(searches: readonly Promise<number | null>[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let open = searches.length;
  for (const search of searches) {
    search.then((nonce) => {
      open--;
      if (nonce !== null) resolve(nonce);
      else if (open === 0) reject(new Error("no nonce makes this header good"));
    }, reject);
  }
  return promise;
}
