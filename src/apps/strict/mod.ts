/** What goes with the strict ledger. */

import type { Json } from "../../core/types.ts";
import type { AppModule } from "../app.ts";
import { strict, type StrictRecord } from "./app.ts";
import { recordLine } from "./commands/text.ts";

export default {
  app: strict,
  commands: { issue: () => import("./commands/issue.ts") },
  variants: {
    ledger: {
      strict: {
        help: "payments in one order, and none that its payer cannot cover",
        load: () => import("./commands/node.ts"),
      },
    },
    pay: {
      strict: {
        help: "only what the payer has, and only by its owner",
        load: () => import("./commands/pay.ts"),
      },
    },
    balances: {
      strict: {
        help: "what accounts have by the best branch",
        load: () => import("./commands/balances.ts"),
      },
    },
  },
  show: (record: Json, format) => [recordLine(record as unknown as StrictRecord, format)],
  rules: async () => (await import("./sim/rules.ts")).strictRules,
} satisfies AppModule;
