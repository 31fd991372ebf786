/**
 * What is to happen, by the millisecond. Simpler and faster than the clock of a network of real nodes
 * (../clock.ts): what happens at one time happens in the order in which it was asked for.
 */
export class Agenda {
  readonly #due = new Map<number, (() => void)[]>();
  #left = 0;
  #now_ms = 0;

  get now_ms(): number {
    return this.#now_ms;
  }

  /** Does something at a whole millisecond, now or later. */
  at(time_ms: number, action: () => void): void {
    const list = this.#due.get(time_ms);
    if (list === undefined) this.#due.set(time_ms, [action]);
    else list.push(action);
    this.#left++;
  }

  /** Does all that is due before a time, and lets time pass up to it; or all that there is. */
  run(until_ms = Infinity): void {
    while (this.#left > 0 && this.#now_ms < until_ms) {
      const list = this.#due.get(this.#now_ms);
      if (list !== undefined) {
        // What is asked for now is done now, too.
        for (let at = 0; at < list.length; at++) list[at]();
        this.#left -= list.length;
        this.#due.delete(this.#now_ms);
      }
      if (this.#left > 0) this.#now_ms++;
    }
    if (until_ms < Infinity) this.#now_ms = Math.max(this.#now_ms, until_ms);
  }
}
