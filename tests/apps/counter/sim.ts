/** The users of the counter in simulations, and what must hold of it. */

import {
  type AppRules,
  asRules,
  type User,
  type Watch,
} from "../../../src/sim/campaign/app_rules.ts";
import type { Step } from "../../../src/sim/campaign/step.ts";
import { must } from "../../../src/sim/campaign/violation.ts";
import type { Done } from "../../../src/sim/sim_work.ts";
import { counter } from "./app.ts";
import { itemOf, readItem } from "./counter.ts";
import type { CounterRequest } from "./requests.ts";
import { COUNTER, type Counter } from "./state.ts";

/** How long factoring takes, in virtual time. */
export const FACTOR_MS = 2_000;

/** What the watcher counted itself. */
interface CounterView {
  total: number;
}

export const counterRules: AppRules = asRules<CounterView>({
  app: counter,
  operations: [["count", 20], ["factor", 5], ["ask", 10]],
  act,
  front: { app: COUNTER, topic: COUNTER },
  worker: factorSoon,
  lie: (dice) => [COUNTER, [{ add: 5_000 }, { add: "1" }, null, itemOf(dice.between(1, 9))]],
  effects: ["factors_found", "totals_told"],
  counted: [["ignored:count", "junk_refused"]],
  newView: () => ({ total: 0 }),
  seeDelivered: ({ view }, { items }) => {
    for (const add of items.map(readItem)) if (typeof add === "number") view.total += add;
  },
  seeState: sumsAreTotal,
  seeRecord: ({ count }, record) => {
    if (Object.hasOwn(record as object, "factored")) count("factors_found", 1);
    if (Object.hasOwn(record as object, "of")) count("totals_told", 1);
  },
  difference: (one, other) => {
    const a = one.state as Counter, b = other.state as Counter;
    if (a.total === b.total) return null;
    return `${one.name} counts ${a.total}, ${other.name} ${b.total}`;
  },
});

/** The work of the counter in virtual time: it takes long, and is half done in the middle. */
export function factorSoon(task: unknown): Done {
  const result: number[] = [];
  let rest = task as number;
  for (let divisor = 2; divisor * divisor <= rest; divisor++) {
    for (; rest % divisor === 0; rest /= divisor) result.push(divisor);
  }
  if (rest > 1) result.push(rest);
  return { takes_ms: FACTOR_MS, result, reports: [[FACTOR_MS / 2, result.length]] };
}

function act({ machine, machines, running }: User, { what, other, choice, for_ms }: Step): void {
  const { node } = machine;
  if (what === "count") node.publish(COUNTER, [itemOf(Math.floor(choice * 40) - 10)]);
  if (what === "factor") node.request(COUNTER, { do: "factor" } satisfies CounterRequest);
  const to = running(other % machines);
  if (what !== "ask" || to === null || to === machine) return;
  const wish: CounterRequest = { do: "ask", of: to.node.id, within_ms: for_ms, all: choice < 0.5 };
  node.request(COUNTER, { ...wish });
}

function sumsAreTotal({ machine, view }: Watch<CounterView>, state: unknown): void {
  const { total, by_origin, records } = state as Counter;
  const sum = [...by_origin.values()].reduce((all, one) => all + one, 0);
  const forked = [...records.from()].some((one) => Object.hasOwn(one as object, "taken_back"));
  must(
    sum === total && (forked || total === view.total),
    "counter_is_sum",
    () => `${machine.name} counts ${total}, its parts ${sum}, and should ${view.total}`,
  );
}
