/** All apps, one line each. Nothing else in the program names them. */

import type { AppModule } from "./app.ts";
import chain from "./chain/mod.ts";
import chat from "./chat/mod.ts";
import files from "./files/mod.ts";
import ledger from "./ledger/mod.ts";
import names from "./names/mod.ts";
import privateMessages from "./private/mod.ts";
import strict from "./strict/mod.ts";
import votes from "./votes/mod.ts";

export const APPS: readonly AppModule[] = [
  chat,
  ledger,
  privateMessages,
  chain,
  votes,
  names,
  strict,
  files,
];
