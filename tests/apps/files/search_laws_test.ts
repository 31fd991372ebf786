/** Whatever happens, searches keep to their laws: no message is more than what it was asked for. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { wakeOfSearches } from "../../../src/apps/files/search/reduce.ts";
import { check } from "../../helpers/check.ts";
import { assertSamePicture, picture } from "../../helpers/picture.ts";
import { file, linkOf } from "./searching.ts";
import { ANN, BEN, CYD, FAR, ME, request, SearchStage, sends } from "./search_stage.ts";

const FILES = [file("x1"), file("x2", [[0, 1]], 3), file("y")];
const ids = fc.constantFrom(ME, ANN, BEN, CYD, FAR);
const words = fc.constantFrom(["x"], ["y", "X"], ["z"], [linkOf("y")], []);
const budget = fc.constantFrom(-1, 0, 1, 2, 3, 10, 100, 5_000);

const searched = fc.record({
  from: ids,
  item: fc.record({ o: ids, n: fc.nat(6), words, budget }).map((more) => request(more)),
});
const runs = fc.constantFrom<unknown>(null, [[0, 1]], [[1, 2]], [[2, 1]], [], 7);
const answered = fc.record({
  from: ids,
  item: fc.record({
    k: fc.constant("found"),
    o: ids,
    n: fc.oneof(fc.nat(6), fc.nat(40).map((more) => 1_000_000 + more * 250)),
    by: ids,
    files: fc.array(
      fc.record({
        name: fc.constantFrom("x1", "y", "../x"),
        link: fc.constantFrom(linkOf("x1", 3), linkOf("y", 3), "x"),
        has: runs,
      }),
      { maxLength: 3 },
    ),
  }),
});
const other = fc.record({ from: ids, item: fc.jsonValue() });
type Act = (stage: SearchStage) => ReturnType<SearchStage["tell"]>;
const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.oneof(searched, answered, other).map(({ from, item }): Act => (stage) =>
    stage.hear(from, item)
  ),
  fc.constantFrom(0, 1, 100, 250, 1_000, 20_000).map((time_ms): Act => (stage) =>
    stage.pass(time_ms)
  ),
  fc.record({
    key: fc.constantFrom("a", "b"),
    words: fc.constantFrom(["x"], ["y"]),
    budget: fc.constantFrom(null, 1, 7),
    whole: fc.boolean(),
    keeps_on: fc.boolean(),
  }).map((wish): Act => (stage) => stage.begin(wish)),
  fc.constantFrom("a", "b").map((key): Act => (stage) => stage.tell({ kind: "end", key })),
  fc.constant<Act>((stage) => stage.tell({ kind: "gone", link: 1 })),
);

Deno.test("`reduceSearches()` leaves its input as it is, and does the same again", () => {
  check(
    fc.property(fc.array(acts, { maxLength: 40 }), (all) => {
      const stage = new SearchStage();
      stage.files = FILES;
      const versions: [SearchStage["state"], string][] = [];
      for (const act of all) {
        const before = stage.state, { now_ms } = stage;
        versions.push([before, picture(before)]);
        const outs = act(stage), after = stage.state;
        Object.assign(stage, { state: before, now_ms });
        assertSamePicture(act(stage), outs, "the same input gave another output");
        assertSamePicture(stage.state, after, "the same input gave another state");
        stage.state = after;
      }
      for (const [state, before] of versions) assertEquals(picture(state), before);
    }),
    100,
  );
});

Deno.test("no request makes `reduceSearches()` ask for as much as it came with", () => {
  check(
    fc.property(fc.array(searched, { maxLength: 30 }), (all) => {
      const stage = new SearchStage();
      stage.files = FILES;
      for (const { from, item } of all) {
        const asked = sends(stage.hear(from, item)).filter((one) => one.item.k === "search");
        const sum = asked.reduce((sum, one) => sum + one.item.budget, 0);
        assert(sum < Math.max(1, item.budget as number));
        for (const { to } of asked) assert(to !== from && stage.neighbours.includes(to));
        stage.pass(100);
      }
    }),
    200,
  );
});

Deno.test("`reduceSearches()` gives everything back in the end", () => {
  check(
    fc.property(fc.array(acts, { maxLength: 40 }), (all) => {
      const stage = new SearchStage();
      stage.files = FILES;
      for (const act of all) act(stage);
      for (const key of stage.state.own.keys()) stage.tell({ kind: "end", key });
      for (let turns = 0; turns < 100 && wakeOfSearches(stage.state) < Infinity; turns++) {
        stage.pass(Math.max(0, wakeOfSearches(stage.state) - stage.now_ms));
      }
      const { own, asked, ways, neighbours, origins } = stage.state;
      const sizes = [asked, ways, neighbours, origins].map(({ young, old }) =>
        young.size + old.size
      );
      assertEquals([own.size, ...sizes], [0, 0, 0, 0, 0]);
    }),
    100,
  );
});
