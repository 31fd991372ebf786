/**
 * How many links join two halves of a network. Between two halves that are given it is a matter of
 * counting. The two halves with the fewest links of all are NP-hard to find (M. Garey, D. Johnson,
 * L. Stockmeyer, "Some simplified NP-complete graph problems", 1976); so here are a number that no
 * halves are below, and the best halves that a search finds.
 */

import type { Dice } from "./dice.ts";
import { type Graph, type OnProgress } from "./graph.ts";

/** Steps of the search for an eigenvalue, at most. */
const STEPS_MAX = 3_000;
/** How far the result may be from an eigenvector. */
const RESIDUAL_MAX = 1e-7;
/** The smaller of so many results counts, so that none that stopped elsewhere does harm. */
const EIGEN_STARTS = 2;
/** Halves drawn by lot with which the search begins, besides those of the ring. */
const DRAWN_STARTS = 3;

/** How many links join the nodes of one side, which are marked with 1, to the others. */
export function crossingOf({ nodes, starts, targets }: Graph, side: Uint8Array): number {
  let crossing = 0;
  for (let node = 0; node < nodes; node++) {
    if (side[node] === 0) continue;
    for (let link = starts[node]; link < starts[node + 1]; link++) {
      if (side[targets[link]] === 0) crossing++;
    }
  }
  return crossing;
}

/** The best two halves of which each is a row of neighbours on the ring. Exact: all are tried. */
export function bestArcs(graph: Graph): { crossing: number; side: Uint8Array } {
  const { nodes, starts, targets } = graph;
  const half = nodes >> 1;
  const side = new Uint8Array(nodes).fill(1, 0, half);
  let crossing = crossingOf(graph, side), fewest = crossing, best = side.slice();
  const move = (node: number) => {
    for (let link = starts[node]; link < starts[node + 1]; link++) {
      crossing += side[targets[link]] === side[node] ? 1 : -1;
    }
    side[node] ^= 1;
  };
  for (let first = 0; first < nodes - 1; first++) {
    move(first);
    move((first + half) % nodes);
    if (crossing >= fewest) continue;
    fewest = crossing;
    best = side.slice();
  }
  return { crossing: fewest, side: best };
}

/**
 * A number of links below which no two halves are: the second smallest eigenvalue of the Laplacian,
 * times the sizes of both halves, divided by the number of nodes. (M. Fiedler, "Algebraic
 * connectivity of graphs", 1973; B. Mohar, "The Laplacian spectrum of graphs", 1991.) 0 where the
 * eigenvalue was not found.
 */
export function halvesBound(
  graph: Graph,
  dice: Dice,
  onProgress: OnProgress = () => {},
): number {
  const { nodes } = graph;
  const half = nodes >> 1;
  if (half === 0) return 0;
  const starts = Array.from(
    { length: EIGEN_STARTS },
    (_, at) => secondEigenvalue(graph, dice, (part) => onProgress((at + part) / EIGEN_STARTS)),
  );
  const least = Math.min(...starts) - RESIDUAL_MAX;
  return Math.max(0, Math.ceil(least * half * (nodes - half) / nodes - RESIDUAL_MAX));
}

/**
 * The second smallest eigenvalue of the Laplacian: the least value of x L x over all x of length 1
 * that sum to 0, by conjugate gradients. (W. Bradbury, R. Fletcher, "New iterative methods for
 * solution of the eigenproblem", 1966.) 0 where it is not found in time.
 */
export function secondEigenvalue(
  graph: Graph,
  dice: Dice,
  onProgress: OnProgress = () => {},
): number {
  const { nodes } = graph;
  let x = unit(Float64Array.from({ length: nodes }, () => dice.next() - 0.5));
  let before: Float64Array | null = null, direction = new Float64Array(nodes);
  for (let step = 0; step < STEPS_MAX; step++) {
    onProgress(step / STEPS_MAX);
    const image = laplacianOf(graph, x), value = product(x, image);
    const slope = image.map((one, node) => one - value * x[node]);
    const steep = product(slope, slope);
    if (Math.sqrt(steep) < RESIDUAL_MAX) return value;
    const turn = before === null ? 0 : (steep - product(slope, before)) / product(before, before);
    const ahead = slope.map((one, node) => Math.max(0, turn) * direction[node] - one);
    const along = product(ahead, x);
    direction = unit(ahead.map((one, node) => one - along * x[node]));
    before = slope;
    // The best of all mixtures of the two: the smaller eigenvector of two rows and columns.
    const pushed = laplacianOf(graph, direction);
    const mixed = product(x, pushed), other = product(direction, pushed);
    const middle = (value + other) / 2, apart = (value - other) / 2;
    const least = middle - Math.sqrt(apart * apart + mixed * mixed);
    // The longer of two ways to write it, because the other may be 0.
    const [here, there] = apart > 0 ? [mixed, least - value] : [least - other, mixed];
    if (here === 0 && there === 0) return 0;
    const [kept, moved] = here < 0 ? [-here, -there] : [here, there];
    x = unit(x.map((one, node) => kept * one + moved * direction[node]));
  }
  return 0;
}

