/** `rumor chain length`: how long a running node's best branch is. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { jsonLine } from "../../../cli/output/line.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { isHashText } from "../work.ts";
import { ASK_CODES, askFlags, failSenseless, inquireChain } from "./asking.ts";

const command: Command = {
  summary: "print how many blocks the chain has",
  help: `Examples:
  rumor chain length --join 10.0.0.5:7000
  rumor chain length --json --join 10.0.0.5:7000

Usage: rumor chain length [FLAGS]

Prints how many blocks the best branch has, with the first. With --json also its difficulty (hashes
that the last block took on average), the last hash, and how many records wait.

Flags:
${flagLines(askFlags)}

${ASK_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, askFlags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    return await inquireChain(given, async (_, [length, difficulty, hash, waiting]) => {
      const numbers = [length, difficulty, waiting].map(Number);
      if (!numbers.every(Number.isSafeInteger) || !isHashText(hash)) return failSenseless();
      const format = { json: true, shown: stdout.is_terminal };
      const all = { length: numbers[0], difficulty: numbers[1], hash, waiting: numbers[2] };
      await stdout.print(given.json ? jsonLine(all, format) : `${numbers[0]}\n`);
      return EXIT.done;
    });
  },
};

export default command;
