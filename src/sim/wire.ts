/**
 * One direction of a connection as bytes: reads end anywhere, also in the middle of a line, and the
 * very framer of the shell puts the lines together again.
 */

import { concat } from "@std/bytes/concat";
import { Framer } from "../shell/net/framer.ts";
import type { Dice } from "./dice.ts";

/** What a read gives: whole lines without newlines, or that they are too long. */
export type Read = readonly Uint8Array[] | "too-long";

export class Wire {
  readonly #dice: Dice;
  readonly #framer = new Framer();

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Whether it ends in the middle of a line. */
  get is_torn(): boolean {
    return this.#framer.pending > 0;
  }

  /** Lines with their newlines, in as many reads as chance has it. */
  carry(lines: readonly Uint8Array[]): Read[] {
    return this.#read(concat(lines as Uint8Array[]));
  }

  /** The same, but the connection breaks on the way. */
  carryPart(lines: readonly Uint8Array[]): Read[] {
    const bytes = concat(lines as Uint8Array[]);
    return this.#read(bytes.subarray(0, this.#dice.below(bytes.length)));
  }

  #read(bytes: Uint8Array): Read[] {
    const reads: Read[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = this.#dice.chance(0.5) ? bytes.length : 1 + this.#dice.below(400);
      const read = this.#framer.push(bytes.slice(at, at + length));
      if (read.length > 0) reads.push(read);
      at += length;
    }
    return reads;
  }
}
