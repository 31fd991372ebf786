/** `rumor sim`: the laboratory. Each experiment is a file in src/cli/sim, or one of an app. */

import type { AppModule, Command, LoadCommand } from "../../apps/app.ts";
import { UsageError } from "../args/exit.ts";
import { helpWith } from "../sim/campaign_flags.ts";

function partsOf(apps: readonly AppModule[]): Readonly<Record<string, LoadCommand>> {
  return {
    broadcast: () => import("../sim/broadcast.ts"),
    scenario: () => import("../sim/scenario.ts"),
    cut: () => import("../sim/cut.ts"),
    ...Object.assign({}, ...apps.map(({ experiments }) => experiments)),
  };
}

const command: Command = {
  summary: "try the same nodes in made-up networks, under every fault",
  help: (apps) => helpWith(Object.keys(partsOf(apps))),
  parts: partsOf,
  run: async (args, env, apps) => {
    const [first] = args;
    if (first !== undefined && !first.startsWith("-")) {
      const allowed = Object.keys(partsOf(apps)).join(", ");
      throw new UsageError(`${first} is no experiment; allowed are ${allowed}`);
    }
    return await (await import("../sim/campaign.ts")).run(args, env, apps);
  },
};

export default command;
