import { assertEquals } from "@std/assert";
import { type Branch, HERE, OPEN } from "../../../../src/core/broadcast/branch.ts";
import { tree } from "../../../../src/core/broadcast/tree.ts";

const branch = (change: Partial<Branch>): Branch => ({ ...OPEN, ...change });
const links = (...some: number[]) => new Set(some);

Deno.test("`tree` prunes whoever brings what is here, and keeps its source", () => {
  const [next, unwanted] = tree.again(branch({ source: 1 }), 2, false);
  assertEquals([next.source, next.pruned, next.lazy, unwanted], [1, links(2), links(), 2]);
  assertEquals(tree.again(next, 1, false), [next, null]);
});

Deno.test("`tree` prefers the link to the origin itself, and prunes the one before", () => {
  const [next, unwanted] = tree.again(branch({ source: 1 }), 2, true);
  assertEquals([next.source, next.pruned, unwanted], [2, links(1), 1]);
});

Deno.test("`tree` prunes whoever brings an origin its own entries", () => {
  const [next, unwanted] = tree.again(branch({ source: HERE }), 2, false);
  assertEquals([next.source, next.pruned, next.lazy, unwanted], [HERE, links(2), links(), 2]);
});

Deno.test("`tree` answers a prune with a prune", () => {
  const [next, is_unwanted] = tree.pruned(branch({ source: 1 }), 2, false);
  assertEquals([next.lazy, next.pruned, is_unwanted], [links(2), links(2), true]);
  // The other end has heard so already.
  assertEquals(tree.pruned(next, 2, false), [next, false]);
});

Deno.test("`tree` goes on taking entries from its source, and from the origin, though pruned", () => {
  for (const [link, is_origin] of [[1, false], [2, true]] as const) {
    const [next, is_unwanted] = tree.pruned(branch({ source: 1 }), link, is_origin);
    assertEquals([next.lazy, next.pruned, is_unwanted], [links(link), links(), false]);
  }
});
