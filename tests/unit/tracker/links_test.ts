import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { allLinks, dropLink, getLink, noLinks, putLink } from "../../../src/tracker/links.ts";
import { check } from "../../helpers/check.ts";
import { deepFreeze } from "../../helpers/deep_freeze.ts";

Deno.test("`putLink()` and `dropLink()` do what a map does, and leave what they were given", () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom("put", "drop"), fc.integer({ min: 1, max: 400 })),
  );
  check(
    fc.property(steps, (all) => {
      const map = new Map<number, { id: number; step: number }>();
      let links = noLinks<{ id: number; step: number }>();
      for (const [step, [what, id]] of all.entries()) {
        deepFreeze(links);
        if (what === "put") {
          map.set(id, { id, step });
          links = putLink(links, { id, step });
        } else if (map.delete(id)) links = dropLink(links, id);
        assertEquals(getLink(links, id), map.get(id));
        assertEquals(links.size, map.size);
      }
      const ids = (a: { id: number }, b: { id: number }) => a.id - b.id;
      assertEquals(allLinks(links).sort(ids), [...map.values()].sort(ids));
    }),
  );
});

Deno.test("`putLink()` copies one bucket, and shares the others", () => {
  let before = noLinks<{ id: number }>();
  for (let id = 1; id <= 1_000; id++) before = putLink(before, { id });
  const after = putLink(before, { id: 1_001 });
  const copied = after.buckets.filter((bucket, at) => bucket !== before.buckets[at]);
  assertEquals(copied.length, 1);
  assertStrictEquals(getLink(after, 5), getLink(before, 5));
});
