/** The ledger as an app: payments are kept whole, and every node ends with the same balances. */

import type { Json } from "../../core/types.ts";
import type { AppendLog } from "../../core/data/append_log.ts";
import { type App, type AppEvent, type AppOut, asApp } from "../../core/host/app.ts";
import {
  balanceOf,
  emptyLedger,
  type Ledger,
  reduceLedger,
  refuser,
  sortedAccounts,
} from "./ledger.ts";

/** The topic of transactions. */
export const LEDGER = "ledger";
/** The table of payments that count. */
export const PAYMENTS = "payments";

export const ledger: App = asApp<Ledger>({
  name: "ledger",
  topics: [{ topic: LEDGER, whole: true }],
  initial: emptyLedger,
  refuse: (state, drafted) => refuser(state, drafted),
  reduce: (state, event) => react(state, event),
  // An `Applied` is JSON; an interface has no index signature, so the compiler does not see that.
  records: ({ applied }) => applied as unknown as AppendLog<Json>,
  questions: {
    balances: {
      right: "read",
      names: (state, args) => args.length > 0 ? [...new Set(args)].sort() : sortedAccounts(state),
      row: (state, account) => [account, String(balanceOf(state, account))],
    },
  },
});

function react(before: Ledger, event: AppEvent): readonly [Ledger, readonly AppOut[]] {
  if (event.kind !== "delivered") return [before, []];
  const [after, ignored, booked] = reduceLedger(before, event.items);
  const outs: AppOut[] = ignored.map(({ origin, why }) => {
    return { kind: "ignored", origin, topic: LEDGER, what: "transaction", why };
  });
  for (const { transaction: { id, from, to, amount }, time_ms } of booked) {
    outs.push({ kind: "row", table: PAYMENTS, key: id, row: [time_ms, from, to, amount] });
  }
  return [after, outs];
}
