import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Dice } from "../../../src/sim/dice.ts";
import { degreesOf, type Graph, makeGraph } from "../../../src/sim/graph.ts";
import { connectivityOf, Cutter } from "../../../src/sim/min_cut.ts";
import { check } from "../../helpers/check.ts";
import { cliquePairs, fewestCrossing, ringGraph, smallGraphs } from "../../helpers/small_graphs.ts";

/** The most that fits from some nodes to others, by another way: over a table, depth first. */
function mostThrough(
  { nodes, starts, targets }: Graph,
  from: readonly number[],
  to: readonly number[],
): number {
  const room = Array.from({ length: nodes }, () => new Int8Array(nodes));
  for (const [a, row] of room.entries()) {
    for (const b of targets.subarray(starts[a], starts[a + 1])) row[b] = 1;
  }
  const push = (node: number, seen: Uint8Array): boolean => {
    if (to.includes(node)) return true;
    seen[node] = 1;
    for (let next = 0; next < nodes; next++) {
      if (seen[next] === 1 || room[node][next] === 0 || !push(next, seen)) continue;
      room[node][next]--;
      room[next][node]++;
      return true;
    }
    return false;
  };
  let through = 0;
  while (from.some((node) => push(node, new Uint8Array(nodes)))) through++;
  return through;
}

/** Some tens of nodes in a few crowds, so that the fewest links are not always those of one node. */
function crowds(dice: Dice): Graph {
  const nodes = dice.between(15, 40), parts = dice.between(1, 3), links = dice.between(4, 9);
  const pairs = Array.from({ length: nodes * links }, () => {
    const a = dice.below(nodes), b = dice.below(nodes);
    return a % parts === b % parts || dice.next() < 0.03 ? [a, b] as const : [a, a] as const;
  });
  return makeGraph(nodes, pairs);
}

Deno.test("`Cutter.cut()` and `connectivityOf()` find the same in larger graphs as another way does", () => {
  const dice = new Dice(1);
  let small = 0;
  for (let run = 0; run < 150; run++) {
    const graph = crowds(dice), cutter = new Cutter(graph);
    let fewest = Infinity;
    for (let node = 1; node < graph.nodes; node++) {
      const through = mostThrough(graph, [0], [node]);
      assertEquals(cutter.cut([0], [node]), through);
      fewest = Math.min(fewest, through);
    }
    assertEquals(connectivityOf(graph), fewest);
    small += Number(fewest > 0 && fewest < degreesOf(graph).min);
  }
  // Enough of them have a cut with many on either side.
  assert(small > 10, `${small}`);
});

Deno.test("`Cutter.cut()` takes back what it sent where another way is better, more than once", () => {
  // Few links and several nodes on each side: ways cross often.
  const dice = new Dice(2);
  for (let run = 0; run < 4_000; run++) {
    const nodes = dice.between(20, 50);
    const pairs = Array.from({ length: nodes * 1.6 }, () =>
      [
        dice.below(nodes),
        dice.below(nodes),
      ] as const);
    const graph = makeGraph(nodes, pairs);
    const from = [0, 1, 2, 3, 4, 5], to = from.map((node) => nodes - 1 - node);
    assertEquals(new Cutter(graph).cut(from, to), mostThrough(graph, from, to));
  }
});

Deno.test("`Cutter.cut()` finds the fewest links between nodes and others, as trying all cuts does", () => {
  const given = smallGraphs.chain((graph) =>
    fc.tuple(
      fc.constant(graph),
      // On which side a node must be: 0 and 1, or either.
      fc.array(fc.integer({ min: 0, max: 3 }), {
        minLength: graph.nodes,
        maxLength: graph.nodes,
      }),
    )
  );
  check(
    fc.property(given, ([graph, roles]) => {
      const of = (role: number) => [...roles.keys()].filter((node) => roles[node] === role);
      const sources = of(1), sinks = of(0);
      fc.pre(sources.length > 0 && sinks.length > 0);
      const expected = fewestCrossing(
        graph,
        (side) => roles.every((role, node) => role > 1 || side[node] === role),
      );
      const cutter = new Cutter(graph);
      assertEquals(cutter.cut(sources, sinks), expected);
      // The same again, and the other way round: nothing is left of the first time.
      assertEquals(cutter.cut(sinks, sources), expected);
      assertEquals(cutter.cut(sources, sinks, 1), Math.min(1, expected));
    }),
    500,
  );
});

Deno.test("`connectivityOf()` finds the fewest links whose break parts a graph, as trying all cuts does", () => {
  check(
    fc.property(smallGraphs, (graph) => {
      assertEquals(connectivityOf(graph), fewestCrossing(graph, () => true));
    }),
    1_000,
  );
});

Deno.test("`connectivityOf()` finds cuts with many nodes on either side", () => {
  // Two crowds of different sizes, with few links between them.
  const shapes = fc.tuple(
    fc.integer({ min: 5, max: 14 }),
    fc.integer({ min: 5, max: 14 }),
    fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 3 }),
  );
  check(
    fc.property(shapes, ([left, right, links]) => {
      const across = links.map(([a, b]) => [a, left + b] as const);
      const distinct = new Set(across.map(String)).size;
      const pairs = [...cliquePairs(0, left), ...cliquePairs(left, left + right), ...across];
      assertEquals(connectivityOf(makeGraph(left + right, pairs)), distinct);
    }),
    200,
  );
});

Deno.test("`connectivityOf()` of well-known graphs is what the textbooks say", () => {
  for (const [nodes, successors] of [[1_000, 10], [50, 4], [7, 2], [9, 1]]) {
    assertEquals(connectivityOf(ringGraph(nodes, successors)), 2 * successors);
  }
  assertEquals(connectivityOf(makeGraph(9, cliquePairs(0, 9))), 8);
  assertEquals(connectivityOf(makeGraph(3, [[0, 1]])), 0);
  const cube = [...Array(32).keys()].flatMap((node) =>
    [1, 2, 4, 8, 16].map((bit) => [node, node ^ bit] as const)
  );
  assertEquals(connectivityOf(makeGraph(32, cube)), 5);
});

Deno.test("`Cutter.cut()` finds k (k + 1) ways between any two rows of k on a ring of k successors", () => {
  for (const k of [1, 2, 3, 5, 10]) {
    const nodes = 4 * k + 3, graph = ringGraph(nodes, k), cutter = new Cutter(graph);
    const row = (from: number) => Array.from({ length: k }, (_, at) => (from + at) % nodes);
    for (let from = k; from <= nodes - k; from++) {
      assertEquals(cutter.cut(row(0), row(from)), k * (k + 1));
    }
  }
});
