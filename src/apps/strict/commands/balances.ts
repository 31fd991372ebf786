/** `rumor balances --strict`: what a running node's chain makes of all payments. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { accountFault, accountWordFault } from "../account.ts";
import { ASK_CODES, askFlags, failSenseless, inquireChain } from "./builds_on.ts";
import { balanceLines } from "./text.ts";

const command: Command = {
  summary: "print what accounts have by the best branch",
  help: `Examples:
  rumor balances --strict --join 10.0.0.5:7000
  rumor balances --strict me me/petty-cash --json

Usage: rumor balances --strict [ACCOUNT...] [FLAGS]

Prints ACCOUNT AMOUNT as the best branch has it, sorted; an account that was never used has 0. me is
the id of the node that is asked.

Flags:
${flagLines(askFlags)}

${ASK_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, askFlags, env);
    for (const word of words) {
      const fault = accountWordFault(word);
      if (fault !== null) throw new UsageError(`${word}: ${fault}`);
    }
    return await inquireChain(given, async (ask) => {
      const rows = await ask({ q: "strict", a: words });
      if (!rows.every(isBalance)) return failSenseless();
      const format = { json: given.json ?? false, shown: stdout.is_terminal };
      await stdout.print(balanceLines(rows as [string, string][], format));
      return EXIT.done;
    });
  },
};

/** A node is believed what it says of balances, but not that anything is a balance. */
function isBalance([account, amount]: readonly string[]): boolean {
  return accountFault(account) === null && /^[0-9]{1,40}$/.test(amount);
}

export default command;
