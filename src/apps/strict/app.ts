/** The strict ledger as an app: payments are records of the chain, and no account is ever below 0. */

import type { Json } from "../../core/types.ts";
import { AppendLog } from "../../core/data/append_log.ts";
import { type App, type AppEvent, type AppOut, type AppView, asApp } from "../../core/host/app.ts";
import { accountFault, accountOf } from "./account.ts";
import { CHAIN, type ChainOffer, type OrderedItem } from "./builds_on.ts";
import { isStrict, type StrictItem } from "./items.ts";
import { takeRequest } from "./requests.ts";
import { balanceOf, emptyStrict, STRICT, type Strict, STRICT_RULE } from "./strict.ts";

/** What is printed of a payment: that it counts, or that it no longer does. */
export type StrictRecord = {
  /** The index of its block. */
  readonly index: number;
  readonly item: StrictItem;
  readonly is_taken_back: boolean;
};

interface State {
  /** How many requests there were: no two make the same id. */
  readonly requests: number;
  readonly printed: AppendLog<Json>;
}

export const strict: App = asApp<State>({
  name: STRICT,
  builds_on: [CHAIN],
  order: STRICT_RULE,
  requests: "own",
  initial: () => ({ requests: 0, printed: AppendLog.empty() }),
  reduce: (state, event, view) => react(state, event, view),
  records: ({ printed }) => printed,
  questions: {
    strict: {
      right: "read",
      names: (_state, args, view) => accountsOf(args, view),
      row: (_state, account, view) => [account, String(balanceOf(stateOf(view), account))],
    },
  },
});

function react(state: State, event: AppEvent, view: AppView): readonly [State, readonly AppOut[]] {
  if (event.kind === "request") {
    const out = takeRequest(event, view, state.requests);
    return [{ ...state, requests: state.requests + 1 }, [out]];
  }
  // Whoever prints something else need not keep what would be printed.
  if (event.kind !== "ordered" || view.front.app !== STRICT) return [state, []];
  const records = recordsOf(event.removed as OrderedItem[], event.added as OrderedItem[]);
  return [{ ...state, printed: state.printed.append(records) }, []];
}

/**
 * What is printed of a switch: first what it takes back, the last payment first, and then what it adds,
 * in its order. Of what counts in both branches nothing is said.
 */
function recordsOf(removed: readonly OrderedItem[], added: readonly OrderedItem[]): StrictRecord[] {
  const [before, after] = [removed, added].map((items) => new Set(items.map(({ key }) => key)));
  const record = ({ index, item }: OrderedItem, is_taken_back: boolean): StrictRecord[] =>
    isStrict(item) ? [{ index, item: item as StrictItem, is_taken_back }] : [];
  return [
    ...removed.filter(({ key }) => !after.has(key)).flatMap((item) => record(item, true)),
    ...added.filter(({ key }) => !before.has(key)).flatMap((item) => record(item, false)),
  ];
}

/** The accounts that are meant, or all that there are; none where no chain is followed. */
function accountsOf(words: readonly string[], view: AppView): readonly string[] {
  if (words.length === 0) return [...stateOf(view).balances.keys()].sort();
  if (!view.below(CHAIN)) return [];
  const accounts = words.map((word) => accountOf(word, view.self));
  return [...new Set(accounts)].filter((account) => accountFault(account) === null).sort();
}

/** What the best branch makes. */
function stateOf(view: AppView): Strict {
  const offer = view.below(CHAIN) as ChainOffer | null | undefined;
  return offer?.tree.best.states.get(STRICT) as Strict | undefined ?? emptyStrict();
}
