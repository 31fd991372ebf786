import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { countLinks, degreesOf, type Graph, makeGraph, pathsOf } from "../../../src/sim/graph.ts";
import { check } from "../../helpers/check.ts";
import { cliquePairs, ringGraph, smallGraphs } from "../../helpers/small_graphs.ts";

/** Hops between all pairs, by another way: over one, two, three ... nodes between. (Floyd, 1962.) */
function allHops({ nodes, starts, targets }: Graph): number[][] {
  const hops = Array.from(
    { length: nodes },
    (_, a) => Array.from({ length: nodes }, (_, b) => a === b ? 0 : Infinity),
  );
  for (let a = 0; a < nodes; a++) {
    for (const b of targets.subarray(starts[a], starts[a + 1])) hops[a][b] = 1;
  }
  for (let by = 0; by < nodes; by++) {
    for (let a = 0; a < nodes; a++) {
      for (let b = 0; b < nodes; b++) {
        hops[a][b] = Math.min(hops[a][b], hops[a][by] + hops[by][b]);
      }
    }
  }
  return hops;
}

Deno.test("`makeGraph()` links both ways, once, and nobody to itself", () => {
  const graph = makeGraph(4, [[2, 0], [0, 2], [0, 1], [1, 1], [2, 0]]);
  assertEquals(countLinks(graph), 2);
  assertEquals([...graph.starts], [0, 2, 3, 4, 4]);
  assertEquals([...graph.targets], [1, 2, 0, 0]);
  assertEquals(degreesOf(graph), { min: 0, mean: 1, max: 2 });
});

Deno.test("`pathsOf()` finds the hops between all pairs", () => {
  check(
    fc.property(smallGraphs, (graph) => {
      const hops = allHops(graph).flat();
      const pairs = graph.nodes * (graph.nodes - 1);
      const paths = pathsOf(graph);
      assertEquals(paths.diameter, Math.max(...hops));
      assertEquals(paths.mean, hops.reduce((sum, one) => sum + one, 0) / pairs);
    }),
    500,
  );
});

Deno.test("`pathsOf()` of a ring is what the textbook says", () => {
  for (const [nodes, successors] of [[1_000, 10], [101, 3], [8, 1]]) {
    const farthest = nodes >> 1;
    assertEquals(
      pathsOf(ringGraph(nodes, successors)).diameter,
      Math.ceil(farthest / successors),
    );
  }
  assertEquals(pathsOf(makeGraph(7, cliquePairs(0, 7))), { diameter: 1, mean: 1 });
});

Deno.test("`pathsOf()` tells how far it is, up to the end", () => {
  const parts: number[] = [];
  pathsOf(ringGraph(4, 1), (part) => parts.push(part));
  assertEquals(parts, [0.25, 0.5, 0.75, 1]);
});
