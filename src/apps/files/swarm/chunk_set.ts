/**
 * A set of chunk numbers with versions: a tree whose leaves are the bits of a piece of 32 chunks, and
 * whose branches have 32 children. What is all there, or not there at all, takes no room, however large.
 * A change copies the path to it and nothing else, and the next number that is in it, or is not, is found
 * without looking at what lies between. (Persistent bitmapped tries, after P. Bagwell, "Ideal Hash
 * Trees", 2001.)
 */

import type { Run, Runs } from "../runs.ts";

const WIDTH = 32;

/** All in it, nothing in it, bits of 32 numbers, or 32 children. */
type Node = boolean | number | Branch;

interface Branch {
  readonly count: number;
  readonly children: readonly Node[];
}

export class ChunkSet {
  /** 0 where the root is a leaf. */
  readonly height: number;
  readonly root: Node;

  private constructor(height: number, root: Node) {
    this.height = height;
    this.root = root;
  }

  static readonly EMPTY: ChunkSet = new ChunkSet(0, false);

  /** What is in some runs, which are in order, as far as it is below `end`. */
  static of(runs: Runs, end = Infinity): ChunkSet {
    const inside = runs.filter(([first]) => first < end), last = inside[inside.length - 1];
    if (last === undefined) return ChunkSet.EMPTY;
    const ends = inside.map(([first, count]) => Math.min(first + count, end));
    let height = 0;
    while (spanOf(height) < ends[ends.length - 1]) height++;
    return new ChunkSet(height, build({ runs: inside, ends, at: 0 }, height, 0));
  }

  /** How many are in it. */
  get count(): number {
    return countOf(this.root, this.height);
  }

  has(number: number): boolean {
    let { root: node, height } = this;
    let span = spanOf(height);
    if (number >= span) return false;
    for (; typeof node === "object"; height--) {
      span /= WIDTH;
      node = node.children[Math.floor(number / span) % WIDTH];
    }
    return typeof node === "boolean" ? node : (node >>> (number % WIDTH) & 1) === 1;
  }

  /** With a run of numbers. */
  add(first: number, count: number): ChunkSet {
    if (count <= 0) return this;
    let { root, height } = this;
    while (spanOf(height) < first + count) {
      height++;
      // Nothing is nothing at every height.
      if (root !== false) root = branch([root, ...Array<Node>(WIDTH - 1).fill(false)], height);
    }
    return this.#with(height, change(root, height, first, first + count, true));
  }

  /** Without a run of numbers. */
  remove(first: number, count: number): ChunkSet {
    if (count <= 0) return this;
    return this.#with(this.height, change(this.root, this.height, first, first + count, false));
  }

  /** The lowest number in it from `from` on; Infinity where there is none. */
  next(from: number): number {
    const found = seek(this.root, this.height, from, true);
    return found < 0 ? Infinity : found;
  }

  /** The lowest number from `from` on that is not in it. */
  nextGap(from: number): number {
    const span = spanOf(this.height);
    if (from >= span) return from;
    const found = seek(this.root, this.height, from, false);
    return found < 0 ? span : found;
  }

  /** The lowest number from `from` on that is in it, and not in another; Infinity where there is none. */
  nextOutside(other: ChunkSet, from: number): number {
    let { root, height } = other;
    for (; height > this.height; height--) {
      root = typeof root === "object" ? root.children[0] : root;
    }
    const found = seekOutside(this.root, this.height, root, height, from);
    return found < 0 ? Infinity : found;
  }

  /** Its runs. */
  *runs(): IterableIterator<Run> {
    for (let first = this.next(0); first < Infinity;) {
      const end = this.nextGap(first);
      yield [first, end - first];
      first = this.next(end);
    }
  }

  /** A plain picture for tests and traces. */
  toJSON(): Run[] {
    return [...this.runs()];
  }

  #with(height: number, root: Node): ChunkSet {
    return root === this.root ? this : new ChunkSet(height, root);
  }
}

/** How many numbers lie below a node, by its height. */
const SPANS: readonly number[] = Array.from({ length: 11 }, (_, height) => WIDTH ** (height + 1));

function spanOf(height: number): number {
  return SPANS[height];
}

function countOf(node: Node, height: number): number {
  if (typeof node === "boolean") return node ? spanOf(height) : 0;
  return typeof node === "number" ? bitsOf(node) : node.count;
}

