/**
 * Signatures that another thread checks while this one goes on: half of what it takes to check a chain
 * is that. This file is both its sides, as that of the miner's threads.
 */

import { Verifier } from "../../../shell/crypto/crypto.ts";

/** With no more than these it is not worth to begin another thread. */
const FEW = 256;
/** So many are handed over at once. */
const BATCH = 64;
/** The other thread has so many before it at most; where it has, this one checks. */
const AHEAD_MAX = 8 * BATCH;

/** One signature, as the other thread is given it. */
type Check = readonly [key: string, bytes: Uint8Array, signature: string];

/** What both threads see: how many were checked there, and how many of those are wrong. */
const CHECKED = 0;
const WRONG = 1;

/** Checks signatures with the help of another thread where there are many; to be closed. */
export class Signatures implements Disposable {
  readonly #open: () => Worker;
  readonly #own = new Verifier();
  readonly #counts = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  readonly #ended = Promise.withResolvers<void>();
  #worker: Worker | null = null;
  #batch: Check[] = [];
  #seen = 0;
  #handed = 0;

  /** `open` begins the other thread. */
  constructor(
    open = () => new Worker(import.meta.url, { type: "module", name: "signatures" }),
  ) {
    this.#open = open;
    this.#ended.promise.catch(() => {});
  }

  /** Whether a signature is good, or will be looked at before `allGood()` says so. */
  check(key: string, bytes: Uint8Array, signature: string): boolean {
    const ahead = this.#handed - Atomics.load(this.#counts, CHECKED);
    if (++this.#seen <= FEW || ahead >= AHEAD_MAX) return this.#own.check(key, bytes, signature);
    this.#handed++;
    // What it is a part of is large, and would be copied as a whole.
    this.#batch.push([key, bytes.slice(), signature]);
    if (this.#batch.length >= BATCH) this.#hand();
    return true;
  }

  /** Whether all are good that `check()` took for it; rejects where the other thread fell. */
  async allGood(): Promise<boolean> {
    if (this.#handed === 0) return true;
    this.#hand();
    // An empty batch is the last one.
    this.#hand();
    await this.#ended.promise;
    return Atomics.load(this.#counts, WRONG) === 0;
  }

  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }

  #hand(): void {
    this.#worker ??= this.#begin();
    this.#worker.postMessage(this.#batch);
    this.#batch = [];
  }

  #begin(): Worker {
    const worker = this.#open();
    worker.onmessage = () => this.#ended.resolve();
    worker.onerror = (event) => {
      // Otherwise it would be an error of the whole program.
      event.preventDefault();
      this.#ended.reject(new Error(event.message));
    };
    worker.postMessage(this.#counts);
    return worker;
  }
}

/** What a Worker has as its global scope, which the types of a program do not know. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Int32Array | readonly Check[]>) => void;
  postMessage(answer: null): void;
}

if (import.meta.main) {
  const scope = globalThis as unknown as WorkerScope, verifier = new Verifier();
  let counts: Int32Array;
  scope.onmessage = ({ data }) => {
    if (data instanceof Int32Array) return void (counts = data);
    for (const [key, bytes, signature] of data) {
      if (!verifier.check(key, bytes, signature)) Atomics.add(counts, WRONG, 1);
      Atomics.add(counts, CHECKED, 1);
    }
    if (data.length === 0) scope.postMessage(null);
  };
}
