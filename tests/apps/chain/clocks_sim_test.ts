/** Nodes that follow the chain, and do not agree on the time. */

import { assert, assertEquals } from "@std/assert";
import { add, chainNetwork, follower, stateOf, texts } from "./sim_network.ts";

Deno.test("five nodes with different clocks end with one branch that holds what all added", () => {
  const sim = chainNetwork(6);
  const first = sim.addNode({ name: "right", ...follower() });
  const others = Object.entries({ slow: -40_000, fast: 30_000, late: -100_000, early: 400_000 })
    .map(([name, clock_ahead_ms]) =>
      sim.addNode({ name, join: [first], clock_ahead_ms, ...follower() })
    );
  const nodes = [first, ...others];
  sim.settle();
  for (const [at, node] of nodes.entries()) {
    add(node, `of ${at}`);
    sim.pass(3_000);
  }
  // Longer than the clocks are apart: what comes from the future waits for its time.
  sim.pass(700_000);
  const { best } = stateOf(first).tree!;
  for (const node of nodes) {
    assertEquals(stateOf(node).tree!.best.hash, best.hash);
    assertEquals(stateOf(node).early, []);
  }
  assertEquals(texts(first).toSorted(), nodes.map((_, at) => `of ${at}`));
  for (let at = best; at.parent !== null; at = at.parent) {
    assert(at.block.time > at.parent.block.time);
  }
});
