/** `rumor verify`: whether a data directory is what it should be. */

import type { AppModule, Command } from "../../apps/app.ts";
import { StoreError } from "../../shell/files/files.ts";
import { StoreReader } from "../../shell/store/reader.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { readPath } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, jsonFlag } from "../args/flags.ts";
import { say } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";
import { type TopicCheck, type Verdict, verifyData } from "../stored/verify.ts";

const flags = {
  data: { value: "DIR", help: "the directory that a node had as --data", read: readPath },
  json: { ...jsonFlag.json, help: "print one JSON object" },
  ...helpFlags,
} as const;

/** Faults that are told one by one; the rest are counted. */
const FAULTS_MAX = 50;

const command: Command = {
  summary: "check all that a data directory holds",
  help: `Examples:
  rumor verify --data ~/rumor
  rumor verify --data ~/rumor --json | jq .faults

Usage: rumor verify --data DIR [FLAGS]

Checks every hash, every signature, that each entry follows the one before it, the database itself,
and that balances sum to 0. Reads only, also while a node runs there. Each fault is a line on
stderr, at most ${FAULTS_MAX}. A node that starts with the directory sets aside what does not verify
and fetches it again from its peers.

Flags:
${flagLines(flags)}

Exit codes: 0 all is well, 1 something is off, or there is no data, 2 usage.
`,
  run: async (args, env, apps) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    if (given.data === undefined) throw new UsageError("--data DIR is needed: what to check");
    const faults: string[] = [];
    const report = (fault: string) => {
      if (faults.length < FAULTS_MAX) faults.push(fault);
    };
    const verdict = verify(given.data, await checksOf(apps), report);
    if (verdict === null) return EXIT.failed;
    if (!given.json) {
      for (const fault of faults) say(`rumor: ${fault}`);
      if (verdict.faults > faults.length) {
        say(`rumor: and ${count(verdict.faults - faults.length, "fault", "faults")} more`);
      }
    }
    const text = given.json ? jsonText(verdict, faults) : summary(verdict);
    await stdout.print(`${text}\n`);
    return verdict.faults === 0 ? EXIT.done : EXIT.failed;
  },
};

/** What apps check of their topics. */
async function checksOf(apps: readonly AppModule[]): Promise<TopicCheck[]> {
  const checks: TopicCheck[] = [];
  for (const { app, stored } of apps) {
    const reader = await stored?.();
    if (reader === undefined) continue;
    for (const { topic, whole } of app.topics ?? []) {
      checks.push({ topic, whole, check: reader.check() });
    }
  }
  return checks;
}

/** The verdict; null where there is nothing to read, which is said. */
function verify(
  dir: string,
  topics: readonly TopicCheck[],
  report: (fault: string) => void,
): Verdict | null {
  try {
    using reader = new StoreReader(dir);
    const verdict = verifyData(reader, dir, topics, report);
    reader.finish();
    return verdict;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    say(`rumor: ${error.message}`);
    return null;
  }
}

function summary({ entries, logs, summaries, quarantined, faults }: Verdict): string {
  const what = `${count(entries, "entry", "entries")} of ${count(logs, "log", "logs")}`;
  const aside = quarantined === 0
    ? ""
    : `; ${count(quarantined, "entry", "entries")} set aside earlier`;
  return faults === 0
    ? `${[`${what} verify`, ...summaries].join("; ")}${aside}`
    : `${what}: ${count(faults, "fault", "faults")}${aside}`;
}

function jsonText(verdict: Verdict, faults: readonly string[]): string {
  const { entries, logs, quarantined } = verdict;
  const fields = verdict.fields.map(([name, json]) => `"${name}":${json},`).join("");
  return `{"ok":${verdict.faults === 0},"entries":${entries},"logs":${logs},${fields}` +
    `"quarantined":${quarantined},"faults":${verdict.faults},"reports":${JSON.stringify(faults)}}`;
}

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}

export default command;
