import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  hashNumber,
  hashText,
  isHashText,
  targetOf,
  targetOfCompact,
  workOf,
} from "../../../src/apps/chain/work.ts";
import { check } from "../../helpers/check.ts";

Deno.test("`workOf()` gives what Bitcoin counts for published targets", () => {
  // A second way: python3 -c "b=0x1b0404cb; t=(b&0x7fffff)<<8*((b>>24)-3); print(2**256//(t+1))".
  const published: [number, bigint][] = [
    [0x1d00ffff, 4_295_032_833n],
    [0x1d00d86a, 5_080_592_338n],
    [0x1b0404cb, 70_040_908_352_512n],
    [0x207fffff, 2n],
  ];
  for (const [bits, work] of published) assertEquals(workOf(targetOfCompact(bits)), work);
});

Deno.test("`targetOfCompact()` reads lengths below three bytes, too", () => {
  assertEquals(targetOfCompact(0x01123456), 0x12n);
  assertEquals(targetOfCompact(0x02123456), 0x1234n);
  assertEquals(targetOfCompact(0x03123456), 0x123456n);
});

Deno.test("`targetOf()` and `workOf()` undo each other where nothing is rounded", () => {
  check(fc.property(fc.integer({ min: 0, max: 255 }), (power) => {
    assertEquals(workOf(targetOf(1n << BigInt(power))), 1n << BigInt(power));
  }));
  check(fc.property(fc.bigInt({ min: 1n, max: 1n << 120n }), (hashes) => {
    assertEquals(workOf(targetOf(hashes)), hashes);
  }));
});

Deno.test("`hashText()` and `hashNumber()` read each other, in one spelling", () => {
  check(fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (number) => {
    const text = hashText(number);
    assert(isHashText(text), text);
    assertEquals(hashNumber(text), number);
  }));
  const zeros = "0".repeat(63);
  for (const wrong of [zeros, `${zeros}A`, `${zeros}g`, `${zeros}00`, `${zeros}0\n`, 0, null]) {
    assertEquals(isHashText(wrong), false, String(wrong));
  }
});
