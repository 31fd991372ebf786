import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { SharedMap } from "../../../src/core/shared_map.ts";
import { check } from "../../helpers/check.ts";

const key = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
const operations = fc.array(
  fc.record({ to: fc.nat(99), key, value: fc.option(fc.nat(9)), read: fc.nat(99) }),
  { maxLength: 60, size: "max" },
);

function sorted(map: ReadonlyMap<string, number>): [string, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

Deno.test("`SharedMap` is in every version what a plain map would be", () => {
  check(
    fc.property(operations, (list) => {
      const versions: [SharedMap<string, number>, Map<string, number>][] = [
        [SharedMap.of([["a", 1]]), new Map([["a", 1]])],
      ];
      for (const { to, key, value, read } of list) {
        const [map, model] = versions[to % versions.length];
        const next = new Map(model);
        if (value === null) next.delete(key);
        else next.set(key, value);
        versions.push([value === null ? map.delete(key) : map.set(key, value), next]);
        // Reading moves the one real map to another version, which must change nothing.
        const [other, same] = versions[read % versions.length];
        assertEquals([other.get(key), other.has(key)], [same.get(key), same.has(key)]);
      }
      for (const [map, model] of versions) {
        assertEquals(map.toJSON(), sorted(model));
        assertEquals(map.size, model.size);
        assertEquals(sorted(new Map(map.entries())), sorted(model));
      }
    }),
    300,
  );
});

Deno.test("`SharedMap.delete()` returns the same map where the key is missing", () => {
  const map = SharedMap.of([["a", 1]]);
  assertStrictEquals(map.delete("b"), map);
});

Deno.test("`SharedMap` reads a version behind very many others", () => {
  const first = SharedMap.of<number, number>();
  let map = first;
  for (let key = 0; key < 100_000; key++) map = map.set(key, key);
  assertEquals(first.size, 0);
  assertEquals(map.size, 100_000);
});
