/** `rumor sim files`, as a user starts it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runRumor } from "../../helpers/process.ts";

const SHORT = ["--size", "2M", "--fetchers", "1", "--fetchers", "4"];

async function run(...args: string[]) {
  return await runRumor(["sim", "files", ...args]);
}

Deno.test("`rumor sim files` prints a row for each number of fetchers, beside the bound", async () => {
  const [text, json, same] = await Promise.all([
    run(...SHORT),
    run(...SHORT, "--json"),
    run(...SHORT, "--json"),
  ]);
  assertEquals({ code: text.code, stderr: text.stderr }, { code: 0, stderr: [] });
  assertMatch(
    text.stdout[0],
    /^A file of 2 MiB; 1 seed sends 1 MiB\/s, each fetcher sends 1 MiB\/s/,
  );
  const shown = text.stdout.slice(-2).map((line) => line.split(/ {2,}| (?=\d)/));
  assertEquals(shown.map(([fetchers, alone, bound]) => [fetchers, alone, bound]), [
    ["1", "2.0 s", "2.0 s"],
    ["4", "8.0 s", "2.0 s"],
  ]);
  const rows = json.stdout.map((line) => JSON.parse(line));
  assertEquals(rows.map(({ fetchers, unfinished }) => [fetchers, unfinished]), [[1, 0], [4, 0]]);
  for (const { bound_s, median_s, last_s, vain } of rows) {
    assert(bound_s <= last_s && median_s <= last_s && last_s < 3 * bound_s && vain <= 0.01);
  }
  assertEquals(json.stdout, same.stdout);
});

Deno.test("`rumor sim files` says who lied, and that all got it nevertheless", async () => {
  const args = ["--liar", "wrong", "--liar", "less", "--seeds", "2", "--rare"];
  const { code, stdout } = await run(...SHORT, ...args, "--json");
  assertEquals(code, 0);
  assertEquals(stdout.map((line) => JSON.parse(line).excluded), [1, 4]);
});