/**
 * The fewest links between two halves that a search finds: from several halves on, the nodes that
 * gain most change sides, one of each side in turn, each once, and the best state on the way is
 * where the next round begins. (B. Kernighan, S. Lin, "An efficient heuristic procedure for
 * partitioning graphs", 1970.)
 */
export function searchHalves(
  graph: Graph,
  arcs: Uint8Array,
  dice: Dice,
  onProgress: OnProgress = () => {},
): number {
  const begin = [arcs, ...Array.from({ length: DRAWN_STARTS }, () => drawHalves(graph, dice))];
  let fewest = Infinity;
  for (const [done, start] of begin.entries()) {
    let side = start, crossing = crossingOf(graph, side);
    while (true) {
      const next = exchange(graph, side, crossing);
      if (next.crossing === crossing) break;
      ({ side, crossing } = next);
    }
    fewest = Math.min(fewest, crossing);
    onProgress((done + 1) / begin.length);
  }
  return fewest;
}

/** One round of exchanges, and the best state in it. */
function exchange(graph: Graph, before: Uint8Array, crossing_before: number) {
  const { nodes, starts, targets } = graph;
  const side = before.slice(), moved = new Uint8Array(nodes);
  // How many links fewer would cross if a node changed sides.
  const gains = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    for (let link = starts[node]; link < starts[node + 1]; link++) {
      gains[node] += side[targets[link]] === side[node] ? -1 : 1;
    }
  }
  let crossing = crossing_before, best = { side: before, crossing };
  for (let pair = 0; pair < nodes >> 1; pair++) {
    for (const from of [0, 1]) {
      const node = bestMove(gains, side, moved, from);
      crossing -= gains[node];
      moved[node] = 1;
      side[node] ^= 1;
      for (let link = starts[node]; link < starts[node + 1]; link++) {
        const other = targets[link];
        gains[other] += side[other] === side[node] ? -2 : 2;
      }
    }
    if (crossing < best.crossing) best = { side: side.slice(), crossing };
  }
  return best;
}

/** The node on one side that gains most by a change, of those that have not changed yet. */
function bestMove(gains: Int32Array, side: Uint8Array, moved: Uint8Array, from: number): number {
  let best = -1;
  for (let node = 0; node < gains.length; node++) {
    if (side[node] !== from || moved[node] === 1) continue;
    if (best < 0 || gains[node] > gains[best]) best = node;
  }
  return best;
}

function drawHalves({ nodes }: Graph, dice: Dice): Uint8Array {
  const side = new Uint8Array(nodes).fill(1, 0, nodes >> 1);
  for (let last = nodes - 1; last > 0; last--) {
    const other = dice.below(last + 1);
    [side[last], side[other]] = [side[other], side[last]];
  }
  return side;
}

/** Moved so that it sums to 0, and of length 1. */
function unit(vector: Float64Array): Float64Array<ArrayBuffer> {
  const mean = vector.reduce((sum, one) => sum + one, 0) / vector.length;
  const centred = vector.map((one) => one - mean);
  const length = Math.sqrt(product(centred, centred));
  return centred.map((one) => one / length) as Float64Array<ArrayBuffer>;
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, one, at) => sum + one * b[at], 0);
}

/** The Laplacian of a graph times a vector. */
function laplacianOf({ nodes, starts, targets }: Graph, vector: Float64Array): Float64Array {
  const image = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    let sum = (starts[node + 1] - starts[node]) * vector[node];
    for (let link = starts[node]; link < starts[node + 1]; link++) sum -= vector[targets[link]];
    image[node] = sum;
  }
  return image;
}
