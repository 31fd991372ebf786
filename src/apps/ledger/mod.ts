/** What goes with the ledger. */

import type { Json } from "../../core/types.ts";
import type { AppModule } from "../app.ts";
import { LEDGER, ledger } from "./app.ts";
import { appliedLine } from "./commands/text.ts";
import type { Applied } from "./ledger.ts";
import { LEDGER_VIEWS } from "./views.ts";

export default {
  app: ledger,
  commands: {
    ledger: () => import("./commands/ledger.ts"),
    pay: () => import("./commands/pay.ts"),
    balances: () => import("./commands/balances.ts"),
  },
  experiments: { ledger: () => import("./commands/sim.ts") },
  show: (record: Json, format) => [appliedLine(record as unknown as Applied, format)],
  no_lines: "--topic ledger holds transactions; see rumor ledger and rumor pay",
  views: LEDGER_VIEWS,
  rules: async () => (await import("./sim.ts")).ledgerRules,
  stored: async () => (await import("./commands/stored.ts")).default,
  exports: {
    topic: LEDGER,
    forms: ["hledger"],
    examples: `  rumor export --data ~/rumor --topic ledger --format csv > payments.csv
  rumor export --data ~/rumor --format hledger | hledger -f - balance
`,
    help:
      `For the ledger, ndjson is what rumor ledger --json prints, without payments that were taken back;
hledger is its journal.
`,
  },
} satisfies AppModule;
