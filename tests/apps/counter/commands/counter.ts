/** `rumor counter`: a node that prints what is counted. */

import type { Command } from "../../../../src/apps/app.ts";
import { flagLines, readArgs } from "../../../../src/cli/args/args.ts";
import { UsageError } from "../../../../src/cli/args/exit.ts";
import { helpFlags, nodeFlags } from "../../../../src/cli/args/flags.ts";
import { runNode } from "../../../../src/cli/node/session.ts";
import { COUNTER } from "../state.ts";
import { itemOf } from "../counter.ts";

const flags = { ...nodeFlags, ...helpFlags } as const;

const command: Command = {
  summary: "count together; all nodes end with the same total",
  help: `Examples:
  echo 3 | rumor counter --join 10.0.0.5:7000

Usage: rumor counter [FLAGS]

Each line of the input is a whole number, which is added.

Flags:
${flagLines(flags)}
`,
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    return await runNode(given, apps, () => ({
      front: {
        app: COUNTER,
        topic: COUNTER,
        echo: true,
        history: given.history ?? null,
        dedup_text: false,
      },
      topic: COUNTER,
      encoding: "utf-8",
      tells_left_out: true,
      readLine: (text) => {
        const add = /^\s*[+-]?[0-9]{1,9}\s*$/.test(text) ? Number(text) : null;
        return add === null ? { fault: `${text} is no whole number` } : itemOf(add);
      },
      atExit: () => "",
    }));
  },
};

export default command;
