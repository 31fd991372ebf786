/** `rumor sim`: runs of the real core under everything that may happen, and what came of them. */

import config from "../../../deno.json" with { type: "json" };
import {
  addResult,
  type Campaign,
  FAILURES_MAX,
  newCampaign,
  runSeed,
} from "../../sim/campaign/campaign.ts";
import { describeStep } from "../../sim/campaign/step.ts";
import { draw, type Drawn, runWith } from "../../sim/campaign/runner.ts";
import type { RunResult } from "../../sim/campaign/session.ts";
import { shrink } from "../../sim/campaign/shrink.ts";
import { missingEffects } from "../../sim/campaign/tally.ts";
import { tellRun } from "../../sim/campaign/tell.ts";
import { readArgs } from "../args/args.ts";
import type { AppModule, Env } from "../../apps/app.ts";
import type { AppRules, CampaignApps } from "../../sim/campaign/app_rules.ts";
import { EXIT, UsageError } from "../args/exit.ts";
import { say, stderr } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";
import { flags } from "./campaign_flags.ts";

/** With fewer seeds, that some fault had no effect says nothing. */
const EFFECTS_FROM_SEEDS = 1_000;
const TOLD_EVERY_MS = 1_000;

/** Runs it; gives the exit code. */
export async function run(
  args: readonly string[],
  env: Env,
  modules: readonly AppModule[],
): Promise<number> {
  const { given, words } = readArgs(args, flags, env);
  if (words.length > 0) throw new UsageError(`${words[0]} is not expected; see rumor sim --help`);
  const one = given.seed !== undefined;
  if (one && (given.seeds !== undefined || given.from !== undefined)) {
    throw new UsageError("--seed runs one seed; leave out --seeds and --from");
  }
  if (!one && (given.shrink || given.trace)) {
    throw new UsageError("--shrink and --trace need --seed N: which run");
  }
  const apps = await campaignApps(modules);
  const print = (text: string) => stdout.print(`${text}\n`);
  if (one) return await runOne(given.seed!, given, apps, print);
  const campaign = runMany(given.from ?? 1, given.seeds ?? 200, given.nodes, apps);
  const missing = campaign.seeds < EFFECTS_FROM_SEEDS ? [] : missingEffects(campaign.tally);
  if (given.json) await print(JSON.stringify({ ...campaign, missing, commit: commitOf() }));
  else await print(describeCampaign(campaign, missing));
  return campaign.failures.length + missing.length === 0 ? EXIT.done : EXIT.failed;
}

/** What simulations run, with the users and rules of each. */
export async function campaignApps(modules: readonly AppModule[]): Promise<CampaignApps> {
  const rules: AppRules[] = [];
  for (const module of modules) if (module.rules) rules.push(await module.rules());
  return { apps: modules.map(({ app }) => app), rules };
}

interface One {
  readonly nodes?: number;
  readonly shrink?: boolean;
  readonly trace?: boolean;
  readonly json?: boolean;
}

async function runOne(
  seed: number,
  given: One,
  apps: CampaignApps,
  print: (text: string) => Promise<void>,
): Promise<number> {
  let drawn = draw(seed, apps, given.nodes);
  let result: RunResult = runSeed(seed, apps, given.nodes), runs = 1;
  if (given.shrink && result.violation !== null) {
    const progress = new Progress();
    const smaller = shrink(
      drawn,
      result,
      (smaller) => runWith(smaller, apps),
      (tries, steps) => progress.tell(() => `shrink: ${tries} runs, ${steps} steps left`),
    );
    progress.end();
    ({ drawn, result, runs } = { ...smaller, runs: smaller.runs + 1 });
  }
  if (given.trace) {
    const lines: string[] = [];
    tellRun(drawn, apps, (line) => lines.push(line));
    await print(lines.join("\n"));
  }
  const { violation } = result;
  const found = violation && { invariant: violation.invariant, detail: violation.detail };
  const commit = commitOf();
  if (given.json) {
    await print(JSON.stringify({ seed, commit, ...result, violation: found, runs, ...drawn }));
  } else await print(describeRun(seed, drawn, result, given));
  return violation === null ? EXIT.done : EXIT.failed;
}

function runMany(
  from: number,
  count: number,
  nodes: number | undefined,
  apps: CampaignApps,
): Campaign {
  const campaign = newCampaign(), progress = new Progress();
  for (let seed = from; seed < from + count; seed++) {
    const result = runSeed(seed, apps, nodes);
    addResult(campaign, seed, result);
    if (campaign.failures.length >= FAILURES_MAX) break;
    progress.tell(() =>
      `sim: ${campaign.seeds} of ${count} seeds, ${campaign.events} events, ` +
      `${campaign.failures.length} failures`
    );
  }
  progress.end();
  return campaign;
}

/** One line that is written over, on a terminal; elsewhere nothing. */
class Progress {
  #told_ms = performance.now();
  #shown = false;
  readonly #on = stderr.is_terminal;

  tell(text: () => string): void {
    const now_ms = performance.now();
    if (!this.#on || now_ms - this.#told_ms < TOLD_EVERY_MS) return;
    this.#told_ms = now_ms;
    this.#shown = true;
    stderr.show(`\r${text()}\x1b[K`);
  }

  end(): void {
    if (this.#shown) say("");
  }
}

/** What a campaign found, as text. */
export function describeCampaign(campaign: Campaign, missing: readonly string[]): string {
  const { seeds, events, failures, tally, healed_ms_max } = campaign;
  const effects = Object.entries(tally).map(([name, times]) =>
    `  ${name.replaceAll("_", " ").padEnd(32)}${times}`
  );
  const lines = [
    ...failures.map(({ seed, invariant, detail, options }) =>
      `seed ${seed}: ${invariant}: ${detail}\n` +
      `  rumor sim --seed ${seed} --shrink   # at ${commitOf()}\n` +
      `  ${JSON.stringify(options)}`
    ),
    ...missing.map((name) => `never happened: ${name.replaceAll("_", " ")}`),
    "What the faults did:",
    ...effects,
    `${seeds} seeds, ${events} events, longest healing ${healed_ms_max / 1000} s: ` +
    (failures.length + missing.length === 0 ? "all is well" : `${failures.length} failures`),
  ];
  return lines.join("\n");
}

function describeRun(
  seed: number,
  { options, steps }: Drawn,
  result: RunResult,
  given: One,
): string {
  const { violation, events, hash, healed_ms } = result;
  const what = `seed ${seed} at ${commitOf()}: ${events} events, trace ${hash.toString(16)}`;
  if (violation === null) {
    const healed = healed_ms === null ? "" : `, healed in ${healed_ms / 1000} s`;
    return `${what}${healed}, all is well\n${JSON.stringify(options)}`;
  }
  const all = [what, JSON.stringify(options), ...steps.map(describeStep)];
  const hint = given.shrink ? [] : [`rumor sim --seed ${seed} --shrink makes it smaller`];
  return [...all, ...hint, `${violation.invariant}: ${violation.detail}`].join("\n");
}

/** The commit that runs, where that can be said; else the version. */
function commitOf(): string {
  try {
    const root = new URL("../../../.git/", import.meta.url);
    const head = Deno.readTextFileSync(new URL("HEAD", root)).trim();
    if (!head.startsWith("ref: ")) return head.slice(0, 12);
    return Deno.readTextFileSync(new URL(head.slice(5), root)).trim().slice(0, 12);
  } catch {
    return `version ${config.version}`;
  }
}
