/** `rumor sim cut`, as a user starts it. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { runRumor } from "../helpers/process.ts";

/** What a command prints, which says nothing on stderr. */
async function printed(...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runRumor(["sim", "cut", ...args]);
  assertEquals({ code, stderr }, { code: 0, stderr: [] });
  return stdout;
}

async function reports(...args: string[]) {
  return (await printed("--json", ...args)).map((line) => JSON.parse(line));
}

Deno.test("`rumor sim cut` shows both overlays of 1,000 nodes side by side", async () => {
  const lines = await printed();
  assertEquals(lines[0].split(/ +/), ["overlay", "ring", "fingers"]);
  const [ring, fingers] = await reports("--nodes", "1000", "--seed", "1");
  const row = (name: string) =>
    lines.find((line) => line.trim().startsWith(name))!.trim().slice(name.length)
      .trim().split(/ +/);
  const shown = (
    key: string,
  ) => [ring[key].toLocaleString("en"), fingers[key].toLocaleString("en")];
  assertEquals(row("cut the network anywhere"), shown("cut_any"));
  assertEquals(row("halve the ring"), shown("cut_rows"));
  assertEquals(row("hops between two nodes, most"), shown("diameter"));
  assertEquals([ring.cut_one, ring.cut_any, ring.cut_rows, ring.diameter], [20, 20, 110, 50]);
  assertEquals([ring.cut_half_found, ring.paths_opposite, ring.links], [110, 110, 10_000]);
  // Whatever the ids are: at least the ten of one's own, and those of the three before.
  assert(fingers.cut_any >= 13 && fingers.cut_any <= fingers.cut_one);
  assertLess(fingers.diameter, 8);
  assert(fingers.cut_half_least > 1_000 && fingers.cut_half_least <= fingers.cut_half_found);
  assert(fingers.cut_half_found <= fingers.cut_rows);
});

Deno.test("`rumor sim cut` is the same from the same seed, and takes any size", async () => {
  const args = ["--overlay", "fingers", "--nodes", "300"];
  const [first] = await reports(...args, "--seed", "5");
  assertEquals(await reports(...args, "--seed", "5"), [first]);
  assert(JSON.stringify(await reports(...args, "--seed", "6")) !== JSON.stringify([first]));
  const [pair] = await reports("--overlay", "ring", "--nodes", "2", "--links", "1");
  assertEquals([pair.links, pair.cut_any, pair.cut_rows, pair.diameter], [1, 1, 1, 1]);
  const [chain] = await reports("--overlay", "ring", "--nodes", "100", "--links", "1");
  assertEquals([chain.cut_any, chain.cut_rows, chain.diameter], [2, 2, 50]);
});
