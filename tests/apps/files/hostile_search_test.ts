/** Neighbours by hand that search and answer as docs/protocol.md says, and as no honest node does. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runRumor, startRumor } from "../../helpers/process.ts";
import { randomId } from "../../helpers/raw_peer.ts";
import { Neighbour } from "./neighbour.ts";
import { Holders } from "./search_program.ts";
import { file, linkOf } from "./searching.ts";

Deno.test("neighbours by hand search, answer, and lie", async (t) => {
  await using holders = new Holders();
  const anna = await holders.node("anna", [file("x1")]);
  await using eve = await Neighbour.join(anna);
  await using zoe = await Neighbour.join(anna);
  const join = ["--join", await anna.address()];
  const [{ id }] = (await runRumor(["peers", "--json", ...join])).stdout
    .map((line) => JSON.parse(line)).filter(({ self }) => self);
  const good = { name: "x2", link: linkOf("x2"), has: null };

  await t.step("a request is answered and goes on, and the answer to that comes back", async () => {
    const asked = { k: "search", o: randomId(), n: 5, words: ["X"], budget: 3 };
    zoe.tell(asked);
    const files = [{ name: "x1", link: linkOf("x1"), has: null }];
    assertEquals(await zoe.heard(({ k }) => k === "found"), {
      k: "found",
      o: asked.o,
      n: 5,
      by: id,
      files,
    });
    const handed = await eve.heard(({ n }) => n === 5);
    assertEquals(handed, { ...asked, words: ["x"], budget: 2 });
    const answer = { k: "found", o: asked.o, n: 5, by: randomId(), files: [good] };
    eve.tell({ ...answer, files: [{ ...good, name: "../x" }] }, answer);
    assertEquals(await zoe.heard(({ by }) => by === answer.by), answer);
  });

  await t.step("what makes no sense is counted, and nothing else comes of it", async () => {
    eve.tell(null, [], "x", { k: "search" }, { k: "found" }, { k: "search", o: 1, words: {} });
    eve.tell({ k: "found", o: randomId(), n: 1, by: randomId(), files: [good] });
    await eve.settled();
    const { stdout } = await runRumor(["peers", "--counts", ...join]);
    const counts = stdout.filter((line) => line.startsWith("ignored:"));
    assertEquals(counts, ["ignored:found 2", "ignored:found-unasked 1", "ignored:search 2"]);
  });

  await t.step(
    "hostile answers neither command a terminal nor make more of themselves",
    async () => {
      const args = ["search", "x", "--budget", "100", ...join];
      await using guest = startRumor(args, { stdin: "null" });
      const { o, n } = await eve.heard(({ o }) => o === id);
      const long = Array.from({ length: 60 }, (_, at) => ({ ...good, link: linkOf(`${at}`) }));
      const names = ["x\u202e\u001b]0;", "x y", "x\u202etxt.exe"];
      const files = names.map((name) => ({ name, link: linkOf(name), has: null }));
      eve.tell({ k: "found", o, n, by: randomId(), files: files.slice(0, 1) });
      eve.tell({ k: "found", o, n, by: id, files: [good] });
      eve.tell({
        k: "found",
        o,
        n,
        by: eve.id,
        files: [...files.slice(1), { ...good, name: "y" }],
      });
      for (let at = 0; at < 80; at++) eve.tell({ k: "found", o, n, by: randomId(), files: long });
      // Of the 50 answers that were asked for there, one was in the name of who asked.
      const rows = 1 + 2 + 48 * long.length;
      await guest.waitForStdout(rows);
      await eve.settled();
      await guest.closeStdout();
      const { code, stdout } = await guest.result();
      assertEquals([code, stdout.length], [0, rows]);
      assertEquals(stdout[1], `${linkOf("x y")} x\\x20y all ${eve.id} -`);
      assert(stdout.every((line) => line.split(" ").length === 5));
      assertStringIncludes(stdout[2], "x\u202etxt.exe");
    },
  );
});
