/** `rumor pay --strict`: one payment of the strict ledger, through a running node. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { handOver, PAY_CODES, PAY_HELP, payFlags } from "./handing.ts";
import { payOf } from "./parse.ts";

const command: Command = {
  summary: "make one payment that its payer can cover, through a running node",
  help: `Examples:
  rumor pay --strict me bq1yG0VBOsLMEp1Ei8SJ3Gn9oJ9VjRyPhkRCyIbHMO0 5
  rumor pay --strict me/petty-cash bq1yG0VBOsLMEp1Ei8SJ3Gn9oJ9VjRyPhkRCyIbHMO0/rent 5 --id rent-11

Usage: rumor pay --strict FROM TO AMOUNT [FLAGS]

${PAY_HELP}
Only the owner of FROM spends what it has. What FROM does not have is refused at once; a payment that
other blocks left without money lapses after 64 more.

Flags:
${flagLines(payFlags)}

${PAY_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, payFlags, env);
    if (words.length !== 3) {
      throw new UsageError(`FROM TO AMOUNT is expected, not ${words.length} words`);
    }
    return await handOver(given, payOf(given.id === undefined ? words : [...words, given.id]));
  },
};

export default command;
