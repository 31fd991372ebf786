/** Bugs of the chain, one rule broken in each: the real app with something changed around it. */

import { type Block, hashOf } from "../../src/apps/chain/blockchain.ts";
import { BLOCKS } from "../../src/apps/chain/blocks.ts";
import { applyRecord, isRefused } from "../../src/apps/chain/order.ts";
import { CHAIN } from "../../src/apps/chain/options.ts";
import { type ChainRecord, recordsIn } from "../../src/apps/chain/record.ts";
import type { ChainSetup } from "../../src/apps/chain/sim/campaign/setup.ts";
import type { LieName } from "../../src/apps/chain/sim/campaign/lies.ts";
import { RULES } from "../../src/apps/chain/sim/campaign/watch.ts";
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
import { reduceNode } from "../../src/core/node.ts";
import type { Json } from "../../src/core/types.ts";
import type { Options } from "../../src/sim/campaign/options.ts";
import type { PlantedBug } from "./planted_bugs.ts";

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
function changed(change: (react: React) => React): (chain: App) => App {
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
function onAfter(change: (scene: Scene) => Partial<Scene>): (chain: App) => App {
  return changed((react) => (before, event, view) => {
    const [after, outs] = react(before, event, view);
    if (after.tree === null) return [after, outs];
    const scene = { before, after, outs, event, ...change({ before, after, outs, event }) };
    return [scene.after, scene.outs];
  });
}

/** Changes the branch that counts. */
function onSwitch(
  change: (scene: Scene & { readonly switched: Switch }) => Partial<Scene>,
): (chain: App) => App {
  return onAfter((scene) => {
    const from = scene.before.tree?.best, to = scene.after.tree!.best;
    if (from === undefined || from === to) return {};
    return change({ ...scene, switched: switchOf(from, to) });
  });
}

/** Leaves out what is wanted. */
function without(isLeftOut: (out: AppOut) => boolean): (chain: App) => App {
  return onAfter(({ outs }) => ({ outs: outs.filter((out) => !isLeftOut(out)) }));
}

function sends(field: string): (out: AppOut) => boolean {
  return (out) =>
    out.kind === "send" && out.items.some((item) => Object.hasOwn(item as object, field));
}

function withTree(state: ChainState, tree: Tree): ChainState {
  return { ...state, tree };
}

/** Another block counts than the one of most work. */
function bestBy(isBetter: (one: Seen, other: Seen) => boolean): (chain: App) => App {
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
function overlooks(fault: RegExp): (chain: App) => App {
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

function folded(
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

const uses = ({ apps }: Options) => Object.hasOwn(apps, CHAIN);
const heals = (options: Options) => uses(options) && options.mode === "heal";
const lies = (name: LieName) => (options: Options) =>
  uses(options) && (options.apps[CHAIN] as ChainSetup).lies.includes(name);
const AGREE = "equal_clocks_and_apps_after_heal";

/** Of the chain alone. */
interface ChainBug extends Omit<PlantedBug, "plant" | "change" | "needs"> {
  readonly needs?: PlantedBug["needs"];
  readonly change: (chain: App) => App;
}

const BUGS: readonly ChainBug[] = [
  {
    name: "of two branches with as much work the one seen first counts",
    found_by: [RULES.best],
    change: onSwitch(({ before, after }) => {
      const { best } = before.tree!;
      if (best.work !== after.tree!.best.work) return {};
      return { after: { ...before, tree: { ...after.tree!, best } }, outs: [] };
    }),
  },
  {
    name: "the longest branch counts, however little work it shows",
    found_by: [RULES.best],
    from: 1_159,
    needs: lies("long light branch"),
    change: bestBy((one, other) => one.block.index > other.block.index),
  },
  {
    name: "of two branches with as much work the later one counts",
    found_by: [RULES.best],
    change: bestBy((one, other) => one.work === other.work && one.block.time > other.block.time),
  },
  {
    name: "blocks without work are taken",
    found_by: [RULES.good],
    needs: lies("no work"),
    change: overlooks(/too little work/),
  },
  {
    name: "blocks choose their target",
    found_by: [RULES.good],
    needs: lies("easy target"),
    change: overlooks(/its target/),
  },
  {
    name: "blocks choose their index",
    found_by: [RULES.good],
    needs: lies("wrong index"),
    change: overlooks(/its index/),
  },
  {
    name: "the time of blocks need not rise",
    found_by: [RULES.good],
    needs: lies("the past"),
    change: overlooks(/its time/),
  },
  {
    name: "blocks are taken however far ahead they are",
    found_by: [RULES.good],
    change: changed((react) => (state, event, view) => {
      const ahead = { ...view, neighbours: view.neighbours, now_ms: view.now_ms + 3_600_000 };
      return react(state, event, event.kind === "delivered" ? ahead : view);
    }),
  },
  {
    name: "the signatures of records are not looked at",
    found_by: [RULES.good],
    from: 70,
    needs: lies("bad record"),
    change: changed((react) => (state, event, view) => {
      const env = { ...view.env, verify: () => true };
      return react(state, event, { ...view, neighbours: view.neighbours, env });
    }),
  },
  {
    name: "a record counts twice in a branch",
    found_by: [RULES.good],
    needs: lies("record twice"),
    change: overlooks(/holds a record twice/),
  },
  {
    name: "blocks may hold records that their app refuses",
    found_by: [RULES.good],
    from: 709,
    needs: lies("bad record"),
    change: overlooks(/is used already/),
  },
  {
    name: "blocks with two records of one number are refused",
    found_by: [RULES.best],
    needs: lies("two records of one number"),
    change: changed((react) => (state, event, view) => {
      if (event.kind !== "delivered") return react(state, event, view);
      const numbers = (text: string) => text.match(/"o":"[^"]+","t":"records","s":\d+/g) ?? [];
      const items = event.items.filter(({ topic, item }) => {
        const found = numbers(JSON.stringify(item).replaceAll("\\", ""));
        return topic !== BLOCKS || new Set(found).size === found.length;
      });
      return react(state, { ...event, items }, view);
    }),
  },
  {
    name: "records of a branch that lost do not come back",
    found_by: [RULES.records],
    from: 76,
    change: onSwitch(({ after, switched: { removed } }) => {
      const pool = after.pool.edit();
      for (const { records } of removed) for (const { key } of records) pool.delete(key);
      return { after: { ...after, pool: pool.finish() } };
    }),
  },
  {
    name: "records wait on when a block holds them",
    found_by: [RULES.records],
    change: onSwitch(({ after, switched: { added } }) => {
      const pool = after.pool.edit();
      for (const { records } of added) for (const one of records) pool.set(one.key, one);
      return { after: { ...after, pool: pool.finish() } };
    }),
  },
  {
    name: "a switch of branch leaves the states as they were",
    found_by: [RULES.states],
    from: 76,
    change: onSwitch(({ before, after, switched: { removed, added } }) => {
      if (removed.length === 0) return {};
      const tree = after.tree!, { index } = tree.best.block;
      const records = added.flatMap((one) => one.records);
      const states = folded(tree, before.tree!.best.states, records, index);
      const best = { ...tree.best, states };
      const by_hash = tree.by_hash.set(best.hash, best);
      return { after: withTree(after, { ...tree, best, by_hash }) };
    }),
  },
  {
    name: "children are forgotten before their parents come",
    found_by: [RULES.best, AGREE],
    from: 1_428,
    needs: lies("withheld parent"),
    change: onAfter(({ after }) => ({ after: { ...after, orphans: new Map() } })),
  },
  {
    name: "nobody asks for a parent",
    found_by: [AGREE],
    from: 570,
    needs: (options) => heals(options) && lies("withheld parent")(options),
    change: without(sends("want")),
  },
  {
    name: "nobody sends a block that another one lacks",
    found_by: [AGREE],
    from: 570,
    needs: (options) => heals(options) && lies("withheld parent")(options),
    change: without(sends("block")),
  },
  {
    name: "blocks whose time has come are forgotten",
    found_by: [RULES.best, AGREE],
    from: 5_880,
    needs: (options) => heals(options) && lies("the future")(options),
    change: changed((react) => (state, event, view) =>
      react(event.kind === "woken" ? { ...state, early: [] } : state, event, view)
    ),
  },
  {
    name: "what is mined goes on when the branch is another one",
    found_by: [RULES.mining],
    change: onSwitch(({ before, after, outs }) => {
      if (before.mining === null) return {};
      const others = outs.filter(({ kind }) => kind !== "cancel" && kind !== "work");
      return { after: { ...after, mining: before.mining }, outs: others };
    }),
  },
  {
    name: "what was mined is published with another nonce",
    found_by: [RULES.good],
    change: onAfter(({ outs }) => ({
      outs: outs.map((out) => {
        if (out.kind !== "publish" || out.topic !== BLOCKS) return out;
        const items = out.items.map((item) => {
          const block = item as unknown as Block;
          return { ...block, nonce: block.nonce + 1 } as unknown as Json;
        });
        return { ...out, items };
      }),
    })),
  },
  {
    name: "nodes mine on when all records are deep",
    found_by: [AGREE],
    needs: heals,
    change: changed((react) => (state, event, view) => {
      const { options } = state, mine = options.mine === "auto" ? "always" : options.mine;
      const [after, outs] = react({ ...state, options: { ...options, mine } }, event, view);
      return [{ ...after, options }, outs];
    }),
  },
  {
    name: "of several blocks that count now only the last is printed",
    found_by: [RULES.printed],
    from: 49,
    change: onAfter(({ before, after }) => {
      const { printed } = after, { end } = before.printed;
      if (printed.end - end < 2) return {};
      const last = printed.get(printed.end - 1)!;
      return { after: { ...after, printed: before.printed.append([last]) } };
    }),
  },
  {
    name: "losers are not told",
    found_by: [AGREE],
    from: 27,
    needs: heals,
    change: without((out) => out.kind === "tell" && out.text.includes("does not count")),
  },
  {
    name: "whoever waits for a record is not answered",
    found_by: [AGREE],
    needs: heals,
    change: onAfter(({ before, after }) => {
      const { waits } = after, left = waits.length < before.waits.length ? before.waits : waits;
      return { after: { ...after, waits: left } };
    }),
  },
];

export const PLANTED_CHAIN_BUGS: readonly PlantedBug[] = BUGS.map((bug) => {
  return { needs: uses, ...bug, plant: () => reduceNode };
});
