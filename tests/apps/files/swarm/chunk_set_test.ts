import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { ChunkSet } from "../../../../src/apps/files/swarm/chunk_set.ts";
import { check } from "../../../helpers/check.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";

const END = 3_000;

/** Runs that are added and removed, most of them at edges of pieces. */
const changes = fc.array(
  fc.record({
    is_in: fc.boolean(),
    first: fc.oneof(fc.nat(END), fc.nat(80).map((piece) => piece * 32)),
    count: fc.oneof(fc.nat(40), fc.constantFrom(0, 32, 1_024, 2_048)),
  }),
  { maxLength: 12 },
);

Deno.test("`ChunkSet` is the set of what was added and not removed, in every version", () => {
  check(
    fc.property(changes, fc.nat(END), (all, from) => {
      let set = ChunkSet.EMPTY, plain = new Set<number>();
      const versions: [ChunkSet, Set<number>][] = [];
      for (const { is_in, first, count } of all) {
        deepFreeze(set);
        set = is_in ? set.add(first, count) : set.remove(first, count);
        plain = new Set(plain);
        for (let at = first; at < first + count; at++) is_in ? plain.add(at) : plain.delete(at);
        versions.push([set, plain]);
      }
      for (const [one, other] of versions) {
        const sorted = [...other].sort((a, b) => a - b);
        const listed = [...one.runs()].flatMap(([first, count]) =>
          Array.from({ length: count }, (_, at) => first + at)
        );
        assertEquals(listed, sorted);
        assertEquals([one.count, one.has(from)], [other.size, other.has(from)]);
        assertEquals(one.next(from), sorted.find((at) => at >= from) ?? Infinity);
        let gap = from;
        while (other.has(gap)) gap++;
        assertEquals(one.nextGap(from), gap);
      }
    }),
    200,
  );
});

Deno.test("`nextOutside()` finds what is in one set and not in another, of any sizes", () => {
  const runs = fc.array(fc.tuple(fc.nat(90), fc.nat(70)), { maxLength: 40 }).map((steps) => {
    let end = -1;
    return steps.map(([gap, count]) => {
      const first = end + 1 + gap;
      end = first + count + 1;
      return [first, count + 1] as const;
    });
  });
  check(
    fc.property(runs, runs, fc.nat(END), (one, other, from) => {
      const [has, taken] = [ChunkSet.of(one), ChunkSet.of(other)];
      const open = Array.from({ length: 2 * END }, (_, at) => at)
        .find((at) => at >= from && has.has(at) && !taken.has(at));
      assertEquals(has.nextOutside(taken, from), open ?? Infinity);
      assertEquals([...has.runs()], one.map((run) => [...run]));
    }),
    200,
  );
});

Deno.test("`ChunkSet` returns itself where nothing changes", () => {
  const set = ChunkSet.of([[5, 100], [1_000, 3]]);
  assertStrictEquals(set.add(5, 100).add(1_001, 1).add(7, 0), set);
  assertStrictEquals(set.remove(200, 300).remove(1_000_000, 5).remove(1_000, -1), set);
});

Deno.test("`ChunkSet` is small and quick however large the file", () => {
  const chunks = 2 ** 40, all = ChunkSet.of([[0, chunks]]);
  assertEquals([all.count, all.next(12_345), all.nextGap(12_345)], [chunks, 12_345, chunks]);
  const holed = all.remove(2 ** 39 + 7, 1);
  assertEquals([holed.count, holed.nextGap(0)], [chunks - 1, 2 ** 39 + 7]);
  assertEquals([...holed.runs()], [[0, 2 ** 39 + 7], [2 ** 39 + 8, 2 ** 39 - 8]]);
  assert(JSON.stringify(holed.root).length < 3_000);
});

Deno.test("`ChunkSet.of()` leaves out what is beyond the end", () => {
  assertEquals([...ChunkSet.of([[0, 3], [8, 9], [20, 4]], 10).runs()], [[0, 3], [8, 2]]);
});
