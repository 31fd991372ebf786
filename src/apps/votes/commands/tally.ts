/** `rumor vote tally`: how an election stands at a running node. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { ASK_CODES, askFlags, failSenseless, inquireChain } from "./builds_on.ts";
import { electionFlag } from "./flags.ts";
import { readTally, tallyText } from "./text.ts";

const flags = { ...electionFlag, ...askFlags } as const;

const command: Command = {
  summary: "print how many votes each choice has",
  help: `Examples:
  rumor vote tally --join 10.0.0.5:7000
  rumor vote tally --election board --json --join 10.0.0.5:7000

Usage: rumor vote tally [FLAGS]

Prints CHOICE COUNT of the best branch, most first. In a choice, white space, backslashes and what a
terminal would obey are escaped: \\x20, \\x5c, \\x1b. With --json choices stand as they are.

Flags:
${flagLines(flags)}

${ASK_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected; see --election`);
    return await inquireChain(given, async (ask) => {
      const counts = readTally(await ask({ q: "votes", a: [given.election ?? ""] }));
      if (counts === null) return failSenseless();
      const format = { json: given.json ?? false, shown: stdout.is_terminal };
      await stdout.print(tallyText(counts, format));
      return EXIT.done;
    });
  },
};

export default command;
