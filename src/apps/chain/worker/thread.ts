/**
 * One thread that searches nonces. This file is both its sides: what the node holds of it, and, where a
 * Worker begins with it, what runs there. So it is in the compiled program wherever it is imported.
 */

import { yieldToOthers } from "../../../shell/worker/priority.ts";
import { NONCES_END, searchNonce } from "../miner/search.ts";

/** So many nonces are tried between two looks at whether to stop: a few milliseconds at the most. */
export const SLICE = 4_096;

/** The numbers that the threads of a search share with the node. */
const STOP = 0;
const HASHES = 1;

/** What all threads of one search share. */
export class Shared {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#numbers = new BigInt64Array(memory);
  }

  /** How many nonces were tried, whole slices of the losers only. */
  get hashes(): number {
    return Number(Atomics.load(this.#numbers, HASHES));
  }

  /** Whether the search is over. */
  get stopped(): boolean {
    return Atomics.load(this.#numbers, STOP) !== 0n;
  }

  /** Ends the search on all threads, each with its slice. */
  stop(): void {
    Atomics.store(this.#numbers, STOP, 1n);
  }

  tried(nonces: number): void {
    Atomics.add(this.#numbers, HASHES, BigInt(nonces));
  }
}

/** A thread's share: of every `threads` slices the one with number `place`. */
export interface Share {
  readonly header: Uint8Array;
  readonly place: number;
  readonly threads: number;
  readonly memory: SharedArrayBuffer;
}

/** What a thread answers to each share: the nonce that it found, or null where it was stopped. */
interface Answer {
  readonly nonce: number | null;
}

/** Searches a share until it has a nonce, which stops the others, or is stopped. */
export function searchShare({ header, place, threads, memory }: Share): number | null {
  const shared = new Shared(memory);
  for (let from = place * SLICE; from < NONCES_END; from += threads * SLICE) {
    if (shared.stopped) return null;
    const nonce = searchNonce(header, from, SLICE);
    shared.tried(nonce === null ? SLICE : nonce - from + 1);
    if (nonce === null) continue;
    shared.stop();
    return nonce;
  }
  return null;
}

/** What the node holds of a thread. */
export class Thread {
  readonly #worker: Worker;
  /** Who waits for answers, which come in the order of the shares. */
  #waiting: PromiseWithResolvers<number | null>[] = [];
  #broken = false;

  /** Of a Worker that answers shares; without one, begins it. */
  constructor(worker = new Worker(import.meta.url, { type: "module", name: "miner" })) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      this.#waiting.shift()?.resolve(data.nonce);
    };
    worker.onerror = (event) => {
      // Otherwise it would be an error of the whole program.
      event.preventDefault();
      this.#break(event.message);
    };
    worker.onmessageerror = () => this.#break("its answer cannot be read");
  }

  /** Whether it fell, and will answer nothing more. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Searches a share, behind those that it was given before; resolves to the nonce, or to null when the
   * search was stopped. Rejects when the thread falls.
   */
  search(share: Share): Promise<number | null> {
    const answer = Promise.withResolvers<number | null>();
    this.#waiting.push(answer);
    this.#worker.postMessage(share);
    return answer.promise;
  }

  /** Ends the thread at once, without an answer. */
  close(): void {
    this.#worker.terminate();
    this.#waiting = [];
  }

  #break(why: string): void {
    const waiting = this.#waiting;
    this.#broken = true;
    this.close();
    for (const { reject } of waiting) reject(new Error(`a mining thread fell: ${why}`));
  }
}

/** What a Worker has as its global scope, which the types of a program do not know. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Share>) => void;
  postMessage(answer: Answer): void;
}

if (import.meta.main) {
  const scope = globalThis as unknown as WorkerScope;
  // Lines and acknowledgements must not wait for who has as much to do as there are cores.
  yieldToOthers();
  scope.onmessage = ({ data }) => scope.postMessage({ nonce: searchShare(data) });
}
