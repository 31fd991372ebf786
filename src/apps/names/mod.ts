/** What goes with names. */

import type { AppModule } from "../app.ts";
import { names } from "./app.ts";

export default {
  app: names,
  commands: {
    name: () => import("./commands/name.ts"),
    names: () => import("./commands/names.ts"),
  },
  rules: async () => (await import("./sim/rules.ts")).namesRules,
} satisfies AppModule;
