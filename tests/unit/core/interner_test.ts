import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Interner } from "../../../src/core/interner.ts";
import { check } from "../../helpers/check.ts";

Deno.test("`Interner` gives each version numbers of its own, in order", () => {
  const operations = fc.array(fc.tuple(fc.nat(99), fc.string({ maxLength: 2 })), {
    maxLength: 40,
    size: "max",
  });
  check(
    fc.property(operations, (list) => {
      const versions: [Interner, string[]][] = [[Interner.empty(), []]];
      for (const [to, key] of list) {
        const [interner, keys] = versions[to % versions.length];
        if (keys.includes(key)) continue;
        versions.push([interner.add(key), [...keys, key]]);
      }
      for (const [interner, keys] of versions) {
        assertEquals(interner.toJSON(), keys);
        assertEquals(interner.length, keys.length);
        for (const [, key] of list) assertEquals(interner.find(key), keys.indexOf(key));
      }
    }),
    200,
  );
});
