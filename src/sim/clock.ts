/**
 * The virtual clock: one heap of what is to happen, ordered by time. What happens at one time happens
 * in an order that the seed draws, because no real network promises another.
 */

import type { Dice } from "./dice.ts";

/** `work` was caused by something that happened; a `timer` only by time passing. */
export type ItemKind = "work" | "timer";

interface Item {
  readonly at_ms: number;
  readonly tie: number;
  readonly number: number;
  readonly kind: ItemKind;
  readonly action: () => void;
}

export class Clock {
  readonly #dice: Dice | null;
  readonly #heap: Item[] = [];
  #now_ms: number;
  #count = 0;
  #work = 0;
  #stirred_ms: number;

  /** Without dice, what happens at one time happens in the order in which it was asked for. */
  constructor(dice: Dice | null, start_ms: number) {
    this.#dice = dice;
    this.#now_ms = this.#stirred_ms = start_ms;
  }

  get now_ms(): number {
    return this.#now_ms;
  }

  /** How much work is to be done, timers left out. */
  get work(): number {
    return this.#work;
  }

  /** Until when there is, as far as is known, life in what happens. */
  get stirred_ms(): number {
    return this.#stirred_ms;
  }

  /** When the next thing happens; Infinity where nothing will. */
  get next_ms(): number {
    return this.#heap[0]?.at_ms ?? Infinity;
  }

  /** Does something at a time, or now where that has passed. */
  at(time_ms: number, kind: ItemKind, action: () => void): void {
    const at_ms = Math.max(time_ms, this.#now_ms);
    const item = { at_ms, tie: this.#dice?.next() ?? 0, number: this.#count++, kind, action };
    if (kind === "work") this.#work++;
    this.#rise(item);
  }

  /** Something that matters happens at a time; dials that fail again and again do not. */
  stir(time_ms: number): void {
    this.#stirred_ms = Math.max(this.#stirred_ms, time_ms);
  }

  /** Does the next thing. */
  step(): void {
    const item = this.#heap[0];
    if (item === undefined) return;
    const last = this.#heap.pop()!;
    if (last !== item) this.#sink(last);
    this.#now_ms = item.at_ms;
    if (item.kind === "work") this.#work--;
    item.action();
  }

  /** Lets time pass in which nothing happens. */
  skipTo(time_ms: number): void {
    if (time_ms > this.next_ms) throw new Error("Something would be left out");
    this.#now_ms = Math.max(this.#now_ms, time_ms);
  }

  #rise(item: Item): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent], item)) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = item;
  }

  #sink(item: Item): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (child >= heap.length || isBefore(item, heap[child])) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
  }
}

function isBefore(a: Item, b: Item): boolean {
  if (a.at_ms !== b.at_ms) return a.at_ms < b.at_ms;
  return a.tie !== b.tie ? a.tie < b.tie : a.number < b.number;
}
