/** `rumor vote open`: elections with closed choices and a roll, at real nodes. */

import { assertEquals, assertMatch } from "@std/assert";
import { endAll, LOCAL, Nodes } from "../../helpers/network.ts";
import { type Process, runRumor } from "../../helpers/process.ts";
import { answer, assertFails, TIMES, vote } from "./guests.ts";

Deno.test("`rumor vote open` closes the choices, and the roll says who may vote", async (t) => {
  await using network = new Nodes();
  const path = Deno.makeTempFileSync({ suffix: ".txt" });
  try {
    const first = network.start(["chain", ...TIMES]);
    const join = ["--join", await first.address()];
    const second = network.start(["chain", ...TIMES, "--mine", "never", ...join]);
    const [id, other] = await Promise.all([first, second].map(async (node) => {
      const peers = await runRumor(["peers", "--join", await node.address()]);
      return peers.stdout[0].split(" ")[0];
    }));
    const cast = (node: Process, ...words: string[]) =>
      vote(node, "cast", ...words, "--election", "board");

    await t.step("a file that is no roll", async () => {
      const open = ["open", "board", "--choices", "yes,no", "--roll", path];
      for (
        const [text, why] of [
          ["\n", /is empty/],
          [`ann ${id}\nben`, /line 2: VOTER KEY is expected/],
          [`ann ${id}\n\nben ${"A".repeat(43)}\n`, /line 3: A+ is no key/],
          [`ann ${id}\r\n  ann ${other}\n`, /line 2: ann is there twice/],
        ] as const
      ) {
        Deno.writeTextFileSync(path, text);
        assertFails(await vote(first, ...open), 1, why);
      }
      assertFails(await vote(first, ...open.slice(0, -1), `${path}.no`), 1, /cannot read/);
    });
    await t.step("a roll of several records", async () => {
      const many = Array.from({ length: 300 }, (_, at) => `voter ${at} ${id}`);
      Deno.writeTextFileSync(path, [`ann ${id}`, ...many, `ben\t ${other}`].join("\r\n"));
      const open = ["open", "board", "--choices", "yes, no ,perhaps", "--roll", path];
      await answer(first, ...open);
      await answer(first, ...open);
      assertFails(await vote(second, ...open), 1, new RegExp(`was opened already by ${id}`));
    });
    await t.step("votes of who is on it", async () => {
      assertFails(await cast(first, "ann", "maybe"), 1, /maybe is not among the choices of board/);
      assertFails(await cast(second, "ann", "yes"), 1, new RegExp(`only ${id} vote for ann`));
      assertFails(await cast(first, "zoe", "yes"), 1, /zoe is not on the roll of board/);
      for (const voter of ["ann", "voter 299"]) {
        assertEquals((await cast(first, voter, "no")).code, 0);
      }
      assertEquals((await cast(second, "ben", "yes")).code, 0);
      assertEquals(await answer(second, "tally", "--election", " board"), [
        "no 2",
        "yes 1",
        "perhaps 0",
      ]);
    });
    await t.step("a machine for it", async () => {
      const { code, stdout, stderr } = await runRumor(
        ["vote", "--election", "board", "--json", ...TIMES, ...LOCAL, ...join],
        { input: "a\nvoter 1\nno\nd\n" },
      );
      assertEquals(code, 0, stderr.join("\n"));
      assertMatch(stdout[3], /"the roll of board lets only \S{43} vote for voter 1"/);
      assertEquals(JSON.parse(stdout[5]).tally[0], { choice: "no", count: 2 });
    });
    await endAll([first, second]);
  } finally {
    Deno.removeSync(path);
  }
});
