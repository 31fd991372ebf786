import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  addStretch,
  dropStretches,
  type Stretch,
  stretchBytes,
} from "../../../../src/core/flow/stretches.ts";
import { check } from "../../../helpers/check.ts";

Deno.test("`addStretch()` makes one of those that touch", () => {
  const list = addStretch(addStretch(addStretch([], 10, 20), 20, 25), 30, 31);
  assertEquals(list, [[10, 25], [30, 31]]);
});

Deno.test("`dropStretches()` returns the same list where nothing ends", () => {
  const list: readonly Stretch[] = [[10, 25], [30, 31]];
  assertEquals(dropStretches(list, 24) === list, true);
  assertEquals(dropStretches(list, 25), [[30, 31]]);
  assertEquals(dropStretches(list, 31), []);
});

Deno.test("`stretchBytes()` counts what a plain count of each byte counts", () => {
  const part = fc.record({ bytes: fc.integer({ min: 1, max: 9 }), routed: fc.boolean() });
  check(fc.property(fc.array(part, { maxLength: 30 }), fc.nat(200), (parts, position) => {
    let list: readonly Stretch[] = [], at = 0, wanted = 0;
    for (const { bytes, routed } of parts) {
      if (routed) list = addStretch(list, at, at + bytes);
      for (let byte = 0; byte < bytes; byte++, at++) if (routed && at >= position) wanted++;
    }
    assertEquals(stretchBytes(list, position), wanted);
    assertEquals(stretchBytes(dropStretches(list, position), position), wanted);
  }));
});
