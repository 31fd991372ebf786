/** `rumor chain verify`: checks a chain in a file, without a network. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, networkFlag } from "../../../cli/args/flags.ts";
import { visible } from "../../../cli/output/escape.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { checkChain, readTextFile } from "./checking.ts";

const flags = {
  network: { ...networkFlag.network, help: "the network that it must be of (default: any)" },
  ...helpFlags,
} as const;

const command: Command = {
  summary: "check a chain in a file",
  help: `Examples:
  rumor chain verify chain.json
  rumor chain export --join 10.0.0.5:7000 | rumor chain verify -

Usage: rumor chain verify FILE [FLAGS]

Checks all that a node would check of each block: the work, the times, the targets, the signatures of
the records, that none counts twice, and what the apps say of them. Nothing in the file is believed.
As FILE, - is the input.

Flags:
${flagLines(flags)}

Exit codes: 0 it is good, 1 it is not: the first fault is on stderr, with the index of its block;
2 usage.
`,
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length !== 1) throw new UsageError("one FILE is expected");
    const text = await readTextFile(words[0]);
    const tree = text === null ? null : await checkChain(text, apps, given.network);
    if (tree === null) return EXIT.failed;
    const { best, rules } = tree, length = best.block.index + 1;
    await stdout.print(
      `${length} blocks of the network ${visible(rules.network)} are good\n`,
    );
    return EXIT.done;
  },
};

export default command;
