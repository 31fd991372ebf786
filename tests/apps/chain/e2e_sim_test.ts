/** `rumor sim chain`, as a user starts it. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runRumor } from "../../helpers/process.ts";

// deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202e]/;
const SHORT = ["--runs", "1", "--blocks", "50", "--delay", "500", "--power", "1M"];

/** What the command prints, which says nothing on stderr. */
async function printed(...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runRumor(["sim", "chain", ...args]);
  assertEquals({ code, stderr }, { code: 0, stderr: [] });
  return stdout;
}

async function objects(...args: string[]) {
  return (await printed("--json", ...args)).map((line) => JSON.parse(line));
}

Deno.test("`rumor sim chain --help` begins with examples, and the list of experiments has it", async () => {
  const lines = await printed("--help");
  assertEquals([lines[0], lines[1].trim()], ["Examples:", "rumor sim chain"]);
  const { stdout } = await runRumor(["sim", "--help"]);
  assertMatch(stdout.join("\n"), /The experiments are .*\bchain\b/);
});

Deno.test("`rumor sim chain` prints a row for each delay and power, and for changes of power", async () => {
  const more = ["--delay", "2000", "--power", "20M", "--nodes", "4"];
  const lines = await printed(...SHORT, ...more);
  assertEquals(lines[0], "4 nodes, a block each 5 s, 1 run of 50 blocks");
  const rows = await objects(...SHORT, ...more);
  const paces = rows.filter(({ kind }) => kind === "pace");
  assertEquals(paces.map(({ delay_ms, hashes_per_s }) => [delay_ms, hashes_per_s]), [
    [500, 1_000_000],
    [2_000, 1_000_000],
    [500, 20_000_000],
  ]);
  for (const { nodes, blocks, wasted, interval_mean_ms } of paces) {
    assertEquals([nodes, blocks], [4, 50]);
    assert(wasted >= 0 && wasted < 1 && interval_mean_ms > 2_500 && interval_mean_ms < 10_000);
  }
  const shown = lines.filter((line) => / ms +\d+M\/s /.test(line)).map((line) => line.split(/ +/));
  assertEquals(shown.map(([delay, , power]) => [delay, power]), [
    ["500", "1M/s"],
    ["2000", "1M/s"],
    ["500", "20M/s"],
  ]);
  const steps = rows.filter(({ kind }) => kind === "step");
  assertEquals(steps.map(({ factor, from, to }) => [factor, from, to]), [
    [1, -99, 0],
    ...[[1, 30], [31, 100], [101, 130], [131, 300]].map((part) => [10, ...part]),
    ...[[1, 30], [31, 100], [101, 130], [131, 300]].map((part) => [0.1, ...part]),
  ]);
  assertEquals(rows.length, paces.length + steps.length);
  assertStringIncludes(lines.join("\n"), "1M/s to 10M/s");
});

Deno.test("`rumor sim chain` is the same from the same seed", async () => {
  const [one, same, other] = await Promise.all(
    ["3", "3", "4"].map((seed) => printed(...SHORT, "--seed", seed)),
  );
  assertEquals(one, same);
  assert(one.join() !== other.join());
});

Deno.test("`rumor sim chain --attacker` shows chances by depth beside the published ones", async () => {
  const args = ["--attacker", "30%", "--depth", "6", "--races", "2000"];
  const rows = await objects(...args);
  assertEquals(rows.map(({ kind, depth, share, races }) => [kind, depth, share, races]), [
    ...[1, 2, 3, 4, 5, 6].map((depth) => ["attack", depth, 0.3, 2_000]),
  ]);
  const published = rows.map(({ rosenfeld }) => (rosenfeld * 100).toFixed(3));
  assertEquals(published, ["60.000", "43.200", "32.616", "25.207", "19.762", "15.645"]);
  for (const { rosenfeld, even, real, early } of rows) {
    assert(Math.abs(even - rosenfeld) < 0.05 && real < rosenfeld && early < rosenfeld + 0.05);
  }
  const lines = await printed(...args);
  const cells = lines.find((line) => line.startsWith("6 "))!.split(/ +/);
  assertEquals(cells.slice(0, 2), ["6", "15.645"]);
  assertEquals(await objects("--attacker", "0.3", ...args.slice(2)), rows);
});

Deno.test("`rumor sim chain` refuses in one line what makes no sense, and ends with 2", async () => {
  for (const args of [["--attacker", "0.5\x1b[2J\u202e"], ["--power", "1"], ["x\x1b[2J"]]) {
    const { code, stdout, stderr } = await runRumor(["sim", "chain", ...args]);
    assertEquals({ code, stdout, lines: stderr.length }, { code: 2, stdout: [], lines: 1 });
    assert(stderr[0].startsWith("rumor: ") && !UNSAFE.test(stderr[0]), JSON.stringify(stderr[0]));
  }
});
