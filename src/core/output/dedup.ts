/**
 * The textbook's rule: a set of strings, so that each text is printed once, whoever sent it. Bounded:
 * when it holds too many, the oldest are forgotten and would be printed again.
 */

import { AppendLog } from "../data/append_log.ts";
import { DEDUP_BYTES_MAX, DEDUP_TEXTS_MAX } from "../data/limits.ts";
import { SharedMap } from "../data/shared_map.ts";

export interface Dedup {
  readonly seen: SharedMap<string, true>;
  /** Oldest first, for forgetting. */
  readonly order: AppendLog<string>;
  /** UTF-16 units of all texts, twice: what they take up. */
  readonly bytes: number;
}

/** A set that has seen nothing. */
export function emptyDedup(): Dedup {
  return { seen: SharedMap.of(), order: AppendLog.empty(), bytes: 0 };
}

/** The texts that are new, in order, and the set that has seen them. */
export function reduceDedup(
  dedup: Dedup,
  texts: readonly string[],
  max: { texts: number; bytes: number } = { texts: DEDUP_TEXTS_MAX, bytes: DEDUP_BYTES_MAX },
): [Dedup, string[]] {
  let { order, bytes } = dedup;
  const seen = dedup.seen.edit();
  const fresh: string[] = [];
  for (const text of texts) {
    if (seen.has(text)) continue;
    seen.set(text, true);
    bytes += text.length * 2;
    fresh.push(text);
    order = order.append([text]);
    while (order.length > max.texts || bytes > max.bytes) {
      const oldest = order.get(order.first)!;
      seen.delete(oldest);
      bytes -= oldest.length * 2;
      order = order.dropUntil(order.first + 1);
    }
  }
  return fresh.length === 0 ? [dedup, []] : [{ seen: seen.finish(), order, bytes }, fresh];
}
