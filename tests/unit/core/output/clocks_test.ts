import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  advanceClocks,
  clockOf,
  type Clocks,
  compareClocks,
} from "../../../../src/core/output/clocks.ts";
import { check } from "../../../helpers/check.ts";
import { histories, textItem, type Written } from "../../../helpers/history.ts";

/** The vector of each entry, put together from what travels. */
function vectorsOf(written: readonly Written[]): ReturnType<typeof clockOf>[] {
  let clocks: Clocks = new Map();
  return written.map(({ entry }) => {
    clocks = advanceClocks(clocks, entry);
    return clockOf(clocks, entry.origin);
  });
}

Deno.test("`advanceClocks()` makes of the differences what each author had seen", () => {
  check(
    fc.property(histories(textItem, "chat", 20), (written) => {
      const vectors = vectorsOf(written);
      for (const [at, { entry, past }] of written.entries()) {
        const expected = new Map(past).set(entry.origin, entry.seq);
        assertEquals(new Map(vectors[at]), expected);
        assertEquals(vectors[at][0], [entry.origin, entry.seq]);
      }
    }),
    300,
  );
});

Deno.test("`compareClocks()` tells what came before from what was said at the same time", () => {
  check(
    fc.property(histories(textItem, "chat", 12), (written) => {
      const vectors = vectorsOf(written);
      const knew = (a: Written, b: Written) => (b.past.get(a.entry.origin) ?? 0) >= a.entry.seq;
      for (const [i, a] of written.entries()) {
        for (const [j, b] of written.entries()) {
          const order = i === j
            ? "same"
            : knew(a, b)
            ? "before"
            : knew(b, a)
            ? "after"
            : "concurrent";
          assertEquals(compareClocks(vectors[i], vectors[j]), order);
        }
      }
    }),
    200,
  );
});
