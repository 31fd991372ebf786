/** Bugs of the chain, one rule broken in each. */

import type { Block } from "../../src/apps/chain/blockchain.ts";
import { BLOCKS } from "../../src/apps/chain/blocks.ts";
import { CHAIN } from "../../src/apps/chain/options.ts";
import type { ChainSetup } from "../../src/apps/chain/sim/campaign/setup.ts";
import type { LieName } from "../../src/apps/chain/sim/campaign/lies.ts";
import { RULES } from "../../src/apps/chain/sim/campaign/watch.ts";
import type { App } from "../../src/core/host/app.ts";
import { reduceNode } from "../../src/core/node.ts";
import type { Json } from "../../src/core/types.ts";
import type { Options } from "../../src/sim/campaign/options.ts";
import {
  bestBy,
  changed,
  folded,
  onAfter,
  onSwitch,
  overlooks,
  sends,
  without,
  withTree,
} from "./chain_changes.ts";
import type { PlantedBug } from "./planted_bugs.ts";

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
