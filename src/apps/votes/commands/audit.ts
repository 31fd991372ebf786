/** `rumor vote audit`: every vote that counts, from a chain that is checked here. */

import type { AppModule, Command } from "../../app.ts";
import { readVote, type Vote } from "../items.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { readPath } from "../../../cli/args/values.ts";
import { type Format, jsonLine } from "../../../cli/output/line.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import {
  ASK_CODES,
  askBlocks,
  askFlags,
  branchFrom,
  chainText,
  checkChain,
  readTextFile,
} from "./builds_on.ts";
import { electionFlag } from "./flags.ts";
import { fieldText } from "./text.ts";

const flags = {
  chain: {
    value: "FILE",
    no_env: true,
    help: "a file of rumor chain export, instead of asking a node; - is the input",
    read: readPath,
  },
  ...electionFlag,
  ...askFlags,
} as const;

/** A vote that counts, and where it stands. */
interface Audited extends Vote {
  readonly index: number;
  readonly hash: string;
  /** Who signed it. */
  readonly from: string;
}

const command: Command = {
  summary: "print every vote that counts, so that anybody can count again",
  help: `Examples:
  rumor vote audit --join 10.0.0.5:7000
  rumor chain export --join 10.0.0.5:7000 > chain.json; rumor vote audit --chain chain.json
  rumor vote audit --join 10.0.0.5:7000 | cut -d ' ' -f 4 | sort | uniq -c

Usage: rumor vote audit [FLAGS]

Prints INDEX HASH VOTER CHOICE of each vote, in the order of the chain: index and hash of its block.
The chain, from a node or a file, is checked whole before that, as by rumor chain verify. White space
and backslashes in ids and choices, and what a terminal would obey, are escaped: \\x20, \\x5c, \\x1b.
With --json objects with index, hash, from (the key that signed), voter and choice, as they are.

Flags:
${flagLines(flags)}

${ASK_CODES}
`,
  run: async (args, env, apps) => {
    const { given, words, typed } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected; see --chain`);
    const { election = "", network, chain } = given;
    if (chain !== undefined && typed.includes("join")) {
      throw new UsageError("--chain and --join exclude each other");
    }
    const format = { json: given.json ?? false, shown: stdout.is_terminal };
    if (chain === undefined) {
      return await askBlocks(given, 0, async (blocks) => {
        return await print(chainText(blocks), apps, network ?? "rumor", election, format);
      });
    }
    const text = await readTextFile(chain);
    return text === null ? EXIT.failed : await print(text, apps, network, election, format);
  },
};

/** Prints the votes of an election in a chain, if that is good; gives the exit code. */
async function print(
  text: string,
  apps: readonly AppModule[],
  network: string | undefined,
  election: string,
  format: Format,
): Promise<number> {
  const tree = await checkChain(text, apps, network);
  if (tree === null) return EXIT.failed;
  const votes = branchFrom(tree.best, 1).flatMap(({ block: { index }, hash, records }) =>
    records.flatMap(({ item, origin: from }): Audited[] => {
      const vote = readVote(item);
      return typeof vote === "string" ? [] : [{ ...vote, index, hash, from }];
    })
  );
  const wanted = votes.filter((vote) => vote.election === election);
  await stdout.print(wanted.map((vote) => auditLine(vote, format)).join(""));
  return EXIT.done;
}

function auditLine({ index, hash, from, voter, choice }: Audited, format: Format): string {
  if (format.json) return jsonLine({ index, hash, from, voter, choice }, format);
  return `${index} ${hash} ${fieldText(voter)} ${fieldText(choice)}\n`;
}

export default command;
