/** Graphs that are small enough to try every way of parting them. */

import fc from "fast-check";
import { type Graph, makeGraph } from "../../src/sim/graph.ts";
import { crossingOf } from "../../src/sim/halves.ts";

type Pair = readonly [number, number];

/** Graphs of any shape, also with parts that are not connected. */
export const smallGraphs = fc.integer({ min: 2, max: 9 }).chain((nodes) =>
  fc.array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)), { maxLength: nodes * 4, size: "max" })
    .map((pairs) => makeGraph(nodes, pairs))
);

/** Each node linked to the next so many, in a ring. */
export function ringGraph(nodes: number, successors: number): Graph {
  const pairs: Pair[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let step = 1; step <= successors; step++) pairs.push([node, (node + step) % nodes]);
  }
  return makeGraph(nodes, pairs);
}

/** Everybody linked to everybody, from one number to below another. */
export function cliquePairs(from: number, to: number): Pair[] {
  const pairs: Pair[] = [];
  for (let a = from; a < to; a++) for (let b = a + 1; b < to; b++) pairs.push([a, b]);
  return pairs;
}

/** The fewest links over all ways to part the nodes in two that are allowed. */
export function fewestCrossing(graph: Graph, isAllowed: (side: Uint8Array) => boolean): number {
  let fewest = Infinity;
  for (let bits = 1; bits < 2 ** graph.nodes - 1; bits++) {
    const side = Uint8Array.from({ length: graph.nodes }, (_, node) => (bits >> node) & 1);
    if (isAllowed(side)) fewest = Math.min(fewest, crossingOf(graph, side));
  }
  return fewest;
}

/** How many nodes are on the side marked with 1. */
export function sizeOf(side: Uint8Array): number {
  return side.reduce((sum, one) => sum + one, 0);
}
