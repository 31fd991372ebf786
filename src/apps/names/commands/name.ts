/** `rumor name`: who has a name, as a running node knows it. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { clean, jsonLine } from "../../../cli/output/line.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { nameFault } from "../texts.ts";
import { ASK_CODES, askFlags, failSenseless, inquireChain } from "./builds_on.ts";
import { readRows } from "./rows.ts";

const command: Command = {
  summary: "print the link of a name; rumor name claim claims one",
  help: `Examples:
  rumor name claim printer 10.0.0.9:631 --join 10.0.0.5:7000
  rumor name printer --join 10.0.0.5:7000
  rumor name printer --json --join 10.0.0.5:7000
  rumor name --join 10.0.0.5:7000 -- claim

Usage: rumor name NAME [FLAGS]
       rumor name claim NAME LINK ...  (--help tells more)

Prints the LINK for which NAME was claimed first, in the best branch of the node's chain. With --json,
an object with name, link, owner (an id), owner_name (what that node calls itself) and index (that of
the block). NAME may be typed in any form of Unicode. Behind -- the word claim is a NAME, too.

Flags:
${flagLines(askFlags)}

${ASK_CODES}
Nobody has NAME: 1.
`,
  parts: () => ({ claim: () => import("./claim.ts") }),
  run: async (args, env) => {
    const { given, words } = readArgs(args, askFlags, env);
    if (words.length !== 1) {
      throw new UsageError("one NAME is expected; rumor name claim NAME LINK claims one");
    }
    const name = words[0].normalize("NFC"), fault = nameFault(name);
    if (fault !== null) throw new UsageError(fault);
    return await inquireChain(given, async (ask) => {
      const found = readRows(await ask({ q: "name", a: [name] }));
      if (found === null || found.some((one) => one.name !== name)) return failSenseless();
      if (found.length === 0) {
        say(`rumor: nobody has the name ${name}`);
        return EXIT.failed;
      }
      const format = { json: given.json ?? false, shown: stdout.is_terminal }, [named] = found;
      await stdout.print(
        given.json ? jsonLine(named, format) : `${clean(format, named.link)}\n`,
      );
      return EXIT.done;
    });
  },
};

export default command;
