/** What goes with the chat. */

import type { AppModule } from "../app.ts";
import { chat } from "./app.ts";

export default {
  app: chat,
  commands: {
    chat: () => import("./commands/chat.ts"),
    pub: () => import("./commands/pub.ts"),
    sub: () => import("./commands/sub.ts"),
  },
} satisfies AppModule;
