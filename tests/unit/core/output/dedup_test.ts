import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { emptyDedup, reduceDedup } from "../../../../src/core/output/dedup.ts";
import { check } from "../../../helpers/check.ts";

const texts = fc.array(fc.oneof(fc.constantFrom("a", "b", "c", "__proto__"), fc.string()));

Deno.test("`reduceDedup()` gives each text once, in the order in which they came", () => {
  check(
    fc.property(texts, (list) => {
      const [dedup, fresh] = reduceDedup(emptyDedup(), list);
      assertEquals(fresh, [...new Set(list)]);
      assertEquals(dedup.seen.size, fresh.length);
      assertEquals(dedup.bytes, fresh.join("").length * 2);
    }),
  );
});

Deno.test("`reduceDedup()` forgets the oldest when it holds too many, or too much", () => {
  check(
    fc.property(texts, fc.integer({ min: 1, max: 5 }), fc.nat(40), (list, most, bytes) => {
      const [dedup] = reduceDedup(emptyDedup(), list, { texts: most, bytes });
      const kept = [...dedup.order.from()];
      assertEquals(kept.length <= most, true);
      assertEquals(dedup.bytes <= bytes, true);
      assertEquals(dedup.bytes, kept.join("").length * 2);
      assertEquals(dedup.seen.toJSON().map(([text]) => text), [...kept].sort());
    }),
  );
  const max = { texts: 2, bytes: 100 };
  assertEquals(reduceDedup(emptyDedup(), ["a", "b", "a", "c", "a"], max)[1], ["a", "b", "c", "a"]);
});
