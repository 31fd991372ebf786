/** `rumor sim scenario`: set-ups that others published numbers of, with ours beside them. */

import type { Command } from "../../apps/app.ts";
import {
  type Findings,
  isMet,
  type Row,
  type ScenarioOptions,
} from "../../sim/scenarios/findings.ts";
import { flagLines, readArgs } from "../args/args.ts";
import { readCount } from "../args/values.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { helpFlags, jsonFlag } from "../args/flags.ts";
import { stdout } from "../output/stdout.ts";
import { tableText } from "../output/table.ts";
import { Progress } from "./progress.ts";

const SEED = 1;

const flags = {
  seed: {
    value: "S",
    help: `what everything is drawn from (default: ${SEED})`,
    no_env: true,
    read: readCount(0, 2 ** 31 - 1),
  },
  json: { ...jsonFlag.json, help: "print one JSON object" },
  ...helpFlags,
} as const;

type Run = (options: ScenarioOptions) => Findings;

const SCENARIOS: Readonly<Record<string, () => Promise<Run>>> = {
  "glomers-fast": async () => (await import("../../sim/scenarios/glomers.ts")).runGlomersFast,
  "glomers-efficient": async () =>
    (await import("../../sim/scenarios/glomers.ts")).runGlomersEfficient,
  plumtree: async () => (await import("../../sim/scenarios/plumtree.ts")).runPlumtree,
  iroh: async () => (await import("../../sim/scenarios/iroh.ts")).runIroh,
};

const command: Command = {
  summary: "set-ups with published numbers, and ours beside them",
  help: `Examples:
  rumor sim scenario glomers-fast
  rumor sim scenario iroh --seed 7
  rumor sim scenario plumtree --json | jq '.rows[] | [.what, .ours]'

Usage: rumor sim scenario NAME [FLAGS]

  glomers-fast        Gossip Glomers 3d: 25 nodes, 100 ms for each message, 100 operations a second
  glomers-efficient   Gossip Glomers 3e: the same with as few messages as possible (--batch)
  plumtree            10,000 nodes; then 10 to 90 % of them die at once. Takes a minute or two
  iroh                100 nodes; the limits of iroh-gossip's tests

The first two run real nodes under a virtual clock, the others rumor sim broadcast.

Flags:
${flagLines(flags)}

Exit codes: 0 all goals met, 1 some not, 2 usage.
`,
  run: async (args, env) => {
    const { given, words: [name = "", ...more] } = readArgs(args, flags, env);
    const names = Object.keys(SCENARIOS).join(", ");
    if (name === "") throw new UsageError(`a scenario is needed; allowed are ${names}`);
    if (!Object.hasOwn(SCENARIOS, name)) {
      throw new UsageError(`${name} is no scenario; allowed are ${names}`);
    }
    if (more.length > 0) throw new UsageError(`${more[0]} is not expected`);
    const run = await SCENARIOS[name]();
    const seed = given.seed ?? SEED;
    const findings = runShown(run, seed, name);
    const met = findings.rows.every(isMet);
    const text = given.json
      ? `${JSON.stringify({ scenario: name, seed, met, ...findings })}\n`
      : textOf(findings);
    await stdout.print(text);
    return met ? EXIT.done : EXIT.failed;
  },
};

function runShown(run: Run, seed: number, name: string): Findings {
  using progress = new Progress();
  return run({ seed, onProgress: (part) => progress.show(name, part) });
}

function textOf({ setting, source, rows, table, notes }: Findings): string {
  const cells = rows.map((row) => [row.what, oursText(row), goalText(row), row.published]);
  const parts = [
    `${setting}\n`,
    tableText([["", "ours", "goal", "published"].map((head) => head || " "), ...cells], true),
    notes.map((note) => `${note}\n`).join(""),
    table.length === 0 ? "" : tableText(table, true),
    `Published: ${source}\n`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function oursText({ ours, unit }: Row): string {
  return withUnit(ours, unit);
}

function goalText(row: Row): string {
  if (row.goal === null) return "";
  const { kind, value } = row.goal;
  const words = { most: "at most", least: "at least", below: "below" } as const;
  return `${words[kind]} ${withUnit(value, row.unit)}: ${isMet(row) ? "met" : "NOT MET"}`;
}

function withUnit(value: number, unit: string): string {
  const number = Number.isInteger(value)
    ? value.toLocaleString("en-US")
    : value.toFixed(value < 1 ? 4 : 2);
  return unit === "" ? number : `${number} ${unit}`;
}

export default command;
