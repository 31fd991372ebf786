/** `rumor vote`: the voting machine, a node that follows the chain. */

import type { Command } from "../../app.ts";
import { UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, nodeFlags, timeoutFlag } from "../../../cli/args/flags.ts";
import { nodeFlagLines, readNodeArgs } from "../../../cli/node/node_args.ts";
import { runNode } from "../../../cli/node/session.ts";
import { CHAIN_DEFAULTS, chainFlags, chainOptions, RECORDS } from "./builds_on.ts";
import { electionFlag } from "./flags.ts";
import { runMachine } from "./machine.ts";

const TIMEOUT_MS = 60_000;

const flags = {
  ...nodeFlags,
  timeout: {
    ...timeoutFlag.timeout,
    help: "seconds to wait until a vote is counted (default: 60)",
  },
  ...electionFlag,
  ...chainFlags,
  ...helpFlags,
} as const;

const command: Command = {
  summary: "a voting machine; the first vote of a voter id counts, at all nodes alike",
  help: (apps) =>
    `Examples:
  rumor vote --listen 0.0.0.0:7000
  rumor vote --join 10.0.0.5:7000 --election board
  printf 'a\\nann\\nred\\nd\\nq\\n' | rumor vote --join 10.0.0.5:7000
  rumor vote cast ann red --join 10.0.0.5:7000
  rumor vote tally --join 10.0.0.5:7000
  rumor vote audit --join 10.0.0.5:7000
  rumor vote open board --choices ann,ben,cleo --join 10.0.0.5:7000

Usage: rumor vote [FLAGS]
       rumor vote cast|tally|audit|open ...  (--help tells more)

A node that follows the chain, and asks: a adds a vote, d displays how the election stands, q quits.
Before a vote it waits for the newest chain, and while other votes are being mined for a moment more;
then until the vote is counted. A second vote of a voter id, or one that is none, is refused:
Invalid/duplicate Vote! With --json every line on stdout is an object: what is asked for, and what
became of it. This is no secret ballot, and without a roll a voter id is only a claim.

Flags:
${nodeFlagLines(flags, apps)}

Exit codes: 0 done, 1 failed, 2 usage, 69 no node reachable, 75 not acknowledged, or a vote is not
counted yet, 130 interrupted.
`,
  parts: () => ({
    cast: () => import("./cast.ts"),
    tally: () => import("./tally.ts"),
    audit: () => import("./audit.ts"),
    open: () => import("./open.ts"),
  }),
  run: async (args, env, apps) => {
    const { given, words, wishes } = readNodeArgs(args, flags, env, apps);
    if (words.length > 0) {
      throw new UsageError(
        `${
          words[0]
        } is not expected; allowed are cast, tally, audit and open, and answers on stdin`,
      );
    }
    return await runNode(given, apps, (format) => ({
      // Nothing is printed but the conversation.
      front: { app: "none", topic: RECORDS, echo: false, history: null, dedup_text: false },
      topic: RECORDS,
      encoding: "utf-8",
      alone: true,
      apps: { ...wishes, ...chainOptions(given) },
      talk: (desk) =>
        runMachine(desk, {
          election: given.election ?? "",
          format,
          block_time_ms: given["block-time"] ?? CHAIN_DEFAULTS.block_time_ms,
          timeout_ms: given.timeout ?? TIMEOUT_MS,
        }),
      atExit: () => "",
    }));
  },
};

export default command;
