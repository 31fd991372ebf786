/** `rumor chain data`: what a running node has in its best branch. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { readCount } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { INDEX_MAX } from "../header.ts";
import { ASK_CODES, askBlocks, askFlags } from "./asking.ts";
import { dataLines } from "./text.ts";

const flags = {
  ...askFlags,
  from: {
    value: "INDEX",
    help: "begin with this block (default: 1)",
    read: readCount(0, INDEX_MAX),
  },
} as const;

const command: Command = {
  summary: "print the texts that the chain holds, in their order",
  help: `Examples:
  rumor chain data --join 10.0.0.5:7000
  rumor chain data --from 100 --json --join 10.0.0.5:7000

Usage: rumor chain data [FLAGS]

Prints each text of a data record in the best branch on a line. With --json, one object a record, ofnall kinds, with the index of its block.

Flags:
${flagLines(flags)}

${ASK_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const format = { json: given.json ?? false, shown: stdout.is_terminal };
    return await askBlocks(given, given.from ?? 1, async (blocks) => {
      await stdout.print(blocks.map((block) => dataLines(block, format)).join(""));
    });
  },
};

export default command;