function branch(children: readonly Node[], height: number): Node {
  const [first] = children;
  if (typeof first === "boolean" && children.every((one) => one === first)) return first;
  const count = children.reduce<number>((sum, one) => sum + countOf(one, height - 1), 0);
  return { count, children };
}

/** Runs, where each ends, and the first that is not behind what was built. */
interface Build {
  readonly runs: Runs;
  readonly ends: readonly number[];
  at: number;
}

/** The node for the numbers from `base` on: each run is looked at where it is, and nowhere else. */
function build(from: Build, height: number, base: number): Node {
  const { runs, ends } = from, end = base + spanOf(height);
  while (from.at < runs.length && ends[from.at] <= base) from.at++;
  if (from.at === runs.length || runs[from.at][0] >= end) return false;
  if (runs[from.at][0] <= base && ends[from.at] >= end) return true;
  if (height > 0) {
    const step = spanOf(height - 1), children: Node[] = [];
    for (let at = 0; at < WIDTH; at++) children.push(build(from, height - 1, base + at * step));
    return branch(children, height);
  }
  let node: Node = false;
  for (let at = from.at; at < runs.length && runs[at][0] < end; at++) {
    const [low, high] = [Math.max(runs[at][0], base), Math.min(ends[at], end)];
    node = changeBits(node as boolean | number, low - base, high - base, true);
  }
  return node;
}

/** A node in which the numbers from one to another are, or are not; the same where nothing changes. */
function change(node: Node, height: number, from: number, to: number, is_in: boolean): Node {
  const span = spanOf(height);
  if (node === is_in || to <= 0 || from >= span) return node;
  const [low, high] = [Math.max(from, 0), Math.min(to, span)];
  if (low === 0 && high === span) return is_in;
  if (typeof node !== "object" && height === 0) return changeBits(node, low, high, is_in);
  const step = span / WIDTH;
  const old = typeof node === "object" ? node.children : Array<Node>(WIDTH).fill(node);
  const children = old.slice();
  for (let at = Math.floor(low / step); at * step < high; at++) {
    children[at] = change(old[at], height - 1, low - at * step, high - at * step, is_in);
  }
  return children.every((one, at) => one === old[at]) ? node : branch(children, height);
}

function changeBits(node: boolean | number, from: number, to: number, is_in: boolean): Node {
  const bits = (-1 >>> (WIDTH - (to - from))) << from;
  const old = typeof node === "number" ? node : node ? -1 : 0;
  const next = is_in ? old | bits : old & ~bits;
  if (next === old) return node;
  return next === -1 ? true : next === 0 ? false : next;
}

/** The lowest number from `from` on that is in it, or is not; -1 where there is none. */
function seek(node: Node, height: number, from: number, is_in: boolean): number {
  if (from >= spanOf(height)) return -1;
  if (typeof node === "boolean") return node === is_in ? from : -1;
  if (typeof node === "number") {
    const bits = (is_in ? node : ~node) & (-1 << from);
    return bits === 0 ? -1 : 31 - Math.clz32(bits & -bits);
  }
  const step = spanOf(height - 1);
  for (let at = Math.floor(from / step); at < WIDTH; at++) {
    const found = seek(node.children[at], height - 1, Math.max(0, from - at * step), is_in);
    if (found >= 0) return at * step + found;
  }
  return -1;
}

/** The lowest number from `from` on that is below a node and not below another, which is no higher; or -1. */
function seekOutside(
  node: Node,
  height: number,
  other: Node,
  other_height: number,
  from: number,
): number {
  if (node === false || from >= spanOf(height)) return -1;
  if (other === false) return seek(node, height, from, true);
  if (other === true && other_height === height) return -1;
  if (height === 0) {
    const left = (node === true ? -1 : node as number) & ~(other as number);
    return seek(left, 0, from, true);
  }
  const step = spanOf(height - 1);
  for (let at = Math.floor(from / step); at < WIDTH; at++) {
    const child = typeof node === "object" ? node.children[at] : node;
    // One that is lower is the first child, and there is nothing beside it.
    const is_lower = other_height < height;
    const beside = is_lower
      ? at === 0 && other
      : typeof other === "object"
      ? other.children[at]
      : other;
    const lower = is_lower && at === 0 ? other_height : height - 1;
    const found = seekOutside(child, height - 1, beside, lower, Math.max(0, from - at * step));
    if (found >= 0) return at * step + found;
  }
  return -1;
}

function bitsOf(mask: number): number {
  let bits = mask - ((mask >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
