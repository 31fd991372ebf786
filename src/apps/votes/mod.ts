/** What goes with votes. */

import type { AppModule } from "../app.ts";
import { votes } from "./app.ts";

export default {
  app: votes,
  commands: { vote: () => import("./commands/vote.ts") },
  rules: async () => (await import("./sim/rules.ts")).votesRules,
} satisfies AppModule;
