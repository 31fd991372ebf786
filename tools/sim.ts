// A large campaign of `rumor sim` on all cores: `deno task sim [--seeds COUNT] [--from N]`. Without
// --seeds also the search for the planted bugs.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeCampaign } from "../src/cli/sim/campaign.ts";
import { addCampaign, type Campaign, newCampaign } from "../src/sim/campaign/campaign.ts";
import { missingEffects } from "../src/sim/campaign/tally.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const encoder = new TextEncoder();
/** Seeds of one process; few enough that progress shows. */
const SEEDS_PER_PROCESS = 250;

const { values } = parseArgs({
  options: { seeds: { type: "string" }, from: { type: "string" }, jobs: { type: "string" } },
});
const seeds = Number(values.seeds ?? 10_000), first = Number(values.from ?? 1);
const jobs = Number(values.jobs ?? navigator.hardwareConcurrency);
const began_ms = performance.now();
const sum = newCampaign();
let next = first;

async function runSome(): Promise<void> {
  while (next < first + seeds) {
    const from = next, count = Math.min(SEEDS_PER_PROCESS, first + seeds - from);
    next += count;
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
}

await Promise.all(Array.from({ length: jobs }, runSome));
const missing = seeds < 1_000 ? [] : missingEffects(sum.tally);
Deno.stdout.writeSync(encoder.encode(`${describeCampaign(sum, missing)}\n`));
let planted = true;
if (values.seeds === undefined) {
  const path = fileURLToPath(new URL("../tests/sim/find_planted.ts", import.meta.url));
  const search = new Deno.Command(Deno.execPath(), { args: ["run", "-A", path] });
  planted = (await search.spawn().status).success;
}
Deno.exit(sum.failures.length + missing.length === 0 && planted ? 0 : 1);
