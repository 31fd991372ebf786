import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ChunkSet, fewRuns, PAGE_CHUNKS } from "../../../src/apps/files/worker/chunk_set.ts";
import { check } from "../../helpers/check.ts";

/** Chunks around the ends of bytes and pages, and far away. */
const CHUNK = fc.oneof(
  fc.nat(20),
  fc.integer({ min: PAGE_CHUNKS - 10, max: PAGE_CHUNKS + 10 }),
  fc.integer({ min: 2 ** 40 - 5, max: 2 ** 40 }),
);

Deno.test("ChunkSet is a set of numbers", () => {
  const step = fc.record({ chunk: CHUNK, adds: fc.boolean() });
  check(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const set = new ChunkSet(), model = new Set<number>();
    for (const { chunk, adds } of steps) {
      if (adds) assertEquals(set.add(chunk), !model.has(chunk));
      else set.remove(chunk);
      if (adds) model.add(chunk);
      else model.delete(chunk);
    }
    assertEquals(set.count, model.size);
    const all = set.runs().flatMap(([first, count]) =>
      Array.from({ length: count }, (_, at) => first + at)
    );
    assertEquals(all, [...model].sort((a, b) => a - b));
    for (const [at, [first, count]] of set.runs().entries()) {
      assert(set.hasAll(first, count) && !set.hasAll(first, count + 1));
      if (at > 0) assert(first > set.runs()[at - 1][0] + set.runs()[at - 1][1]);
    }
  }));
});

Deno.test("ChunkSet.bits() gives the bytes of a whole map of bits", () => {
  const range = fc.tuple(fc.nat(2 * PAGE_CHUNKS), fc.integer({ min: 1, max: PAGE_CHUNKS + 20 }));
  check(
    fc.property(fc.array(CHUNK.filter((chunk) => chunk < 1e6)), range, (chunks, [first, count]) => {
      const set = new ChunkSet(), map = new Uint8Array(4 * PAGE_CHUNKS / 8);
      for (const chunk of chunks) set.add(chunk);
      for (const { at, bytes } of set.bits(first, count)) map.set(bytes, at);
      for (const chunk of chunks.filter((chunk) => chunk >= first && chunk < first + count)) {
        assertEquals((map[chunk >>> 3] >>> (chunk & 7)) & 1, 1);
      }
    }),
    50,
  );
});

Deno.test("fewRuns() keeps the longest, in order", () => {
  assertEquals(fewRuns([[0, 1], [5, 9], [20, 2], [30, 3]], 2), [[5, 9], [30, 3]]);
  assertEquals(fewRuns([[0, 1], [5, 9]], 2), [[0, 1], [5, 9]]);
});
