import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HEADER_BYTES } from "../../../src/apps/chain/header.ts";
import { mineAtOnce } from "../../../src/apps/chain/miner/at_once.ts";
import { isAtMost, NONCES_END, searchNonce } from "../../../src/apps/chain/miner/search.ts";
import { asMineTask } from "../../../src/apps/chain/miner/task.ts";
import { check } from "../../helpers/check.ts";
import { firstGood, headerWith, isGoodWith } from "./headers.ts";

const header = fc.uint8Array({ minLength: HEADER_BYTES, maxLength: HEADER_BYTES });
/** Where the searches begin: anywhere, and where a half of the nonce or all nonces end. */
const from = fc.oneof(
  fc.integer({ min: 0, max: NONCES_END - 1 }),
  fc.integer({ min: -40, max: 5 }).map((by) => 2 ** 32 + by),
  fc.integer({ min: -40, max: 5 }).map((by) => 2 ** 32 * 77 + by),
  fc.integer({ min: -40, max: -1 }).map((by) => NONCES_END + by),
  fc.integer({ min: 0, max: 5 }),
);

Deno.test("`searchNonce()` finds what SHA-256 says, for any header, target and place", () => {
  check(
    fc.property(header, fc.nat(40), from, fc.nat(60), (header, lead, from, count) => {
      header[64] = lead;
      assertEquals(searchNonce(header, from, count), firstGood(header, from, count));
    }),
    500,
  );
});

Deno.test("`searchNonce()` takes hard targets and headers inside of larger memory", () => {
  for (const [seed, target] of [[1, [0, 40]], [2, [0, 90]], [3, [0, 20]]] as const) {
    const header = headerWith(target, 0, seed);
    const at = new Uint8Array(HEADER_BYTES + 30);
    at.set(header, 13);
    const nonce = searchNonce(at.subarray(13, 13 + HEADER_BYTES), 2 ** 40, 50_000);
    assert(nonce !== null);
    assertEquals(nonce, firstGood(header, 2 ** 40, 50_000));
  }
});

Deno.test("`searchNonce()` leaves the header alone and takes no notice of its nonce", () => {
  const header = headerWith([3]), other = header.slice();
  other.fill(0xee, 108);
  const before = header.slice();
  assertEquals(searchNonce(header, 0, 1_000), searchNonce(other, 0, 1_000));
  assertEquals(header, before);
});

Deno.test("`searchNonce()` finds the first nonce where all are good, and none where none is", () => {
  const all = headerWith([]), none = headerWith([], 0);
  for (const from of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 3, NONCES_END - 1]) {
    assertEquals(searchNonce(all, from, 1), from);
    assertEquals(searchNonce(all, from, 0), null);
    assertEquals(searchNonce(none, from, 100), null);
  }
  assertEquals(searchNonce(all, NONCES_END, 10), null);
});

Deno.test("`searchNonce()` goes on where the low half of the nonce begins anew", () => {
  const start = 5 * 2 ** 32;
  const found = Array.from({ length: 20 }, (_, seed) => {
    const header = headerWith([12], 0, seed);
    const good = firstGood(header, start - 3, 400);
    assertEquals(searchNonce(header, start - 3, 400), good);
    return good ?? 0;
  });
  assert(found.some((nonce) => nonce >= start));
});

Deno.test("`searchNonce()` refuses headers of another size", () => {
  for (const bytes of [0, 115, 117]) {
    assertThrows(() => searchNonce(new Uint8Array(bytes), 0, 1), Error, "116 bytes");
  }
});

Deno.test("`isAtMost()` compares words as one number without a sign", () => {
  const words = fc.array(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff), {
    minLength: 8,
    maxLength: 8,
  }).map((words) => Uint32Array.from(words));
  const value = (words: Uint32Array) =>
    words.reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);
  check(fc.property(words, words, fc.nat(8), (number, other, same) => {
    // Random ones nearly always differ in the first word.
    other.set(number.subarray(0, same));
    assertEquals(isAtMost(number, other), value(number) <= value(other));
  }));
});

Deno.test("`mineAtOnce()` gives the smallest nonce, and how many were tried", () => {
  for (let seed = 0; seed < 5; seed++) {
    const header = headerWith([1], 0xff, seed);
    const { nonce, hashes } = mineAtOnce(header);
    assert(isGoodWith(header, nonce));
    assertEquals(nonce, firstGood(header, 0, 100_000));
    assertEquals(hashes, nonce + 1);
  }
});

Deno.test("`asMineTask()` takes tasks, and throws for what is none", () => {
  const header = headerWith([]);
  assertEquals(asMineTask({ header, threads: 2 }), { header, threads: 2 });
  for (
    const task of [{}, { header: [1], threads: 1 }, { header: header.subarray(1), threads: 1 }]
  ) {
    assertThrows(() => asMineTask(task), Error, "a header has 116 bytes");
  }
  for (const threads of [undefined, 0, -1, 1.5, NaN, "2"]) {
    assertThrows(() => asMineTask({ header, threads }), Error, "at least one thread");
  }
});
