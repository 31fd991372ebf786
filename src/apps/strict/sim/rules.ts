/** The strict ledger in the campaign: what its users do, and who judges what becomes of it. */

import type { Json } from "../../../core/types.ts";
import { askNode } from "../../../core/node.ts";
import { type AppRules, asRules, type User } from "../../../sim/campaign/app_rules.ts";
import type { Machine } from "../../../sim/campaign/machine.ts";
import type { Step } from "../../../sim/campaign/step.ts";
import { strict } from "../app.ts";
import { STRICT } from "../strict.ts";
import { chainIn } from "./builds_on.ts";
import { EFFECTS, strictJudge } from "./judge.ts";
import { lyingStrict } from "./liar.ts";

/**
 * Of the runs with a chain that is so fast that a payment lapses soon (after 64 blocks), so many have
 * payments: a healed network is done only then.
 */
const SHARE = 0.8, BLOCK_MS_MAX = 1_200;
/** What a rival brings in each time. */
const ISSUED = 100;
/** No deeper than nodes go by themselves that mine on demand. */
const DEPTH_MAX = 6;

export const strictRules: AppRules = asRules<null>({
  app: strict,
  draw: (dice, options) => {
    const is_fast = (chainIn(options)?.block_ms_max ?? Infinity) <= BLOCK_MS_MAX;
    return is_fast && dice.chance(SHARE) ? {} : null;
  },
  operations: [["pay_strict", 10], ["pay_again", 4], ["issue", 2]],
  act,
  liar: lyingStrict,
  effects: EFFECTS,
  newView: () => null,
  judge: strictJudge,
});

/** Somebody issues while nobody did, as far as he knows; or pays, perhaps more than he has. */
function act(user: User, step: Step): void {
  const { machine, running } = user, accounts = askNode(machine.node.state, STRICT) ?? [];
  const depth = 1 + step.for_ms % DEPTH_MAX, two = new Set([machine, running(step.other)]);
  const want = ({ node }: Machine, item: Json) => node.request(STRICT, { item, depth });
  const issues = step.what === "issue" || accounts.length === 0;
  // An id is used by two at once, each for a payment of its own.
  for (const one of issues || step.what === "pay_again" ? two : [machine]) {
    if (one === null || one.lies) continue;
    if (!issues) {
      want(one, payment({ ...user, machine: one }, step, accounts));
      continue;
    }
    // Who loses has paid already, out of what never came.
    want(one, { k: "issue", to: "me", amount: ISSUED, id: `issue${user.count()}` });
    want(one, { k: "pay", from: "me", to: "me/box", amount: ISSUED / 4, id: `box${user.count()}` });
  }
}

/** Most is what just came in; some of it goes to a box of the payer. */
function payment(
  { machine: { node }, running, count }: User,
  { what, choice, other, for_ms }: Step,
  accounts: readonly (readonly string[])[],
): Json {
  const own = accounts.filter(([account, amount]) => account.startsWith(node.id) && amount !== "0");
  const [from, has] = own[for_ms % Math.max(1, own.length)] ?? ["me", "0"];
  const amount = Math.max(1, Math.ceil(Number(has) * choice * 1.2));
  const to = for_ms % 3 === 0 ? "me/box" : running(other)?.node.id ?? "me/box";
  // The same id twice, mostly for something else.
  const id = what === "pay_again" ? `again${for_ms % 2}` : `p${count()}`;
  return { k: "pay", from, to, amount, id };
}
