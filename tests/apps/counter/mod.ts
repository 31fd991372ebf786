/** What goes with the counter, and with the app that builds on it. */

import type { AppModule } from "../../../src/apps/app.ts";
import { counter } from "./app.ts";
import { factor } from "./factor.ts";
import { COUNTER } from "./state.ts";
import { tally } from "./tally.ts";
import { recordLine } from "./text.ts";
import { COUNTER_VIEWS } from "./views.ts";

export const counterModule: AppModule = {
  app: counter,
  commands: {
    counter: () => import("./commands/counter.ts"),
    count: () => import("./commands/count.ts"),
  },
  show: (record, format) => [recordLine(record, format)],
  slash: [{
    name: "factor",
    form: "/factor",
    help: "factor the counter",
    run: (rest, _pasted, { request }) => {
      if (rest.trim() !== "") return "/factor stands alone";
      request(COUNTER, { do: "factor" });
      return null;
    },
  }],
  no_lines: "--topic counter holds numbers; see rumor count",
  views: COUNTER_VIEWS,
  stored: async () => (await import("./stored.ts")).default,
  exports: {
    topic: COUNTER,
    forms: [],
    examples: "  rumor export --data ~/rumor --topic counter --format csv\n",
    help: "For the counter, ndjson has from and add.\n",
  },
  rules: async () => (await import("./sim.ts")).counterRules,
  worker: () => factor,
};

export const tallyModule: AppModule = { app: tally, commands: {} };
