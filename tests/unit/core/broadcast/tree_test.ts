import { assertEquals, assertStrictEquals } from "@std/assert";
import { HERE, OPEN } from "../../../../src/core/broadcast/branch.ts";
import { tree } from "../../../../src/core/broadcast/tree.ts";

const NO_LINKS = () => [];

Deno.test("`tree` keeps its source when a pruned link still brings what was under way", () => {
  const [first] = tree.first(OPEN, 1, NO_LINKS, 0);
  const [pruned, prune] = tree.again(first, 2, false);
  assertEquals([pruned.source, prune], [1, 2]);
  assertStrictEquals(tree.first(pruned, 2, NO_LINKS, 0)[0], pruned);
  assertEquals(tree.first(pruned, 3, NO_LINKS, 0)[0].source, 3);
});

Deno.test("`tree` never prunes whoever brings the entries, and always whoever brings own ones", () => {
  const [first] = tree.first(OPEN, 1, NO_LINKS, 0);
  assertEquals(tree.again(first, 1, false)[1], null);
  const [own] = tree.first(OPEN, HERE, NO_LINKS, 0);
  assertEquals(tree.again(own, 1, false)[1], 1);
});
