import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { Dice } from "../../../src/sim/dice.ts";
import { type Graph, makeGraph } from "../../../src/sim/graph.ts";
import {
  bestArcs,
  crossingOf,
  halvesBound,
  searchHalves,
  secondEigenvalue,
} from "../../../src/sim/halves.ts";
import { overlayGraph } from "../../../src/sim/overlay_graph.ts";
import { check } from "../../helpers/check.ts";
import {
  cliquePairs,
  fewestCrossing,
  ringGraph,
  sizeOf,
  smallGraphs,
} from "../../helpers/small_graphs.ts";

const isHalf = (side: Uint8Array) => sizeOf(side) === side.length >> 1;

/** Whether one side is a row of neighbours on the ring. */
function isRow(side: Uint8Array): boolean {
  return side.filter((one, node) => one !== side[(node + 1) % side.length]).length === 2;
}

function search(graph: Graph): number {
  return searchHalves(graph, bestArcs(graph).side, new Dice(1));
}

Deno.test("`bestArcs()` finds the fewest links between two halves in a row", () => {
  check(
    fc.property(smallGraphs, (graph) => {
      const { crossing, side } = bestArcs(graph);
      assertEquals(crossing, fewestCrossing(graph, (one) => isHalf(one) && isRow(one)));
      assertEquals(crossingOf(graph, side), crossing);
      assert(isHalf(side) && isRow(side));
    }),
    300,
  );
});

Deno.test("`halvesBound()` and `searchHalves()` have the best halves between them", () => {
  let exact = 0, runs = 0;
  check(
    fc.property(smallGraphs, (graph) => {
      const fewest = fewestCrossing(graph, isHalf);
      assertLessOrEqual(halvesBound(graph, new Dice(1)), fewest);
      const found = search(graph);
      assertLessOrEqual(fewest, found);
      assertLessOrEqual(found, bestArcs(graph).crossing);
      runs++;
      exact += Number(found === fewest);
    }),
    300,
  );
  // A search that never gets anywhere would find few of them.
  assert(exact > runs * 0.9, `${exact} of ${runs}`);
});

Deno.test("`halvesBound()` is the number itself where it is known", () => {
  // Everybody with everybody: the eigenvalue is n, and half times half links cross.
  assertEquals(halvesBound(makeGraph(8, cliquePairs(0, 8)), new Dice(1)), 16);
  assertEquals(halvesBound(makeGraph(9, cliquePairs(0, 9)), new Dice(1)), 20);
  // A cube of 5 dimensions: the eigenvalue is 2, and 16 links cross.
  const cube = [...Array(32).keys()].flatMap((node) =>
    [1, 2, 4, 8, 16].map((bit) => [node, node ^ bit] as const)
  );
  assertEquals(halvesBound(makeGraph(32, cube), new Dice(1)), 16);
  assertEquals(halvesBound(makeGraph(4, [[0, 1], [2, 3]]), new Dice(1)), 0);
});

/**
 * Whether all eigenvalues of the Laplacian but the smallest are above a number: whether, without
 * that number, and with the smallest moved away, a Cholesky decomposition goes through.
 */
function isBelowSecond({ nodes, starts, targets }: Graph, number: number): boolean {
  const rows = Array.from({ length: nodes }, (_, node) => {
    const row = new Float64Array(nodes).fill(10 / nodes);
    row[node] += starts[node + 1] - starts[node] - number;
    for (const other of targets.subarray(starts[node], starts[node + 1])) row[other]--;
    return row;
  });
  for (let column = 0; column < nodes; column++) {
    for (let row = column; row < nodes; row++) {
      let rest = rows[row][column];
      for (let at = 0; at < column; at++) rest -= rows[row][at] * rows[column][at];
      if (row > column) rows[row][column] = rest / rows[column][column];
      else if (rest <= 0) return false;
      else rows[row][row] = Math.sqrt(rest);
    }
  }
  return true;
}

Deno.test("`secondEigenvalue()` is the second smallest: no other but 0 is below, as Cholesky shows", () => {
  for (const [kind, seed] of [["fingers", 1], ["fingers", 2], ["ring", 1]] as const) {
    const graph = overlayGraph(300, kind, seed, 10);
    const value = secondEigenvalue(graph, new Dice(seed));
    assert(value > 0.1 && value < 9, `${value}`);
    assert(isBelowSecond(graph, value - 1e-6), `an eigenvalue is below ${value}`);
    assert(!isBelowSecond(graph, value + 1e-6), `no eigenvalue is near ${value}`);
  }
  // A ring of successors 1 to k has the sum of 2 - 2 cos(2 pi d / n).
  const exact = [1, 2, 3].reduce((sum, d) => sum + 2 - 2 * Math.cos(2 * Math.PI * d / 90), 0);
  assert(Math.abs(secondEigenvalue(ringGraph(90, 3), new Dice(1)) - exact) < 1e-9);
});

Deno.test("`searchHalves()` finds two crowds that are scattered around the ring", () => {
  const pairs = [...cliquePairs(0, 20), ...cliquePairs(20, 40), [0, 20], [5, 31]] as const;
  const places = pairs.map(([a, b]) => [(a * 7) % 40, (b * 7) % 40] as const);
  assertEquals(search(makeGraph(40, places)), 2);
});

Deno.test("no halves of a ring of k successors have fewer than k (k + 1) links, as rows have", () => {
  for (const [nodes, k] of [[10, 1], [11, 2], [12, 2], [14, 3], [15, 3]]) {
    const graph = ringGraph(nodes, k);
    assertEquals(fewestCrossing(graph, isHalf), k * (k + 1));
    assertEquals(bestArcs(graph).crossing, k * (k + 1));
  }
  assertEquals(bestArcs(ringGraph(1_000, 10)).crossing, 110);
});
