/** What all nodes of a simulation share: the clock, how messages travel, and what is counted. */

import { Agenda } from "./agenda.ts";
import { Dice } from "../dice.ts";
import { Logs } from "./logs.ts";
import type { SpreadKind } from "../../core/data/config.ts";
import type { Traffic } from "./options.ts";

/** One direction of a link. */
export interface Direction {
  /** When what was sent last arrives. */
  last_ms: number;
}

/** How messages travel. */
export interface AirOptions {
  readonly spread: SpreadKind;
  readonly latency_ms: readonly [number, number];
  readonly loss: number;
  readonly seed: number;
}

export class Air {
  readonly #agenda = new Agenda();
  readonly logs = new Logs();
  readonly loss: number;
  readonly spread: SpreadKind;
  readonly #latency_ms: readonly [number, number];
  readonly #dice: Dice;
  #traffic = { payload: 0, have: 0, prune: 0, graft: 0 };

  constructor({ spread, latency_ms, loss, seed }: AirOptions) {
    this.spread = spread;
    this.loss = loss;
    this.#latency_ms = latency_ms;
    this.#dice = new Dice(seed);
  }

  get now_ms(): number {
    return this.#agenda.now_ms;
  }

  /** The longest time that a message is under way. */
  get latency_max_ms(): number {
    return this.#latency_ms[1];
  }

  latency(): number {
    return this.#dice.between(...this.#latency_ms);
  }

  /** Sends a message on a link; in order, or where some get lost, as datagrams do, in any order. */
  send(kind: keyof Traffic, wire: Direction, arrive: () => void): void {
    this.#traffic[kind]++;
    const at_ms = this.now_ms + this.latency();
    if (this.loss > 0 && this.#dice.next() < this.loss) return;
    wire.last_ms = this.loss > 0 ? at_ms : Math.max(wire.last_ms, at_ms);
    this.#agenda.at(wire.last_ms, arrive);
  }

  /** Does something after a while. */
  after(pause_ms: number, action: () => void): void {
    this.#agenda.at(this.now_ms + pause_ms, action);
  }

  /** Runs up to a time, or until nothing is left to happen. */
  run(until_ms = Infinity): void {
    this.#agenda.run(until_ms);
  }

  /** What was sent since it was asked last. */
  takeTraffic(): Traffic {
    const traffic = this.#traffic;
    this.#traffic = { payload: 0, have: 0, prune: 0, graft: 0 };
    return traffic;
  }
}
