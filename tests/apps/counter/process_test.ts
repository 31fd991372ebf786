/** The counter in real processes: the program with two apps more in its list. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { SlashWords } from "../../../src/cli/node/slash.ts";
import { endAll, LOCAL, WINDOWS } from "../../helpers/network.ts";
import { startRumor } from "../../helpers/process.ts";
import { Program } from "./program.ts";
import { counterModule } from "./mod.ts";

/** A prime; to find that out takes longer than the test. */
const PRIME = String(Number.MAX_SAFE_INTEGER - 110);
const REFUSED = "rumor: refused: only the node's own user, on its machine, may do that";

function test(name: string, body: (program: Program) => Promise<void>): void {
  Deno.test({
    name,
    ignore: WINDOWS,
    fn: async () => {
      await using program = new Program();
      await body(program);
    },
  });
}

test("help lists the commands of an app, and tells of each", async (program) => {
  const { stdout } = await program.run("help");
  assert(stdout.some((line) => /^ {2}count +add to the counter of a running node/.test(line)));
  assert(stdout.some((line) => /^ {2}counter +count together/.test(line)));
  const help = await program.run("help", "count");
  assertEquals([help.code, help.stderr], [0, []]);
  assertStringIncludes(help.stdout.join("\n"), "rumor count --add 3 --join 10.0.0.5:7000");
  assertEquals((await program.run("count", "--help")).stdout, help.stdout);
  const unknown = await program.run("cont");
  assertEquals(unknown.code, 2);
  assertStringIncludes(unknown.stderr.join(), "counter, count,");
  assertStringIncludes((await program.run("help", "export")).stdout.join("\n"), "For the counter");
  assert(new SlashWords([counterModule]).help().some((line) => /^\/factor +factor/.test(line)));
});

test("nodes count together, and print it for people and for programs", async (program) => {
  const { node: one, address } = await program.node();
  const { node: other } = await program.node("--json", "--join", address);
  await one.send("3", "x", "-1");
  assertMatch(await one.waitForStdout(2), /^\S{8} -1 = 2$/);
  assertEquals(
    await one.waitForStderr((line) => line.includes("line")),
    [
      "rumor: line 2: x is no whole number",
    ].join(),
  );
  await other.waitForStdout(2);
  await other.send("40", "2000");
  assertMatch(await one.waitForStdout(3), /^\S{8} \+40 = 42$/);
  assertEquals(
    await other.waitForStderr((line) => line.includes("line")),
    'rumor: line 2: a count is {"add":N}, N from -1000 to 1000',
  );
  const records = other.stdout.map((line) => JSON.parse(line));
  assertEquals(records.map(({ add, total }) => [add, total]), [[3, 3], [-1, 2], [40, 42]]);
  assertEquals(new Set(records.map(({ from }) => from)).size, 2);
  await Promise.all([one, other].map((node) => node.closeStdin()));
  assertEquals([(await one.result()).code, (await other.result()).code], [1, 1]);
});

test("guests of any kind add and ask, and no plain lines get in between", async (program) => {
  const { node, address } = await program.node();
  const added = await program.run("count", "--add", "7");
  assertEquals([added.code, added.stdout, added.stderr], [0, [], []]);
  const more = await program.runAsStranger("count", "--add", "-2", "--join", address);
  assertEquals([more.code, more.stderr], [0, []]);
  const wrong = await program.run("count", "--add", "1001");
  assertEquals([wrong.code, wrong.stderr.length], [1, 1]);
  assertStringIncludes(wrong.stderr[0], 'a count is {"add":N}');
  const asked = await program.runAsStranger("count", "--join", address);
  assertEquals([asked.code, asked.stdout[0], asked.stdout.length], [0, "total 5", 2]);
  const json = await program.run("count", "--json");
  const { total, parts } = JSON.parse(json.stdout.join());
  assertEquals([total, Object.values(parts)], [5, [5]]);
  const line = await program.run("pub", "--topic", "counter", "hello");
  assertEquals([line.code, line.stderr], [
    2,
    ["rumor: --topic counter holds numbers; see rumor count"],
  ]);
  await endAll([node]);
});

