// Searches for every planted bug, each within 2,000 seeds: `deno run -A tests/sim/find_planted.ts`.

// deno-lint-ignore-file no-console -- a program
import { findBug, PLANTED_BUGS } from "./planted_bugs.ts";

const SEEDS = 2_000;
let missed = 0;
for (const bug of PLANTED_BUGS) {
  const found = findBug(bug, 1, SEEDS);
  if (found === null) missed++;
  const how = found === null ? "NOT FOUND" : `seed ${found.seed}, ${found.runs} runs`;
  console.log(`${how.padEnd(24)}${bug.name}`);
}
console.log(`${PLANTED_BUGS.length - missed} of ${PLANTED_BUGS.length} planted bugs found`);
Deno.exit(missed === 0 ? 0 : 1);
