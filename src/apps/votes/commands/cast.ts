/** `rumor vote cast`: one vote, through a running node. */

import type { Command } from "../../app.ts";
import { readVote, voteItem } from "../items.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { say } from "../../../cli/output/stderr.ts";
import { addRecord, recordFlags } from "./builds_on.ts";
import { electionFlag } from "./flags.ts";

const flags = { ...electionFlag, ...recordFlags } as const;

const command: Command = {
  summary: "cast one vote, through a running node",
  help: `Examples:
  rumor vote cast ann red --join 10.0.0.5:7000
  rumor vote cast ann red --election board --confirm 6 --timeout 120 --join 10.0.0.5:7000

Usage: rumor vote cast VOTER CHOICE [FLAGS]

The first vote of a voter id counts. Ids and choices are compared in one spelling (NFC, without white
space around them). The node that is joined signs the vote; the same again through the same node ends
with 0, so it is safe to try again.

Flags:
${flagLines(flags)}

Exit codes: 0 counted, 1 duplicate or invalid, 2 usage, 69 no node reachable, 75 not yet,
130 interrupted.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length !== 2) {
      throw new UsageError(`VOTER CHOICE is expected, not ${words.length} words`);
    }
    const [voter, choice] = words, { election = "" } = given;
    const vote = readVote({ k: "vote", voter, choice });
    if (typeof vote !== "string") return await addRecord(given, voteItem({ ...vote, election }));
    say(`rumor: ${vote}`);
    return EXIT.failed;
  },
};

export default command;
