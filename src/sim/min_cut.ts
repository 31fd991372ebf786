/**
 * The fewest links that must break to part a network. By Menger's theorem (K. Menger, "Zur allgemeinen
 * Kurventheorie", 1927) it is the number of paths without a common link between the parts, which is
 * found by sending as much as possible over links that each carry one: L. Ford, D. Fulkerson,
 * "Maximal Flow through a Network", 1956; with shortest paths first, J. Edmonds, R. Karp, 1972.
 */

import { degreesOf, type Graph, type OnProgress } from "./graph.ts";

/** Finds many cuts of one graph; what it needs for that is made once. */
export class Cutter {
  readonly #graph: Graph;
  /** What goes over a link, from the node at whose place it stands: -1, 0 or 1. */
  readonly #flow: Int8Array;
  /** The place of the same link at its other end. */
  readonly #back: Int32Array;
  /** The place of the link by which the search came to a node. */
  readonly #came: Int32Array;
  readonly #queue: Int32Array;

  constructor(graph: Graph) {
    const { nodes, starts, targets } = graph;
    this.#graph = graph;
    this.#flow = new Int8Array(targets.length);
    this.#back = new Int32Array(targets.length);
    this.#came = new Int32Array(nodes);
    this.#queue = new Int32Array(nodes);
    // Targets are sorted, so the links to a node come in the order in which they stand there.
    const next = starts.slice(0, nodes);
    for (let place = 0; place < targets.length; place++) {
      this.#back[place] = next[targets[place]]++;
    }
  }

  /**
   * The fewest links between the sources and the sinks, or `limit` where it is at least that. A node
   * may not be both.
   */
  cut(sources: readonly number[], sinks: Iterable<number>, limit = Infinity): number {
    this.#flow.fill(0);
    const is_sink = new Uint8Array(this.#graph.nodes);
    for (const sink of sinks) is_sink[sink] = 1;
    let paths = 0;
    while (paths < limit && this.#addPath(sources, is_sink)) paths++;
    return paths;
  }

  /** Sends one more from a source to a sink by the shortest way that has room. */
  #addPath(sources: readonly number[], is_sink: Uint8Array): boolean {
    const { starts, targets } = this.#graph;
    const flow = this.#flow, back = this.#back, came = this.#came, queue = this.#queue;
    came.fill(-2);
    let length = 0;
    for (const source of sources) {
      came[source] = -1;
      queue[length++] = source;
    }
    for (let at = 0; at < length; at++) {
      const node = queue[at];
      for (let place = starts[node]; place < starts[node + 1]; place++) {
        const other = targets[place];
        if (came[other] !== -2 || flow[place] === 1) continue;
        came[other] = place;
        if (is_sink[other] === 0) {
          queue[length++] = other;
          continue;
        }
        for (let end = place; end >= 0; end = came[targets[back[end]]]) {
          flow[end]++;
          flow[back[end]]--;
        }
        return true;
      }
    }
    return false;
  }
}

/**
 * The fewest links whose break leaves somebody without a way to somebody else. Either they are all
 * the links of one node; or both sides have a node without any link to the other side. Then a set of
 * nodes to one of which everybody belongs or is linked has members on both sides, and so two in a row
 * of them are parted by this cut. (D. Matula, "Determining edge connectivity in O(nm)", 1987.)
 */
export function connectivityOf(graph: Graph, onProgress: OnProgress = () => {}): number {
  const { nodes, starts, targets } = graph;
  const cutter = new Cutter(graph);
  const near = new Uint8Array(nodes);
  let fewest = degreesOf(graph).min, before = -1;
  for (let node = 0; node < nodes; node++) {
    onProgress(node / nodes);
    if (near[node] === 1) continue;
    if (before >= 0) fewest = cutter.cut([before], [node], fewest);
    before = node;
    near[node] = 1;
    for (let place = starts[node]; place < starts[node + 1]; place++) near[targets[place]] = 1;
  }
  return fewest;
}
