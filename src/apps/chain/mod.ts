/** What goes with the chain. */

import type { Json } from "../../core/types.ts";
import type { AppModule } from "../app.ts";
import type { Block } from "./blockchain.ts";
import type { Given } from "../../cli/args/args.ts";
import { chainWish, followFlags } from "./commands/flags.ts";
import { blockLine } from "./commands/text.ts";
import { chain } from "./app.ts";
import { Miner } from "./worker/mine.ts";

export default {
  app: chain,
  commands: { chain: () => import("./commands/chain.ts") },
  experiments: { chain: () => import("./commands/sim.ts") },
  node_flags: {
    flags: followFlags,
    wish: (given, typed) => chainWish(given as Given<typeof followFlags>, typed),
  },
  show: (record: Json, format) => [blockLine(record as unknown as Block, format)],
  no_lines: "--topic records and --topic blocks are the chain's; see rumor chain",
  rules: async () => (await import("./sim/campaign/rules.ts")).chainRules,
  worker: () => new Miner().work,
} satisfies AppModule;
