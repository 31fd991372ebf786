/** `rumor share`: files and directories that a running node serves from where they are. */

import { resolve } from "node:path";
import type { Command } from "../../app.ts";
import { flagLines, type Given, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, joinFlag, jsonFlag, networkFlag } from "../../../cli/args/flags.ts";
import { readSwitch } from "../../../cli/args/values.ts";
import { inquire } from "../../../cli/guest/inquiry.ts";
import { clean, jsonLine } from "../../../cli/output/line.ts";
import { say } from "../../../cli/output/stderr.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { claimName } from "./claiming.ts";
import { type Desk, follow, newKey } from "./following.ts";
import type { TransferRow } from "./transfer_row.ts";

const flags = {
  ...joinFlag,
  "no-claim": {
    no_env: true,
    help: "do not claim the name on the chain, where the network has one",
    read: readSwitch,
  },
  progress: {
    no_env: true,
    help: "a line a second on stderr; a terminal always shows a bar",
    read: readSwitch,
  },
  ...jsonFlag,
  ...networkFlag,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "share files and directories, through a running node of this machine",
  help: `Examples:
  rumor share report.pdf --join 127.0.0.1:7000
  rumor share photos music.mp3
  LINK=$(rumor share backup.tar | cut -d' ' -f1)

Usage: rumor share FILE|DIR... [FLAGS]

Prints LINK NAME for each, and ends; the node goes on serving them from where they are, with --data
also after it was started anew. LINK says what is in it, and how long it is: whoever has it can fetch
and verify it with rumor get LINK, from anybody who has it. What is changed is served no more, and the
node says so; share it again. rumor unshare takes it back.

A directory is shared as it is now, with all files in it; symbolic links are left out. Where the
network has a chain, NAME is claimed there for LINK, and the command waits for that; who has claimed
it before is said on stderr, and the file is shared all the same.
The node must be yours, on this machine.

Flags:
${flagLines(flags)}

Exit codes: 0 shared, 1 not everything was, 2 usage, 69 no node reachable, 75 the node went away,
130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length === 0) throw new UsageError("FILE or DIR is expected");
    return await inquire({ ...given, lost_code: EXIT.unacknowledged }, async (ask, want) => {
      let code: number = EXIT.done;
      for (const path of words) {
        const one = await share({ ask, want }, path, given);
        if (one !== EXIT.done) code = one;
      }
      return code;
    });
  },
};

async function share(desk: Desk, path: string, given: Given<typeof flags>): Promise<number> {
  const request = { k: "share", key: newKey(), path: resolve(path) } as const;
  const { code, row } = await follow(desk, request, "reading", given.progress ?? false);
  if (code !== EXIT.done || row === null) return code || EXIT.failed;
  const format = { json: given.json ?? false, shown: stdout.is_terminal };
  const { link, name, bytes, files } = row;
  await stdout.print(
    format.json
      ? jsonLine({ link, name, bytes, files }, format)
      : `${link} ${clean(format, name)}\n`,
  );
  if (!given["no-claim"]) await claim(desk, row);
  return EXIT.done;
}

async function claim(desk: Desk, { name, link }: TransferRow): Promise<void> {
  const why = await claimName(desk, name, link);
  if (why !== null) say(`rumor: the name ${name} is not claimed: ${why}`);
}

export default command;
