/** What apps are given of entries. */

import type { DeliveredItem } from "../../src/core/host/app.ts";
import type { Entry } from "../../src/core/log/entry.ts";

/** The items of entries, as the host makes them. */
export function itemsOf(entries: readonly Entry[]): DeliveredItem[] {
  return entries.flatMap(({ origin, topic, seq: entry, first, items, time_ms, line }) =>
    items.map((item, place) => {
      return { origin, topic, entry, number: first + place, place, time_ms, item, line };
    })
  );
}
