/** Bugs of the apps on the chain: the real rule with something changed around it, at all nodes alike. */

import type { OrderRule, Taken } from "../../src/apps/chain/order.ts";
import type { ChainRecord } from "../../src/apps/chain/record.ts";
import { RULES } from "../../src/apps/chain/sim/campaign/watch.ts";
import { type Claims, NAMES } from "../../src/apps/names/claims.ts";
import type { Pay } from "../../src/apps/strict/items.ts";
import { COVERED } from "../../src/apps/strict/sim/judge.ts";
import { balanceOf, STRICT, type Strict } from "../../src/apps/strict/strict.ts";
import { electionOf, VOTES, type Votes } from "../../src/apps/votes/rule.ts";
import { ONCE } from "../../src/apps/votes/sim/judge.ts";
import { spell } from "../../src/apps/votes/words.ts";
import { SharedMap } from "../../src/core/data/shared_map.ts";
import type { App } from "../../src/core/host/app.ts";
import { reduceNode } from "../../src/core/node.ts";
import type { Options } from "../../src/sim/campaign/options.ts";
import type { PlantedBug } from "./planted_bugs.ts";

type Apply<State> = (state: State, record: ChainRecord, index: number) => Taken<State>;

/** An app whose rule applies records in another way. */
function applies<State>(change: (apply: Apply<State>) => Apply<State>): (app: App) => App {
  return (app) => {
    const rule = app.order as OrderRule<State>;
    return { ...app, order: { ...rule, apply: change(rule.apply) } };
  };
}

/** Takes what is refused for a reason. */
function takes<State>(why: RegExp, take: Apply<State>): (app: App) => App {
  return applies<State>((apply) => (state, record, index) => {
    const taken = apply(state, record, index);
    const is_meant = "refused" in taken && why.test(taken.refused);
    return is_meant ? take(state, record, index) : taken;
  });
}

/** Of one app. */
interface OrderBug extends Omit<PlantedBug, "plant"> {
  readonly app: string;
}

const BUGS: readonly OrderBug[] = [
  {
    name: "a payment is taken that its payer cannot cover",
    app: STRICT,
    found_by: [RULES.good],
    change: applies<Strict>((apply) => (state, record, index) => {
      const taken = apply(state, record, index);
      if (!("refused" in taken) || !/ has .*, not /.test(taken.refused)) return taken;
      const { from, amount } = record.item as unknown as Pay, has = balanceOf(state, from);
      const lent = { ...state, balances: state.balances.set(from, has + BigInt(amount)) };
      const after = apply(lent, record, index);
      if ("refused" in after) return after;
      const left = balanceOf(after.state, from) - BigInt(amount);
      return { state: { ...after.state, balances: after.state.balances.set(from, left) } };
    }),
  },
  {
    name: "a second issuer brings money in",
    app: STRICT,
    found_by: [RULES.good],
    change: applies<Strict>((apply) => (state, record, index) => {
      const taken = apply(state, record, index);
      const is_meant = "refused" in taken && /all money is issued/.test(taken.refused);
      return is_meant ? apply({ ...state, issuer: null }, record, index) : taken;
    }),
  },
  {
    name: "what is paid arrives twice",
    app: STRICT,
    found_by: [COVERED],
    change: applies<Strict>((apply) => (state, record, index) => {
      const taken = apply(state, record, index), { k, to, amount } = record.item as unknown as Pay;
      if ("refused" in taken || k !== "pay") return taken;
      const has = balanceOf(taken.state, to) + BigInt(amount);
      return { state: { ...taken.state, balances: taken.state.balances.set(to, has) } };
    }),
  },
  {
    name: "the id of a payment is used up by all who sign",
    from: 470,
    app: STRICT,
    found_by: ["equal_clocks_and_apps_after_heal"],
    change: applies<Strict>((apply) => (state, record, index) => {
      const { id } = record.item as unknown as Pay;
      const is_used = [...state.ids.values()].some(({ item }) => item.id === id);
      return is_used ? { refused: "used" } : apply(state, record, index);
    }),
  },
  {
    name: "the last claim of a name wins",
    app: NAMES,
    found_by: [RULES.good],
    change: applies<Claims>((apply) => (claims, record, index) => {
      const { name } = record.item as { readonly name: string };
      return apply(claims.without(name), record, index);
    }),
  },
  {
    name: "a voter votes twice",
    app: VOTES,
    found_by: [RULES.good],
    change: takes<Votes>(/was cast already/, (votes, { key, item, origin }, index) => {
      const { election = "", choice } = item as Record<string, string>;
      const { opened, ballots } = electionOf(votes, election);
      const more = ballots.set(`voter ${ballots.size}`, { choice, index, key, by: origin });
      return { state: (votes ?? SharedMap.of()).set(election, { opened, ballots: more }) };
    }),
  },
  {
    name: "a vote counts for somebody else, too",
    app: VOTES,
    found_by: [ONCE],
    change: applies<Votes>((apply) => (votes, record, index) => {
      const taken = apply(votes, record, index);
      const { k, election = "", voter } = record.item as Record<string, string>;
      if ("refused" in taken || k !== "vote") return taken;
      const { opened, ballots } = electionOf(taken.state, election);
      const ballot = ballots.get(spell(voter))!, more = ballots.set("twin", ballot);
      return { state: taken.state!.set(election, { opened, ballots: more }) };
    }),
  },
  {
    name: "votes are taken for what is no choice",
    app: VOTES,
    found_by: [RULES.good],
    change: applies<Votes>((apply) => (votes, record, index) => {
      const taken = apply(votes, record, index);
      const is_stray = "refused" in taken && /not among the choices/.test(taken.refused);
      if (!is_stray) return taken;
      const { election, choice } = record.item as Record<string, string>;
      const known = electionOf(votes, election), opened = known.opened!;
      const open = { ...known, opened: { ...opened, choices: [...opened.choices, choice] } };
      return apply(votes!.set(election, open), record, index);
    }),
  },
];

export const PLANTED_ORDER_BUGS: readonly PlantedBug[] = BUGS.map((bug) => {
  const needs = ({ apps }: Options) => Object.hasOwn(apps, bug.app);
  return { needs, ...bug, plant: () => reduceNode };
});
