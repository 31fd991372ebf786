/** `rumor chain export`: a running node's chain as a file that can be verified alone. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { ASK_CODES, askBlocks, askFlags } from "./asking.ts";
import { chainText } from "./text.ts";

const { json: _, ...flags } = askFlags;

const command: Command = {
  summary: "print the whole chain as JSON",
  help: `Examples:
  rumor chain export --join 10.0.0.5:7000 > chain.json
  rumor chain verify chain.json

Usage: rumor chain export [FLAGS]

Prints {"length", "difficulty", "chain": [...]}, the best branch with its first block. It holds the
signed lines of all records, so that whoever has it can verify it alone.

Flags:
${flagLines(flags)}

${ASK_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    return await askBlocks(given, 0, async (blocks) => {
      await stdout.print(`${chainText(blocks)}\n`);
      return EXIT.done;
    });
  },
};

export default command;
