/** `rumor balances`: what a running node has in its ledger. */

import type { Command } from "../../app.ts";
import { nameFault } from "../ledger.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT } from "../../../cli/args/exit.ts";
import {
  helpFlags,
  joinFlag,
  jsonFlag,
  networkFlag,
  timeoutFlag,
} from "../../../cli/args/flags.ts";
import { formatBalances } from "./text.ts";
import { inquire } from "../../../cli/guest/inquiry.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";

const flags = {
  ...joinFlag,
  ...jsonFlag,
  ...timeoutFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

/** A node is believed what it says of balances, but not that anything is a balance. */
function isBalance([name, amount]: readonly string[]): boolean {
  return nameFault("ACCOUNT", name) === null && /^-?[0-9]{1,40}$/.test(amount);
}

const command: Command = {
  summary: "print the balances that a running node has",
  help: `Examples:
  rumor balances --join 10.0.0.5:7000
  rumor balances alice bob --join 10.0.0.5:7000 --json

Usage: rumor balances [ACCOUNT...] [FLAGS]

Prints ACCOUNT AMOUNT, sorted by name; an account that was never used has 0.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, 75 no answer in time, 130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    return await inquire(given, async (ask) => {
      const rows = await ask({ q: "balances", a: words });
      if (!rows.every(isBalance)) {
        say("rumor: the node's answer makes no sense");
        return EXIT.failed;
      }
      const shown = stdout.is_terminal;
      const format = { json: given.json ?? false, shown, align: shown };
      const text = formatBalances(rows as [string, string][], format);
      await stdout.print(text);
      return EXIT.done;
    });
  },
};

export default command;
