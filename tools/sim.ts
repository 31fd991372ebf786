// A large campaign of `rumor sim` on all cores: `deno task sim [--seeds COUNT] [--from N]`. Without
// --seeds also the search for the planted bugs.

import { fileURLToPath } from "node:url";
import { pooledMap } from "@std/async/pool";
import { readArgs } from "../src/cli/args/args.ts";
import { readCount } from "../src/cli/args/values.ts";
import { describeCampaign } from "../src/cli/sim/campaign.ts";
import { addCampaign, type Campaign, newCampaign } from "../src/sim/campaign/campaign.ts";
import { missingEffects } from "../src/sim/campaign/tally.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const encoder = new TextEncoder();
/** Seeds of one process; few enough that progress shows. */
const SEEDS_PER_PROCESS = 250;

const COUNT = { value: "COUNT", help: "", read: readCount(0, 1_000_000_000) } as const;
const { given } = readArgs(Deno.args, { seeds: COUNT, from: COUNT, jobs: COUNT }, () => undefined);
const seeds = given.seeds ?? 10_000, first = given.from ?? 1;
const jobs = given.jobs ?? navigator.hardwareConcurrency;
const began_ms = performance.now();
const sum = newCampaign();

/** Runs the seeds from one on, in a process of its own. */
async function runSome(from: number): Promise<void> {
  const count = Math.min(SEEDS_PER_PROCESS, first + seeds - from);
  const args = ["run", "-A", MAIN, "sim", "--from", `${from}`, "--seeds", `${count}`, "--json"];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  addCampaign(sum, JSON.parse(text) as Campaign);
  const seconds = (performance.now() - began_ms) / 1000;
  Deno.stderr.writeSync(encoder.encode(
    `sim: ${sum.seeds} of ${seeds} seeds, ${Math.round(sum.seeds / seconds)} a second, ` +
      `${sum.failures.length} failures\n`,
  ));
}

const starts = Array.from(
  { length: Math.ceil(seeds / SEEDS_PER_PROCESS) },
  (_, part) => first + part * SEEDS_PER_PROCESS,
);
await Array.fromAsync(pooledMap(jobs, starts, runSome));
const missing = seeds < 1_000 ? [] : missingEffects(sum.tally);
Deno.stdout.writeSync(encoder.encode(`${describeCampaign(sum, missing)}\n`));
let planted = true;
if (given.seeds === undefined) {
  const path = fileURLToPath(new URL("../tests/sim/find_planted.ts", import.meta.url));
  const search = new Deno.Command(Deno.execPath(), { args: ["run", "-A", path] });
  planted = (await search.spawn().status).success;
}
Deno.exit(sum.failures.length + missing.length === 0 && planted ? 0 : 1);
