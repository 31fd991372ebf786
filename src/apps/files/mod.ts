/** What goes with files. */

import type { AppModule } from "../app.ts";
import { files } from "./app.ts";
import { SEARCH } from "./commands/search_slash.ts";

export default {
  app: files,
  commands: { search: () => import("./commands/search.ts") },
  slash: [SEARCH],
} satisfies AppModule;