test("work is done for the node's own user, and for nobody at its port", async (program) => {
  const { node, address } = await program.node();
  await program.run("count", "--add", "84");
  for (const wish of ["--factor", "--cancel", "--reset"]) {
    const { code, stderr } = await program.runAsStranger("count", wish, "--join", address);
    assertEquals([code, stderr], [1, [REFUSED]]);
  }
  const done = await program.run("count", "--factor", "--join", address);
  assertEquals([done.code, done.stderr], [0, []]);
  await node.waitForStdout("factored 84 factors 2 2 3 7");
  // The node goes on while it works; and what takes too long is cancelled.
  const long = program.start("count", "--number", PRIME, "--timeout", "300");
  assertMatch(await node.waitForStdout((line) => line.startsWith("factoring")), /tried \d+$/);
  assertEquals((await program.run("count", "--add", "1")).code, 0);
  const second = await program.run("count", "--factor");
  assertEquals(second.stderr, [`rumor: refused: ${PRIME} is being factored already`]);
  assertEquals((await program.run("count", "--cancel")).code, 0);
  const { code, stderr } = await long.result();
  assertEquals([code, stderr], [1, ["rumor: refused: it was cancelled"]]);
  assertEquals((await program.run("count", "--reset")).code, 0);
  await node.waitForStdout((line) => line.endsWith("-85 = 0"));
  await endAll([node]);
});

test("a node asks another one for all that it counted", async (program) => {
  const { node: one, address } = await program.node("--name", "anna");
  const { node: other } = await program.node("--name", "ben", "--join", address);
  await one.send("5", "6");
  await other.waitForStdout(2);
  const [place] = await Promise.all([other.address()]);
  const asked = await program.run("count", "--of", "anna", "--all", "--join", place);
  assertEquals([asked.code, asked.stderr], [0, []]);
  assertMatch(await other.waitForStdout(3), /^\S{8} steps 2 sum 11 total 11$/);
  const nobody = await program.run("count", "--of", "zoe", "--join", place);
  assertEquals(nobody.code, 1);
  assertStringIncludes(nobody.stderr.join(), "nobody here is called zoe");
  await endAll([one, other]);
});

test("what was counted is stored: for SQL, for export and verify, and for the next start", async (program) => {
  const data = `${program.place}/data`;
  const { node } = await program.node("--data", data);
  await node.send("20", "-8");
  await node.waitForStdout(2);
  await node.waitForStdout("quiet_s 1.5 total 12");
  await node.closeStdin();
  assertEquals((await node.result()).code, 0);
  {
    using db = new DatabaseSync(`${data}/rumor.db`, { readOnly: true });
    const rows = db.prepare("SELECT length(origin) AS id, added FROM counter").all();
    assertEquals(rows.map((row) => ({ ...row })), [{ id: 43, added: 12 }]);
    assertEquals(db.prepare("SELECT * FROM messages").all(), []);
  }
  const csv = await program.run("export", "--data", data, "--topic", "counter", "--format", "csv");
  assertEquals(csv.stdout.map((line) => line.split(",")[1]), ["add", "20", "-8"]);
  const verified = await program.run("verify", "--data", data);
  assertEquals(verified.code, 0);
  assertStringIncludes(verified.stdout.join(), "the counter stands at 12");
  const { node: again } = await program.node("--data", data);
  await again.send("1");
  assertEquals(await again.waitForStdout(1), "resumed 12 kept 12");
  assertMatch(await again.waitForStdout(2), /^\S{8} \+1 = 13$/);
});

test("what a program without the app stored is there for one that has it", async (program) => {
  const data = `${program.place}/data`;
  const { node, address } = await program.node();
  const plain = startRumor([...LOCAL, "--data", data, "--join", address]);
  await node.send("20", "-8");
  const sub = ["sub", "--topic", "counter", "-C", "2", "--join", await plain.address()];
  assertEquals((await program.run(...sub)).stdout, ['{"add":20}', '{"add":-8}']);
  await endAll([plain]);
  await endAll([node]);
  const { node: again } = await program.node("--data", data);
  assertEquals(await again.waitForStdout("resumed 12 kept nothing"), "resumed 12 kept nothing");
  await again.closeStdin();
  await again.result();
  using db = new DatabaseSync(`${data}/rumor.db`, { readOnly: true });
  assertEquals(db.prepare("SELECT added FROM counter").get()?.added, 12);
});

test("`rumor sim` runs the users of an app, too", async (program) => {
  const { code, stdout } = await program.run("sim", "--seeds", "2");
  assertEquals(code, 0, stdout.join("\n"));
  assert(stdout.some((line) => /^ {2}totals told +\d+$/.test(line)));
});
