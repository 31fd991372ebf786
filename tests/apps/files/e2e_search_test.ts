/** `rumor search` and `/search` through real nodes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runInside } from "../../helpers/inside.ts";
import { deadAddress, endAll, LOCAL, WINDOWS } from "../../helpers/network.ts";
import { type Process, type Result, runRumor, startRumor } from "../../helpers/process.ts";
import { hasPty, Pty } from "../../helpers/pty.ts";
import { Holders } from "./search_program.ts";
import { file, linkOf } from "./searching.ts";

/** Far less than a search takes that finds nothing. */
const SOON_MS = 3_000;

async function search(node: Process, ...args: string[]): Promise<Result> {
  return await runRumor(["search", ...args, "--join", await node.address()]);
}

async function idOf(node: Process): Promise<string> {
  const { stdout } = await runRumor(["peers", "--json", "--join", await node.address()]);
  return stdout.map((line) => JSON.parse(line)).find(({ self }) => self).id;
}

Deno.test("`rumor search` finds files hop by hop", async (t) => {
  await using holders = new Holders();
  const anna = await holders.node("anna", [file("my report.txt"), file("a\\b")]);
  const ben = await holders.node("ben", [file("REPORT.pdf", [[1, 2]], 4)], anna);
  const carl = await holders.node("carl", [file("report.pdf"), file("report 2.pdf")], ben);
  await holders.node("dora", [file("report 3.pdf")], carl);
  const [anna_id, ben_id, carl_id] = await Promise.all([anna, ben, carl].map(idOf));
  const home = `${linkOf("my report.txt")} my\\x20report.txt all ${anna_id} anna`;
  const pieces = `${linkOf("REPORT.pdf", 4)} REPORT.pdf 2/4 ${ben_id} ben`;
  const near = `${linkOf("report.pdf")} report.pdf all ${carl_id} carl`;
  const other = `${linkOf("report 2.pdf")} report\\x202.pdf all ${carl_id} carl`;
  const link = linkOf("REPORT.pdf", 4);
  // These wait for answers that do not come, so they do it at the same time.
  const near_by = search(anna, "REPORT,nothing", "--budget", "1");
  const by_link = search(anna, link, "--json", "--budget", "2");
  const nowhere = search(anna, "zoe", "--budget", "3");

  await t.step(
    "a line for each, what the node has itself first, until it knows enough",
    async () => {
      const { code, stdout, stderr } = await search(anna, "report");
      assertEquals({ code, stdout, stderr }, {
        code: 0,
        stdout: [home, pieces, near, other],
        stderr: [],
      });
    },
  );
  await t.step("no further than its budget", async () => {
    const { code, stdout } = await near_by;
    assertEquals([code, stdout], [0, [home, pieces]]);
  });
  await t.step("only who has all of a file, with `--whole`", async () => {
    const { code, stdout } = await search(anna, ".PDF", "--whole");
    assertEquals([code, stdout], [0, [near, other]]);
  });
  await t.step("a link, as objects with `--json`", async () => {
    const { code, stdout } = await by_link;
    assertEquals([code, stdout.map((line) => JSON.parse(line))], [0, [{
      link,
      name: "REPORT.pdf",
      size: 32_768,
      chunks: 4,
      runs: [[1, 2]],
      holder: { id: ben_id, name: "ben" },
    }]]);
  });
  await t.step("nothing, which it says, and ends with 1", async () => {
    const { code, stdout, stderr } = await nowhere;
    assertEquals([code, stdout, stderr], [1, [], ["rumor: nothing found for zoe"]]);
  });
  await t.step("and ends when nobody reads on, or with Ctrl-C", async () => {
    if (WINDOWS) return;
    const args = ["search", "my", "--join", await anna.address()];
    await using first = startRumor(args, { stdin: "null" });
    await first.waitForStdout(home);
    await first.closeStdout();
    assertEquals((await first.result({ timeout_ms: SOON_MS })).code, 0);
    await using second = startRumor(args, { stdin: "null" });
    await second.waitForStdout(home);
    second.signal("SIGINT");
    assertEquals((await second.result({ timeout_ms: SOON_MS })).code, 130);
  });
  await t.step("all of this without leaving anything behind", async () => {
    await endAll(holders.all);
    for (const node of holders.all) assert(node.stderr.length === 1, node.report());
  });
});

Deno.test("`/search` shows above the prompt what is found", { ignore: !hasPty() }, async () => {
  await using holders = new Holders();
  const anna = await holders.node("anna", [file("x1"), file("x2")]);
  await using node = new Pty([
    "--name",
    "me",
    "--overlay",
    "given",
    ...LOCAL,
    "--join",
    await anna.address(),
  ]);
  await node.address();
  await node.type("/search\r");
  await node.waitFor("rumor: expected /search WORD[,WORD]");
  const isFound = (name: string) => (line: string) =>
    line.startsWith(`${linkOf(name)} ${name} all `) && line.endsWith(" anna");
  await node.type("/search X, y\r");
  await node.waitFor(isFound("x1"));
  await node.waitFor(isFound("x2"));
  await node.type("/quit\r");
  assertEquals((await node.result()).code, 0);
});

/** Arguments, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [[], /one WORD\[,WORD...\] is expected/],
  [["a", "b"], /one WORD/],
  [[""], /WORD is empty/],
  [[" , "], /WORD is empty/],
  [["x".repeat(256)], /WORD has more than 255 bytes/],
  [["a,".repeat(17)], /more than 16 words/],
  [["a", "--budget", "0"], /--budget: 0 is not a whole number from 1 to 1024/],
  [["a", "--budget", "1025"], /from 1 to 1024/],
  [["a", "--budget", "-1"], /from 1 to 1024/],
  [["a", "--budget", "1.5"], /from 1 to 1024/],
  [["a", "--whole=yes"], /--whole takes no value/],
  [["a", "--wide"], /--wide is not a flag/],
];

Deno.test("`rumor search` names wrong words and flags in one line, and ends with 2", async (t) => {
  for (const [args, why] of WRONG) {
    await t.step(JSON.stringify(args.join(" ").slice(0, 80)), async () => {
      const { code, stdout, stderr } = await runInside([
        "search",
        ...args,
        "--join",
        deadAddress(),
      ]);
      assertEquals([code, stdout, stderr.length], [2, [], 1], stderr.join("\n"));
      assertMatch(stderr[0], why);
    });
  }
  const { code } = await runInside(["search", "a", "--join", deadAddress()]);
  assertEquals(code, 69);
});
