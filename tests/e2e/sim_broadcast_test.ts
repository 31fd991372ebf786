import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runRumor } from "../helpers/process.ts";

const SMALL = ["sim", "broadcast", "--nodes", "30", "--rounds", "4"];

Deno.test("rumor sim broadcast prints the same for the same seed, and one object for each kind", async () => {
  const args = [...SMALL, "--kill", "30%", "--loss", "5%", "--json"];
  const { code, stdout, stderr } = await runRumor(args);
  assertEquals([code, stderr, stdout.length], [0, [], 3]);
  assertEquals((await runRumor(args)).stdout, stdout);
  for (const [at, spread] of ["flood", "gossip", "tree"].entries()) {
    const one = JSON.parse(stdout[at]);
    assertEquals([one.spread, one.nodes, one.missed, one.killed], [spread, 30, 0, 9]);
    assertEquals(one.deliveries.length, 4);
  }
});

Deno.test("rumor sim broadcast --svg draws a picture, or says why not", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, stderr } = await runRumor([...SMALL, "--svg", `${dir}/a.svg`]);
    assertEquals([code, stderr], [0, []]);
    const svg = await Deno.readTextFile(`${dir}/a.svg`);
    assert(svg.startsWith("<svg ") && svg.endsWith("</svg>\n"));
    const failed = await runRumor([...SMALL, "--svg", `${dir}/none/a.svg`]);
    assertEquals([failed.code, failed.stderr.length], [1, 1]);
    assertStringIncludes(failed.stderr[0], "--svg");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("rumor sim scenario says what was reached, and whether that is enough", async () => {
  const { code, stdout } = await runRumor(["sim", "scenario", "glomers-efficient", "--json"]);
  const { met, seed, rows } = JSON.parse(stdout[0]);
  assertEquals([code, stdout.length, met, seed], [0, 1, true, 1]);
  const ours = new Map(rows.map((row: { what: string; ours: number }) => [row.what, row.ours]));
  assert(ours.get("messages per operation") as number <= 4);
});
