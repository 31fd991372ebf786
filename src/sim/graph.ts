/**
 * Graphs for questions about an overlay: who is linked to whom, and how far it is. Links go both
 * ways, and there is at most one between two nodes.
 */

/** Nodes are 0, 1, 2, ... Those linked to node i stand in `targets` from `starts[i]` on, sorted. */
export interface Graph {
  readonly nodes: number;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/** Links a node has: the least, the mean, the most. */
export interface Degrees {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** Hops between two different nodes, over all pairs; infinite where some cannot be reached. */
export interface Paths {
  readonly diameter: number;
  readonly mean: number;
}

/** Told now and then how much is done, from 0 to 1. */
export type OnProgress = (part: number) => void;

/** A graph of pairs; a pair that comes again, either way round, is one link, a node's own is none. */
export function makeGraph(nodes: number, pairs: Iterable<readonly [number, number]>): Graph {
  const linked = Array.from({ length: nodes }, () => new Set<number>());
  for (const [a, b] of pairs) {
    if (a === b) continue;
    linked[a].add(b);
    linked[b].add(a);
  }
  const starts = new Int32Array(nodes + 1);
  for (let node = 0; node < nodes; node++) starts[node + 1] = starts[node] + linked[node].size;
  const targets = new Int32Array(starts[nodes]);
  for (let node = 0; node < nodes; node++) {
    targets.set([...linked[node]].sort((a, b) => a - b), starts[node]);
  }
  return { nodes, starts, targets };
}

/** How many links there are. */
export function countLinks(graph: Graph): number {
  return graph.targets.length / 2;
}

/** How many links a node has: so many must break to cut it off. */
export function degreeOf({ starts }: Graph, node: number): number {
  return starts[node + 1] - starts[node];
}

/** How many links the nodes have. */
export function degreesOf(graph: Graph): Degrees {
  let min = Infinity, max = 0;
  for (let node = 0; node < graph.nodes; node++) {
    min = Math.min(min, degreeOf(graph, node));
    max = Math.max(max, degreeOf(graph, node));
  }
  return { min, mean: graph.targets.length / graph.nodes, max };
}

/** Hops over all pairs: one breadth-first search from each node. */
export function pathsOf(graph: Graph, onProgress: OnProgress = () => {}): Paths {
  const { nodes, starts, targets } = graph;
  const hops = new Int32Array(nodes), queue = new Int32Array(nodes);
  let diameter = 0, sum = 0;
  for (let start = 0; start < nodes; start++) {
    hops.fill(-1);
    hops[start] = 0;
    queue[0] = start;
    let length = 1;
    for (let at = 0; at < length; at++) {
      const node = queue[at], next = hops[node] + 1;
      sum += hops[node];
      for (let link = starts[node]; link < starts[node + 1]; link++) {
        const other = targets[link];
        if (hops[other] >= 0) continue;
        hops[other] = next;
        queue[length++] = other;
      }
    }
    if (length < nodes) return { diameter: Infinity, mean: Infinity };
    diameter = Math.max(diameter, hops[queue[length - 1]]);
    onProgress((start + 1) / nodes);
  }
  return { diameter, mean: sum / (nodes * (nodes - 1)) };
}
