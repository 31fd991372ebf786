import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { countKeys, isWellFormed, scanJson } from "../../../../src/core/data/json_scan.ts";
import { check } from "../../../helpers/check.ts";

const encoder = new TextEncoder();

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

Deno.test("`scanJson()` finds the depth and the number of keys of any JSON", () => {
  check(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(4), (value, spaces) => {
      const bytes = encoder.encode(JSON.stringify(value, null, spaces));
      // A key `__proto__` is one key like any other.
      const parsed = JSON.parse(new TextDecoder().decode(bytes));
      assertEquals(scanJson(bytes), { depth: depthOf(parsed), keys: countKeys(parsed) });
    }),
    500,
  );
});

Deno.test("`scanJson()` counts a repeated key twice, and nothing in strings", () => {
  assertEquals(scanJson(encoder.encode('{"a":1,"a":2}')), { depth: 1, keys: 2 });
  assertEquals(scanJson(encoder.encode('["{[:\\":", "\\\\"]')), { depth: 1, keys: 0 });
  assertEquals(scanJson(encoder.encode("[".repeat(40))).depth, 40);
});

Deno.test("`isWellFormed()` finds lone surrogates in values and keys", () => {
  assert(isWellFormed({ a: ["\u{1f600}", 1, null, { b: "" }] }));
  assert(!isWellFormed({ a: ["\ud800"] }));
  assert(!isWellFormed({ "\udc00": 1 }));
});
