/**
 * Puts long lines together again. The key of a piece comes from the bytes of its line, so the pieces
 * of a line that is sent again complete those that came before. Everything is bounded: lines, bytes,
 * time, for each connection and in all.
 */

import {
  DATAGRAM_BYTES_MIN,
  LINE_BYTES_MAX,
  PARTIAL_BYTES_ALL_MAX,
  PARTIAL_BYTES_MAX,
  PARTIAL_LINES_MAX,
  PARTIAL_MS,
} from "../../core/data/limits.ts";
import { ID_BYTES, idText, PIECE_HEADER_BYTES } from "./datagram.ts";

/** No line has more pieces. */
const PIECES_MAX = Math.ceil((LINE_BYTES_MAX + 1) / (DATAGRAM_BYTES_MIN - 64));
/** What the list of a line's pieces costs, about. */
const PARTIAL_OVERHEAD_BYTES = 1_024;

/** Bytes that all connections together hold. */
export interface PieceBudget {
  bytes: number;
}

interface Partial {
  readonly parts: (Uint8Array | undefined)[];
  readonly key: Uint8Array;
  missing: number;
  bytes: number;
  touched_ms: number;
}

export class Pieces {
  readonly #partials = new Map<string, Partial>();
  readonly #budget: PieceBudget;
  readonly #hash: (bytes: Uint8Array) => Uint8Array;
  #bytes = 0;

  constructor(budget: PieceBudget, hash: (bytes: Uint8Array) => Uint8Array) {
    this.#budget = budget;
    this.#hash = hash;
  }

  /** Lines that are not complete. */
  get lines(): number {
    return this.#partials.size;
  }

  /** Takes a piece; gives the line, without its newline, where that completes it. */
  add(body: Uint8Array, now_ms: number): Uint8Array | null {
    this.#expire(now_ms);
    if (body.length <= PIECE_HEADER_BYTES) return null;
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const number = view.getUint16(ID_BYTES), count = view.getUint16(ID_BYTES + 2);
    if (count < 2 || count > PIECES_MAX || number >= count) return null;
    const key = body.slice(0, ID_BYTES), part = body.slice(PIECE_HEADER_BYTES);
    // Pieces of another size come from a sender that cuts otherwise: they fit only each other.
    const name = `${idText(key)}${count}`;
    const partial = this.#partials.get(name) ?? this.#begin(name, key, count, now_ms);
    partial.touched_ms = now_ms;
    if (partial.parts[number] !== undefined) return null;
    if (partial.bytes + part.length > LINE_BYTES_MAX + 1 + PARTIAL_OVERHEAD_BYTES) {
      this.#drop(name);
      return null;
    }
    partial.parts[number] = part;
    partial.missing--;
    this.#count(partial, part.length);
    if (partial.missing > 0) {
      this.#shrink(name);
      return null;
    }
    this.#drop(name);
    return this.#finish(partial);
  }

  /** Forgets everything. */
  clear(): void {
    for (const name of [...this.#partials.keys()]) this.#drop(name);
  }

  #begin(name: string, key: Uint8Array, count: number, now_ms: number): Partial {
    const parts = new Array<Uint8Array | undefined>(count);
    const partial: Partial = { parts, key, missing: count, bytes: 0, touched_ms: now_ms };
    this.#partials.set(name, partial);
    this.#count(partial, PARTIAL_OVERHEAD_BYTES);
    return partial;
  }

  #finish({ parts, key }: Partial): Uint8Array | null {
    const length = parts.reduce((sum, part) => sum + part!.length, 0);
    const line = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      line.set(part!, at);
      at += part!.length;
    }
    // Pieces of two lines cannot make a third.
    const good = this.#hash(line);
    if (!key.every((byte, index) => byte === good[index])) return null;
    return line.indexOf(0x0a) === length - 1 ? line.subarray(0, -1) : null;
  }

  /** Lets the oldest lines go where there are too many; the newest stays if it can. */
  #shrink(newest: string): void {
    for (const name of [...this.#partials.keys()]) {
      const is_full = this.#partials.size > PARTIAL_LINES_MAX ||
        this.#bytes > PARTIAL_BYTES_MAX || this.#budget.bytes > PARTIAL_BYTES_ALL_MAX;
      if (!is_full) return;
      if (name !== newest) this.#drop(name);
    }
    if (this.#budget.bytes > PARTIAL_BYTES_ALL_MAX) this.#drop(newest);
  }

  #expire(now_ms: number): void {
    for (const [name, { touched_ms }] of this.#partials) {
      if (now_ms - touched_ms >= PARTIAL_MS) this.#drop(name);
    }
  }

  #drop(name: string): void {
    const partial = this.#partials.get(name);
    if (partial === undefined) return;
    this.#partials.delete(name);
    this.#count(partial, -partial.bytes);
  }

  #count(partial: Partial, bytes: number): void {
    partial.bytes += bytes;
    this.#bytes += bytes;
    this.#budget.bytes += bytes;
  }
}
