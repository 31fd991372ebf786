/**
 * What each origin had seen when it spoke: its vector clock. Only what is new since its previous entry
 * travels with an entry; put together, the differences are the whole vector again (F. Mattern,
 * "Virtual Time and Global States of Distributed Systems", 1989; the difference: M. Singhal,
 * A. Kshemkalyani, "An efficient implementation of vector clocks", 1992).
 */

import type { Id } from "../types.ts";
import type { Entry } from "../log/entry.ts";

/** For each origin, for each other origin, the newest of its entries that it had seen. */
export type Clocks = ReadonlyMap<Id, ReadonlyMap<Id, number>>;

/** An entry was delivered: its origin has seen what it names. */
export function advanceClocks(clocks: Clocks, entry: Entry): Clocks {
  const clock = new Map(clocks.get(entry.origin)).set(entry.origin, entry.seq);
  for (const [origin, seq] of entry.deps) clock.set(origin, Math.max(seq, clock.get(origin) ?? 0));
  return new Map(clocks).set(entry.origin, clock);
}

/** The vector of the newest entry of an origin, its own part first, the others sorted. */
export function clockOf(clocks: Clocks, origin: Id): (readonly [Id, number])[] {
  const clock = clocks.get(origin) ?? new Map<Id, number>();
  const others = [...clock].filter(([id]) => id !== origin);
  others.sort(([a], [b]) => (a < b ? -1 : 1));
  return [[origin, clock.get(origin) ?? 0], ...others];
}

/** How two entries stand to each other, by origin, number and vector. */
export type Order = "same" | "before" | "after" | "concurrent";

/** Whether one entry was known to the origin of the other, or they were made without each other. */
export function compareClocks(
  a: readonly (readonly [Id, number])[],
  b: readonly (readonly [Id, number])[],
): Order {
  const [origin_a, seq_a] = a[0], [origin_b, seq_b] = b[0];
  if (origin_a === origin_b && seq_a === seq_b) return "same";
  const saw = (clock: typeof a, origin: Id) => clock.find(([id]) => id === origin)?.[1] ?? 0;
  if (saw(b, origin_a) >= seq_a) return "before";
  return saw(a, origin_b) >= seq_b ? "after" : "concurrent";
}
