/** Ways to change the chain: the real app with something broken around it. */

import { type Block, hashOf } from "../../src/apps/chain/blockchain.ts";
import { BLOCKS } from "../../src/apps/chain/blocks.ts";
import { applyRecord, isRefused } from "../../src/apps/chain/order.ts";
import { type ChainRecord, recordsIn } from "../../src/apps/chain/record.ts";
import type { ChainState } from "../../src/apps/chain/state.ts";
import {
  lonelyFault,
  placeBlock,
  type Placed,
  type Seen,
  type Switch,
  switchOf,
  type Tree,
} from "../../src/apps/chain/tree.ts";
import { hashNumber, workOf } from "../../src/apps/chain/work.ts";
import {
  type App,
  type AppEvent,
  type AppOut,
  type AppView,
  asApp,
} from "../../src/core/host/app.ts";
import { SharedMap } from "../../src/core/data/shared_map.ts";
import type { Json } from "../../src/core/types.ts";

type Reacted = readonly [ChainState, readonly AppOut[]];
type React = (state: ChainState, event: AppEvent, view: AppView) => Reacted;

/** What is to be changed, and what is known of it. */
interface Scene {
  readonly before: ChainState;
  readonly after: ChainState;
  readonly outs: readonly AppOut[];
  readonly event: AppEvent;
}

/** The chain with something changed, where it is followed. */
export function changed(change: (react: React) => React): (chain: App) => App {
  return (chain) => {
    const react = change(chain.reduce as unknown as React);
    return asApp<ChainState | null>({
      ...chain as unknown as App<ChainState | null>,
      reduce: (state, event, view) =>
        state === null ? chain.reduce!(state, event, view) as Reacted : react(state, event, view),
    });
  };
}

/** Changes the state that an event leaves behind, and what is wanted. */
export function onAfter(change: (scene: Scene) => Partial<Scene>): (chain: App) => App {
  return changed((react) => (before, event, view) => {
    const [after, outs] = react(before, event, view);
    if (after.tree === null) return [after, outs];
    const scene = { before, after, outs, event, ...change({ before, after, outs, event }) };
    return [scene.after, scene.outs];
  });
}

/** Changes the branch that counts. */
export function onSwitch(
  change: (scene: Scene & { readonly switched: Switch }) => Partial<Scene>,
): (chain: App) => App {
  return onAfter((scene) => {
    const from = scene.before.tree?.best, to = scene.after.tree!.best;
    if (from === undefined || from === to) return {};
    return change({ ...scene, switched: switchOf(from, to) });
  });
}

/** Leaves out what is wanted. */
export function without(isLeftOut: (out: AppOut) => boolean): (chain: App) => App {
  return onAfter(({ outs }) => ({ outs: outs.filter((out) => !isLeftOut(out)) }));
}

/** Whether something of an app is sent that has a field. */
export function sends(field: string): (out: AppOut) => boolean {
  return (out) =>
    out.kind === "send" && out.items.some((item) => Object.hasOwn(item as object, field));
}

/** The state with another tree. */
export function withTree(state: ChainState, tree: Tree): ChainState {
  return { ...state, tree };
}

/** Another block counts than the one of most work. */
export function bestBy(isBetter: (one: Seen, other: Seen) => boolean): (chain: App) => App {
  return onAfter(({ after }) => {
    const tree = after.tree!;
    let best: Seen = tree.best;
    for (const [, one] of [...tree.by_hash.entries()]) if (isBetter(one, best)) best = one;
    if (best.hash === tree.best.hash) return {};
    return { after: withTree(after, { ...tree, best: carriedOut(tree, best) }) };
  });
}

/** A block with what its branch makes of the apps, whether it is good or not. */
function carriedOut(tree: Tree, seen: Seen): Placed {
  if ("states" in seen) return seen as Placed;
  const parent = carriedOut(tree, seen.parent!), { records, block: { index } } = seen;
  const taken = parent.taken.edit();
  for (const { key } of records) taken.set(key, index);
  const states = folded(tree, parent.states, records, index);
  return { ...seen, parent, states, taken: taken.finish() };
}

/** Blocks with a fault are taken all the same. */
export function overlooks(fault: RegExp): (chain: App) => App {
  return onAfter(({ after, event }) => {
    if (event.kind !== "delivered") return {};
    let tree = after.tree!;
    for (const { topic, item } of event.items) {
      if (topic === BLOCKS && fault.test(faultOf(tree, item))) tree = forced(tree, item);
    }
    return tree === after.tree ? {} : { after: withTree(after, tree) };
  });
}

function faultOf(tree: Tree, item: Json): string {
  const lonely = lonelyFault(tree.rules, item);
  if (lonely !== null) return lonely;
  // What was found bad is looked at once more.
  const placing = placeBlock({ ...tree, bad: SharedMap.of() }, item as unknown as Block);
  return placing.kind === "bad" ? placing.why : "";
}

function forced(tree: Tree, item: Json): Tree {
  const block = item as unknown as Block, parent = tree.by_hash.get(block.prev_hash);
  if (parent === undefined) return tree;
  const hash = hashOf(tree.rules, block), read = recordsIn(block.data, tree.env);
  const records: readonly ChainRecord[] = typeof read === "string" ? [] : read;
  const work = parent.work + workOf(hashNumber(block.target));
  const placed = carriedOut(tree, { block, hash, parent, work, records });
  const best = work > tree.best.work ? placed : tree.best;
  return { ...tree, by_hash: tree.by_hash.set(hash, placed), best };
}

/** What records make of the states before them, in a block of some index. */
export function folded(
  { order }: Tree,
  before: Placed["states"],
  records: readonly ChainRecord[],
  index: number,
): Placed["states"] {
  return records.reduce((states, record) => {
    const next = applyRecord(order, states, record, index);
    return isRefused(next) ? states : next;
  }, before);
}
