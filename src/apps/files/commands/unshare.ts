/** `rumor unshare`: a running node serves a file no more. */

import type { Command } from "../../app.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, joinFlag, networkFlag } from "../../../cli/args/flags.ts";
import { inquire } from "../../../cli/guest/inquiry.ts";
import { say } from "../../../cli/output/stderr.ts";
import { FILES } from "../options.ts";
import type { UnshareRequest } from "../requests.ts";

const flags = { ...joinFlag, ...networkFlag, ...helpFlags } as const;

const command: Command = {
  summary: "let a running node serve a file or directory no more",
  help: `Examples:
  rumor unshare report.pdf --join 127.0.0.1:7000
  rumor unshare 9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab.5242880

Usage: rumor unshare LINK|NAME [FLAGS]

The node tells nobody about it any more, and sends nothing of it. What others have fetched, they go on
serving. The file itself stays where it is. The node must be yours, on this machine.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 it is not shared there, 2 usage, 69 no node reachable.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length !== 1) throw new UsageError("one LINK or NAME is expected");
    return await inquire(given, async (_, want) => {
      const { why } = await want(FILES, { k: "unshare", what: words[0] } satisfies UnshareRequest);
      if (why === null) return EXIT.done;
      say(`rumor: ${why}`);
      return EXIT.failed;
    });
  },
};

export default command;
