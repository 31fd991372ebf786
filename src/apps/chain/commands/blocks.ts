/** `rumor chain blocks`: what a running node has in its best branch. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { readCount } from "../../../cli/args/values.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { INDEX_MAX } from "../header.ts";
import { ASK_CODES, askBlocks, askFlags } from "./asking.ts";
import { blockLine } from "./text.ts";

const flags = {
  ...askFlags,
  from: {
    value: "INDEX",
    help: "begin with this block (default: 1)",
    read: readCount(0, INDEX_MAX),
  },
} as const;

const command: Command = {
  summary: "print the blocks of the chain",
  help: `Examples:
  rumor chain blocks --join 10.0.0.5:7000
  rumor chain blocks --from 100 --json --join 10.0.0.5:7000

Usage: rumor chain blocks [FLAGS]

Prints INDEX HASH RECORDS of each block of the best branch. With --json, whole blocks.

Flags:
${flagLines(flags)}

${ASK_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const format = { json: given.json ?? false, shown: stdout.is_terminal };
    return await askBlocks(given, given.from ?? 1, async (blocks) => {
      await stdout.print(blocks.map((block) => blockLine(block, format)).join(""));
    });
  },
};

export default command;
