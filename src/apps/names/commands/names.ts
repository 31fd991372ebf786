/** `rumor names`: all names that were claimed, as a running node knows them. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { ASK_CODES, askFlags, failSenseless, inquireChain } from "./builds_on.ts";
import { namedLine, readRows } from "./rows.ts";

const command: Command = {
  summary: "print all names, for what, and who has them",
  help: `Examples:
  rumor names --join 10.0.0.5:7000
  rumor names --json --join 10.0.0.5:7000

Usage: rumor names [FLAGS]

Prints NAME LINK OWNER of each name in the best branch of the node's chain, sorted by name; OWNER is the
id of who claimed it. A space in NAME is printed as \\x20 and a backslash as \\x5c, so a line is always
three words. With --json, objects with name, link, owner, owner_name and index, and nothing is escaped
in name but what JSON escapes.

Flags:
${flagLines(askFlags)}

${ASK_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, askFlags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected; see rumor name`);
    return await inquireChain(given, async (ask) => {
      const all = readRows(await ask({ q: "names" }));
      if (all === null) return failSenseless();
      const format = { json: given.json ?? false, shown: stdout.is_terminal };
      await stdout.print(all.map((named) => namedLine(named, format)).join(""));
      return EXIT.done;
    });
  },
};

export default command;
