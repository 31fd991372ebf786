import { assert, assertEquals } from "@std/assert";
import { isPublicKey } from "../../../src/core/data/public_key.ts";
import { OVERLAY_LINKS } from "../../../src/core/data/limits.ts";
import { Dice } from "../../../src/sim/dice.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import { countLinks, type Graph } from "../../../src/sim/graph.ts";
import { Network } from "../../../src/sim/network.ts";
import { drawIds, graphOf, overlayGraph } from "../../../src/sim/overlay_graph.ts";
import { ringGraph } from "../../helpers/small_graphs.ts";

function linkedTo({ starts, targets }: Graph, node: number): Set<number> {
  return new Set(targets.subarray(starts[node], starts[node + 1]));
}

Deno.test("`drawIds()` draws distinct ids in the form of keys, sorted, the same from the same seed", () => {
  const ids = drawIds(500, 7);
  assertEquals(new Set(ids).size, 500);
  assertEquals(ids, ids.toSorted());
  assertEquals(drawIds(500, 7), ids);
  assert(drawIds(500, 8)[0] !== ids[0]);
  for (const id of ids) assertEquals(id.length, 43);
});

Deno.test("`overlayGraph()` of a ring is the textbook's ring, whatever the seed", () => {
  for (const seed of [0, 1, 99]) {
    assertEquals(overlayGraph(200, "ring", seed, OVERLAY_LINKS), ringGraph(200, OVERLAY_LINKS));
    assertEquals(overlayGraph(30, "ring", seed, 2), ringGraph(30, 2));
  }
});

Deno.test("`overlayGraph()` of fingers has the nearest three, and far ones", () => {
  const graph = overlayGraph(300, "fingers", 3, OVERLAY_LINKS);
  for (let node = 0; node < 300; node++) {
    const linked = linkedTo(graph, node);
    for (const step of [1, 2, 3]) assert(linked.has((node + step) % 300));
    assert([...linked].some((other) => Math.abs(Math.abs(other - node) - 150) < 60));
  }
  assert(countLinks(graph) <= 300 * OVERLAY_LINKS);
});

for (const kind of ["ring", "fingers"] as const) {
  Deno.test(`\`graphOf()\` has the links that running nodes make, under ${kind}`, () => {
    const names = drawIds(60, 4).map((id) => `${id.slice(0, 8)}0`).filter((name) => {
      // Not each text is a key.
      return isPublicKey(`${name.padEnd(42, "-")}0`);
    }).slice(0, 30);
    const sim = new Network({ seed: 5 }), dice = new Dice(6);
    for (const name of names.toSorted(() => dice.next() - 0.5)) {
      sim.addNode({ name, config: { overlay: kind }, join: sim.nodes.slice(0, 1) });
    }
    sim.settle();
    const ids = names.map(fakeId).sort();
    const graph = graphOf(ids, kind, OVERLAY_LINKS);
    for (const { state } of sim.nodes) {
      const peers = new Set([...state.session.links.values()].map(({ peer }) => peer));
      for (const other of linkedTo(graph, ids.indexOf(state.config.id))) {
        assert(peers.has(ids[other]), "a link is missing");
      }
    }
  });
}
