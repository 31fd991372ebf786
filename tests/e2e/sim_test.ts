import { assert, assertEquals, assertMatch } from "@std/assert";
import { runRumor } from "../helpers/process.ts";

Deno.test("rumor sim --seed runs one seed, the same each time", async () => {
  const runs = await Promise.all([1, 2].map(() => runRumor(["sim", "--seed", "7", "--json"])));
  const [one, again] = runs.map(({ code, stdout }) => {
    assertEquals(code, 0);
    return JSON.parse(stdout.join("\n"));
  });
  assertEquals(again, one);
  assertEquals([one.seed, one.violation, one.options.seed], [7, null, 7]);
});

Deno.test("rumor sim runs many seeds, and says what the faults did", async () => {
  const { code, stdout } = await runRumor(["sim", "--seeds", "5", "--from", "3"]);
  assertEquals(code, 0);
  assert(stdout.some((line) => /^ {2}duplicates refused +[0-9]+$/.test(line)));
  assertMatch(stdout.at(-1)!, /^5 seeds, [0-9]+ events, longest healing [0-9.]+ s: all is well$/);
});

Deno.test("rumor sim --trace tells what happens", async () => {
  const { code, stdout } = await runRumor(["sim", "--seed", "7", "--trace"]);
  assertEquals(code, 0);
  assertMatch(stdout[1], /^ *[0-9]+\.[0-9]{3} m[0-9]/);
});

Deno.test("rumor sim refuses what does not fit together", async () => {
  for (
    const [args, says] of [
      [["--shrink"], /--seed N/],
      [["--seed", "1", "--seeds", "2"], /--seed runs one seed/],
      [["nonsense"], /nonsense is no experiment/],
    ] as const
  ) {
    const { code, stdout, stderr } = await runRumor(["sim", ...args]);
    assertEquals([code, stdout, stderr.length], [2, [], 1]);
    assertMatch(stderr[0], says);
  }
});
