/** What goes with the ledger. */

import type { Json } from "../../core/types.ts";
import type { AppModule } from "../app.ts";
import { ledger } from "./app.ts";
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
  stored: async () => (await import("./commands/stored.ts")).default,
  export_help: "--topic ledger exports payments; --format hledger writes them as a journal",
} satisfies AppModule;
