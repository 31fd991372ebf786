/**
 * What a room is made with. A room owns one slice of the node's state: its reducer is given the slice,
 * an event, and a view of what it may read; it gives back the next slice and values, `outs`. Only
 * the room `turn` hands outs on.
 */

import type { Env, LinkId, Notice } from "../types.ts";
import type { NodeConfig } from "../data/config.ts";
import { nextRandom, type Random } from "../data/random.ts";
import { encodeLine, type Line } from "./line.ts";

/** What every room may hand back. */
export type Out =
  /** Goes behind what this event sends on the link already. */
  | { readonly kind: "send"; readonly link: LinkId; readonly lines: readonly Uint8Array[] }
  /** Says why, and closes a link at the end of the event. */
  | { readonly kind: "close"; readonly link: LinkId; readonly code: string; readonly why: string }
  /** Closes a link at the end of the event without a word. */
  | { readonly kind: "drop"; readonly link: LinkId }
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "count"; readonly what: string; readonly times: number }
  /** Asks for a tick at a time, or sooner. */
  | { readonly kind: "wake"; readonly at_ms: number };

/** What every room may read. */
export interface View {
  readonly config: NodeConfig;
  readonly env: Env;
  readonly now_ms: number;
}

/** A slice and what goes with it to others. */
export type Reduced<Slice, RoomOut> = readonly [Slice, readonly RoomOut[]];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * What one event changes in one room. Lives for one call of the room's reducer. The slice that came in
 * is never touched: its fields are replaced, and what they hold is copied first.
 */
export class RoomTurn<Slice extends object, V extends { readonly now_ms: number }, RoomOut> {
  /** The slice as it is so far; only this room writes it. */
  readonly slice: Writable<Slice>;
  readonly #before: Slice;
  readonly #outs: (Out | RoomOut)[] = [];
  /** The maps that this event copied already. */
  #owned: Set<keyof Slice> | null = null;

  /**
   * `copy` is a copy of `before` that the caller makes: where all copies have the same fields they
   * take a quarter of the time.
   */
  constructor(before: Slice, copy: Slice, readonly view: V) {
    this.#before = before;
    this.slice = copy;
  }

  get now_ms(): number {
    return this.view.now_ms;
  }

  /** A map of the slice that this event may change; copied the first time. */
  own<F extends keyof Slice>(
    field: F,
  ): Slice[F] extends ReadonlyMap<infer K, infer T> ? Map<K, T> : never {
    if (!this.#owned?.has(field)) {
      // The compiler cannot see that the field of this name holds a map of this type.
      this.slice[field] = new Map(this.slice[field] as ReadonlyMap<never, never>) as never;
      (this.#owned ??= new Set()).add(field);
    }
    return this.slice[field] as never;
  }

  /** Hands something back. */
  out(out: Out | RoomOut): void {
    this.#outs.push(out);
  }

  /** Sends control lines. */
  send(link: LinkId, ...lines: Line[]): void {
    if (lines.length > 0) this.out({ kind: "send", link, lines: lines.map(encodeLine) });
  }

  close(link: LinkId, code: string, why: string): void {
    this.out({ kind: "close", link, code, why });
  }

  notice(notice: Notice): void {
    this.out({ kind: "notice", notice });
  }

  count(what: string, times = 1): void {
    this.out({ kind: "count", what, times });
  }

  wakeAt(at_ms: number): void {
    if (at_ms !== Infinity) this.out({ kind: "wake", at_ms });
  }

  /** The slice after the event, the same reference where nothing changed, and what is handed back. */
  finish(): Reduced<Slice, Out | RoomOut> {
    const { slice } = this, outs = this.#outs, before = this.#before;
    for (const field in slice) {
      if (slice[field] !== before[field]) return [slice, outs];
    }
    return [before, outs];
  }
}

/** A random number in [0, 1), from the generator in a room's slice. */
export function draw(turn: { readonly slice: { random: Random } }): number {
  const [value, next] = nextRandom(turn.slice.random);
  turn.slice.random = next;
  return value;
}
