/**
 * Which chunks of a level are here: a map of bits in pages, which are made where there is something to
 * note. So a file that is said to have 2^40 chunks takes no room until they come.
 */

import { RUNS_MAX } from "../limits.ts";
import type { Run, Runs } from "../runs.ts";

export const PAGE_BYTES = 4_096;
/** So many chunks are noted in one page. */
export const PAGE_CHUNKS = 8 * PAGE_BYTES;

/** Bytes of a map of bits. */
export interface Bits {
  /** Where they are in the whole map. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class ChunkSet {
  readonly #pages = new Map<number, Uint8Array>();
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  has(chunk: number): boolean {
    const page = this.#pages.get(Math.floor(chunk / PAGE_CHUNKS)), bit = chunk % PAGE_CHUNKS;
    return page !== undefined && ((page[bit >>> 3] >>> (bit & 7)) & 1) === 1;
  }

  hasAll(first: number, count: number): boolean {
    for (let chunk = first; chunk < first + count; chunk++) if (!this.has(chunk)) return false;
    return true;
  }

  /** Whether it was not there. */
  add(chunk: number): boolean {
    if (this.has(chunk)) return false;
    const number = Math.floor(chunk / PAGE_CHUNKS), bit = chunk % PAGE_CHUNKS;
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, page = new Uint8Array(PAGE_BYTES));
    page[bit >>> 3] |= 1 << (bit & 7);
    this.#count++;
    return true;
  }

  remove(chunk: number): void {
    if (!this.has(chunk)) return;
    const bit = chunk % PAGE_CHUNKS;
    this.#pages.get(Math.floor(chunk / PAGE_CHUNKS))![bit >>> 3] &= ~(1 << (bit & 7));
    this.#count--;
  }

  /** All of them. */
  runs(): Runs {
    const runs: [first: number, count: number][] = [];
    let last: [first: number, count: number] | null = null;
    for (const [number, page] of [...this.#pages].sort(([a], [b]) => a - b)) {
      for (let at = 0; at < PAGE_BYTES; at++) {
        const byte = page[at];
        if (byte === 0) continue;
        for (let bit = 0; bit < 8; bit++) {
          if (((byte >>> bit) & 1) === 0) continue;
          const chunk = number * PAGE_CHUNKS + 8 * at + bit;
          if (last !== null && last[0] + last[1] === chunk) last[1]++;
          else runs.push(last = [chunk, 1]);
        }
      }
    }
    return runs;
  }

  /** The piece of the map of bits in which chunks are noted, page by page. */
  *bits(first: number, count: number): Generator<Bits> {
    const end = first + count;
    for (let from = first; from < end;) {
      const number = Math.floor(from / PAGE_CHUNKS), page_end = (number + 1) * PAGE_CHUNKS;
      const to = Math.min(end, page_end), page = this.#pages.get(number) ?? EMPTY;
      const [a, b] = [(from % PAGE_CHUNKS) >>> 3, ((to - 1) % PAGE_CHUNKS) >>> 3];
      yield { at: number * PAGE_BYTES + a, bytes: page.subarray(a, b + 1) };
      from = to;
    }
  }
}

const EMPTY = new Uint8Array(PAGE_BYTES);

/** The longest of many runs, as others are told them. */
export function fewRuns(runs: Runs, runs_max: number = RUNS_MAX): Runs {
  if (runs.length <= runs_max) return runs;
  return runs.toSorted(([, a], [, b]) => b - a).slice(0, runs_max)
    .sort(([a]: Run, [b]: Run) => a - b);
}
