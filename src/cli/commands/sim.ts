/** `rumor sim`: the laboratory. Each experiment is a file in src/cli/sim. */

import type { Command } from "../command.ts";
import { UsageError } from "../args/exit.ts";
import { help } from "../sim/campaign_flags.ts";

const parts: Readonly<Record<string, () => Promise<{ default: Command }>>> = {
  broadcast: () => import("../sim/broadcast.ts"),
  scenario: () => import("../sim/scenario.ts"),
  cut: () => import("../sim/cut.ts"),
  ledger: () => import("../sim/ledger.ts"),
};

const command: Command = {
  summary: "try the same nodes in made-up networks, under every fault",
  help,
  parts,
  run: async (args, env) => {
    const [first] = args;
    if (first !== undefined && !first.startsWith("-")) {
      const allowed = Object.keys(parts).join(", ");
      throw new UsageError(`${first} is no experiment; allowed are ${allowed}`);
    }
    return await (await import("../sim/campaign.ts")).run(args, env);
  },
};

export default command;
