/** `rumor issue`: money enters the strict ledger, through a running node. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { handOver, PAY_CODES, PAY_HELP, payFlags } from "./handing.ts";
import { issueOf } from "./parse.ts";

const command: Command = {
  summary: "bring in money that rumor pay --strict spends, through a running node",
  help: `Examples:
  rumor issue me 1000
  rumor issue bq1yG0VBOsLMEp1Ei8SJ3Gn9oJ9VjRyPhkRCyIbHMO0/petty-cash 50 --id june

Usage: rumor issue ACCOUNT AMOUNT [FLAGS]

${PAY_HELP}
Whoever is the first to issue is the only one: all others are refused from then on.

Flags:
${flagLines(payFlags)}

${PAY_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, payFlags, env);
    if (words.length !== 2) {
      throw new UsageError(`ACCOUNT AMOUNT is expected, not ${words.length} words`);
    }
    return await handOver(given, issueOf(given.id === undefined ? words : [...words, given.id]));
  },
};

export default command;
