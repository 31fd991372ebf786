/** What goes with the chain. */

import type { AppModule } from "../app.ts";
import { chain } from "./app.ts";
import { Miner } from "./worker/mine.ts";

export default {
  app: chain,
  commands: {},
  worker: new Miner().work,
} satisfies AppModule;
