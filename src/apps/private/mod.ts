/** What goes with private messages. */

import type { Json } from "../../core/types.ts";
import type { AppModule } from "../app.ts";
import { privateMessages, type PrivateRecord } from "./app.ts";
import { PM } from "./commands/slash.ts";
import { showMessages } from "./commands/text.ts";

export default {
  app: privateMessages,
  commands: { pm: () => import("./commands/pm.ts") },
  show: (record: Json, format) => showMessages(record as unknown as PrivateRecord, format),
  slash: [PM],
  message: "private message",
  rules: async () => (await import("./sim.ts")).privateRules,
} satisfies AppModule;
