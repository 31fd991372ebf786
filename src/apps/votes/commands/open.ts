/** `rumor vote open`: gives an election its choices, and perhaps its roll. */

import type { Command } from "../../app.ts";
import { isPublicKey } from "../../../core/data/public_key.ts";
import { openingItems, readOpening, type Roll } from "../items.ts";
import { spell, wordFault } from "../words.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { readPath } from "../../../cli/args/values.ts";
import { say } from "../../../cli/output/stderr.ts";
import { addRecord, readTextFile, RECORD_CODES, recordFlags } from "./builds_on.ts";

const flags = {
  choices: {
    value: "A,B,C",
    no_env: true,
    help: "what can be chosen, separated by commas",
    read: (text: string): readonly string[] => text.split(",").map(spell),
  },
  roll: {
    value: "FILE",
    no_env: true,
    help: "who may vote: lines of VOTER KEY; - is the input (default: anybody)",
    read: readPath,
  },
  ...recordFlags,
} as const;

const command: Command = {
  summary: "open an election with a closed list of choices, through a running node",
  help: `Examples:
  rumor vote open board --choices ann,ben,cleo --join 10.0.0.5:7000
  rumor vote open board --choices yes,no --roll members.txt --join 10.0.0.5:7000

Usage: rumor vote open ELECTION --choices A,B,C [FLAGS]

The first who opens an election decides, as long as nobody voted in it. With --roll a vote counts only
if its voter id is on the roll, and the key beside it signed the vote: KEY is the id of the node that
the voter uses, as rumor peers prints it. A long roll takes several records, one after the other, and
votes wait until all are there. The same again through the same node ends with 0, so it is safe to try
again.

Flags:
${flagLines(flags)}

${RECORD_CODES}
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length !== 1) throw new UsageError("one ELECTION is expected");
    const { choices } = given;
    if (choices === undefined) throw new UsageError("--choices A,B,C is expected");
    const fault = wordFault("the election", words[0]);
    if (fault !== null) throw new UsageError(fault);
    const election = spell(words[0]);
    const roll = given.roll === undefined ? null : await readRollFile(given.roll);
    if (typeof roll === "number") return roll;
    const items = openingItems({ election, choices, roll }), opening = readOpening(items[0]);
    if (typeof opening === "string") throw new UsageError(opening);
    // Each waits for the one before it: a part behind another has no place before that.
    for (const item of items) {
      const code = await addRecord(given, item);
      if (code !== EXIT.done) return code;
    }
    return EXIT.done;
  },
};

/** The roll in a file, or the exit code where it is none, which is said. */
async function readRollFile(path: string): Promise<Roll | number> {
  const text = await readTextFile(path);
  if (text === null) return EXIT.failed;
  const roll = new Map<string, string>();
  for (const [at, line] of text.split("\n").map((line) => line.trim()).entries()) {
    if (line === "") continue;
    const behind = line.search(/\s\S*$/);
    const voter = spell(line.slice(0, Math.max(0, behind))), key = line.slice(behind + 1);
    const fault = rollFault(voter, key) ?? (roll.has(voter) ? `${voter} is there twice` : null);
    if (fault !== null) {
      say(`rumor: ${path}: line ${at + 1}: ${fault}`);
      return EXIT.failed;
    }
    roll.set(voter, key);
  }
  if (roll.size > 0) return [...roll];
  say(`rumor: ${path} is empty; a roll has lines of VOTER KEY`);
  return EXIT.failed;
}

function rollFault(voter: string, key: string): string | null {
  if (voter === "") return "VOTER KEY is expected";
  if (!isPublicKey(key)) return `${key} is no key; the id of a node is expected`;
  return wordFault("the voter id", voter);
}

export default command;
