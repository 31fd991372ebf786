import { assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Interner } from "../../../../src/core/data/interner.ts";
import { check } from "../../../helpers/check.ts";

/** Changes to some version: keys that come, and keys that go. */
const operations = fc.array(
  fc.record({
    to: fc.nat(99),
    add: fc.string({ maxLength: 2 }),
    remove: fc.array(fc.string({ maxLength: 2 }), { maxLength: 3 }),
  }),
  { maxLength: 40, size: "max" },
);

Deno.test("`Interner` gives each version numbers of its own, in order", () => {
  check(
    fc.property(operations, (list) => {
      const versions: [Interner, string[]][] = [[Interner.empty(), []]];
      for (const { to, add } of list) {
        const [interner, keys] = versions[to % versions.length];
        if (keys.includes(add)) continue;
        versions.push([interner.add(add), [...keys, add]]);
      }
      for (const [interner, keys] of versions) {
        assertEquals(interner.toJSON(), keys);
        assertEquals(interner.length, keys.length);
        for (const { add } of list) assertEquals(interner.find(add), keys.indexOf(add));
      }
    }),
    200,
  );
});

Deno.test("`remove()` gives numbers back, so that no number is larger than keys ever were", () => {
  check(
    fc.property(operations, (list) => {
      const versions: [Interner, Map<string, number>, number][] = [[
        Interner.empty(),
        new Map(),
        0,
      ]];
      for (const { to, add, remove } of list) {
        let [interner, model, most] = versions[to % versions.length];
        model = new Map(model);
        if (!model.has(add)) {
          const number = interner.next;
          assertEquals([...model.values()].includes(number), false);
          interner = interner.add(add);
          model.set(add, number);
          most = Math.max(most, model.size);
        }
        interner = interner.remove(remove);
        for (const key of remove) model.delete(key);
        versions.push([interner, model, most]);
      }
      // Older versions are what they were.
      for (const [interner, model, most] of versions) {
        assertEquals(interner.length, model.size);
        for (const { add } of list) assertEquals(interner.find(add), model.get(add) ?? -1);
        for (const number of model.values()) assertEquals(number < most, true);
        assertEquals(interner.next <= most, true);
      }
    }),
    300,
  );
});

Deno.test("`add()` and `remove()` keep a key from having two numbers", () => {
  const one = Interner.empty().add("a").add("b").add("c");
  assertThrows(() => one.add("b"));
  const less = one.remove(["b", "nobody", "b"]);
  assertNotStrictEquals(less, one);
  assertEquals([less.find("b"), less.next, less.length, one.find("b")], [-1, 1, 2, 1]);
  const again = less.add("d").add("e");
  assertEquals(["a", "c", "d", "e"].map((key) => again.find(key)), [0, 2, 1, 3]);
});
