import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { SharedMap } from "../../../../src/core/data/shared_map.ts";
import { check } from "../../../helpers/check.ts";

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

const change = fc.record({ key, value: fc.option(fc.nat(9)) });
const batches = fc.array(
  fc.record({ to: fc.nat(99), changes: fc.array(change, { maxLength: 6 }), read: fc.nat(99) }),
  { maxLength: 12, size: "max" },
);

Deno.test("`SharedMap.edit()` makes many changes at once, also several of one key", () => {
  check(
    fc.property(batches, fc.array(fc.nat(99), { maxLength: 12 }), (list, reads) => {
      const versions: [SharedMap<string, number>, Map<string, number>][] = [
        [SharedMap.of([["a", 1]]), new Map([["a", 1]])],
      ];
      const assertSame = (at: number) => {
        const [map, model] = versions[at % versions.length];
        assertEquals(map.toJSON(), sorted(model));
      };
      for (const { to, changes, read } of list) {
        const [map, model] = versions[to % versions.length];
        const edit = map.edit(), next = new Map(model);
        for (const { key, value } of changes) {
          if (value === null) edit.delete(key);
          else if (next.has(key)) edit.set(key, value);
          else edit.add(key, value);
          if (value === null) next.delete(key);
          else next.set(key, value);
          assertEquals([edit.get(key), edit.has(key)], [next.get(key), next.has(key)]);
        }
        versions.push([edit.finish(), next]);
        assertSame(read);
      }
      for (const at of [...reads, ...versions.keys()]) assertSame(at);
    }),
    300,
  );
});

Deno.test("`SharedMap.without()` leaves the order of all versions as it is", () => {
  const one = SharedMap.of([["a", 1], ["b", 2], ["c", 3]]);
  const two = one.set("d", 4);
  const left = two.without("b");
  assertStrictEquals(left.without("b"), left);
  assertEquals([...left.entries()], [["a", 1], ["c", 3], ["d", 4]]);
  assertEquals([...left.set("b", 5).keys()], ["a", "c", "d", "b"]);
  for (const [map, keys] of [[one, "abc"], [two, "abcd"], [left, "acd"], [one, "abc"]] as const) {
    assertEquals([...map.keys()].join(""), keys);
  }
});
