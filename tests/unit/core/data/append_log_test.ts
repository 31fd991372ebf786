import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { AppendLog } from "../../../../src/core/data/append_log.ts";
import { check } from "../../../helpers/check.ts";

/** The same as a plain array: the position of its first item, and the items. */
interface Model {
  first: number;
  items: number[];
}

/** What is done to one of the versions that there are so far. */
const operations = fc.array(
  fc.record({
    to: fc.nat(99),
    append: fc.option(fc.array(fc.integer(), { maxLength: 5 }), { nil: undefined }),
    drop: fc.nat(30),
  }),
  { maxLength: 40, size: "max" },
);

Deno.test("`AppendLog` is in every version what a plain array would be", () => {
  check(
    fc.property(operations, fc.nat(5), (list, first) => {
      const versions: [AppendLog<number>, Model][] = [[AppendLog.empty(first), {
        first,
        items: [],
      }]];
      for (const { to, append, drop } of list) {
        const [log, model] = versions[to % versions.length];
        if (append !== undefined) {
          const items = [...model.items, ...append];
          versions.push([log.append(append), { first: model.first, items }]);
          continue;
        }
        const gone = Math.min(Math.max(0, drop - model.first), model.items.length);
        const rest = { first: model.first + gone, items: model.items.slice(gone) };
        versions.push([log.dropUntil(drop), rest]);
      }
      for (const [log, model] of versions) {
        assertEquals(log.toJSON(), model);
        assertEquals(log.length, model.items.length);
        assertEquals(log.end, model.first + model.items.length);
        for (let at = model.first - 2; at < log.end + 2; at++) {
          assertEquals(log.get(at), model.items[at - model.first]);
          assertEquals([...log.from(at)], model.items.slice(Math.max(0, at - model.first)));
        }
      }
    }),
    300,
  );
});

Deno.test("`AppendLog.append()` and `dropUntil()` return the same log where nothing changes", () => {
  const log = AppendLog.empty<number>().append([1, 2, 3]).dropUntil(1);
  assertStrictEquals(log.append([]), log);
  assertStrictEquals(log.dropUntil(1), log);
  assertStrictEquals(log.dropUntil(-5), log);
  assertEquals(log.dropUntil(99).toJSON(), { first: 3, items: [] });
});
