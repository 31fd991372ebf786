/** Requests of the user that apps have not answered yet. */

import { deadline } from "@std/async/deadline";

/** Requests of the user that wait for how they ended. */
export class OpenRequests {
  readonly #open = new Map<number, (why: string | null) => void>();
  #next = 1;
  #changed = Promise.withResolvers<void>();

  /** Sends a request under a number of its own; resolves to how it ended. */
  send(send: (tag: number) => void): Promise<string | null> {
    const tag = this.#next++;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#open.set(tag, resolve);
    send(tag);
    return promise;
  }

  /** One ended; false where nobody here waits for it. */
  end(tag: number, why: string | null): boolean {
    const resolve = this.#open.get(tag);
    this.#open.delete(tag);
    resolve?.(why);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    return resolve !== undefined;
  }

  /** Resolves when fewer than so many wait. */
  async fewerThan(count: number): Promise<void> {
    while (this.#open.size >= count) await this.#changed.promise;
  }

  /** Resolves when none waits any more, or after a while, to how many do. */
  async settled(within_ms: number): Promise<number> {
    // Whether it was in time is seen by what is left.
    await deadline(this.fewerThan(1), within_ms).catch(() => {});
    return this.#open.size;
  }
}
