/** The command line itself: usage, help, version, the environment. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { MORE_STARTED, runInside } from "../helpers/inside.ts";
import { allPrint, deadAddress, endAll, LOCAL, Nodes } from "../helpers/network.ts";
import { runRumor } from "../helpers/process.ts";

const NOBODY = "127.0.0.1:9";

/** Each of these is refused before anything is started. */
const BAD: readonly (readonly string[])[] = [
  ["--nope"],
  ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"],
  ["--json", "--json"],
  ["--listen"],
  ["--join"],
  ["--listen", "127.0.0.1:-1"],
  ["--listen", "127.0.0.1:65536"],
  ["--listen", "127.0.0.1:NaN"],
  ["--listen", "127.0.0.1:"],
  ["--join", "127.0.0.1:65536"],
  ["--history", "-1"],
  ["--history", "many"],
  ["--dedup", "nonsense"],
  ["nonsense"],
  ["pub", "--join", NOBODY, "--ack", "NaN", "x"],
  ["pub", "--join", NOBODY, "--timeout", "-1", "x"],
  ["sub", "--join", NOBODY, "-C", "0.5"],
  ["sub", "--join", NOBODY, "-W"],
  ["ledger", "--nope"],
  ["pay", "alice", "bob", "--join", NOBODY],
  ["pm"],
  ["pm", "--join", NOBODY],
  ["routes", "--join", NOBODY, "x"],
  ["sim", "nonsense"],
  ["sim", "broadcast", "--nodes", "1"],
  ["sim", "broadcast", "--latency", "50..10"],
  ["sim", "broadcast", "--loss", "5"],
  ["sim", "broadcast", "--kill", "96%"],
  ["sim", "broadcast", "--nodes", "9000", "--senders", "all"],
  ["sim", "scenario"],
  ["sim", "scenario", "nonsense"],
  ["sim", "scenario", "iroh", "x"],
  ["--batch", "0"],
  ["sim", "cut", "--nodes", "1"],
  ["sim", "cut", "--overlay", "given"],
  ["sim", "cut", "--links", "2"],
  ["sim", "ledger", "x"],
];

/** Runs two at a time, as there may be no more than two cores. */
async function inPairs<T>(jobs: readonly T[], run: (job: T) => Promise<void>): Promise<void> {
  const queue = jobs.values();
  const worker = async () => {
    for (const job of queue) await run(job);
  };
  await Promise.all([worker(), worker()]);
}

Deno.test("`rumor` with bad flags says so in one line and ends with 2", async () => {
  const refuse = async (args: readonly string[], run: typeof runInside) => {
    const { code, stdout, stderr } = await run(args);
    const shown = `rumor ${args.join(" ")}:\n${stderr.join("\n")}`;
    assertEquals({ code, stdout, lines: stderr.length }, { code: 2, stdout: [], lines: 1 }, shown);
  };
  await inPairs(MORE_STARTED ? BAD : BAD.slice(0, 4), (args) => refuse(args, runRumor));
  if (MORE_STARTED) return;
  for (const args of BAD) await refuse(args, runInside);
});

Deno.test("`rumor` names the flag that was wrong and what is allowed", async () => {
  const port = await runRumor(["--listen", "127.0.0.1:65536"]);
  assertMatch(port.stderr[0], /--listen/);
  assertMatch(port.stderr[0], /65535/);
  assertMatch((await runRumor(["--nope"])).stderr[0], /--nope/);
});

Deno.test("`rumor --help` starts with examples, for every command", async () => {
  const commands = [
    [],
    ["chat"],
    ["pub"],
    ["sub"],
    ["ledger"],
    ["pay"],
    ["pm"],
    ["routes"],
    [
      "balances",
    ],
    ["sim"],
    ["sim", "broadcast"],
    ["sim", "scenario"],
    ["sim", "cut"],
    ["sim", "ledger"],
  ];
  await inPairs(commands, async (command) => {
    const { code, stdout, stderr } = await runRumor([...command, "--help"]);
    assertEquals({ code, stderr }, { code: 0, stderr: [] });
    const lines = stdout.filter((line) => line.trim() !== "");
    const example = /^examples?:?$/i.test(lines[0].trim()) ? lines[1] : lines[0];
    const called = new RegExp(`\\brumor ${command.join(" ")}`.trim());
    assert(called.test(example) && !/^usage/i.test(lines[0]), stdout.join("\n"));
  });
});

Deno.test("`rumor --version` prints the version of deno.json", async () => {
  const text = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  const { code, stdout, stderr } = await runRumor(["--version"]);
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: [`rumor ${JSON.parse(text).version}`],
    stderr: [],
  });
});

Deno.test("`RUMOR_JOIN` and `RUMOR_LISTEN` stand in for flags, and flags win", async () => {
  await using network = new Nodes();
  const first = network.start();
  const other = network.start();
  const env = { RUMOR_JOIN: await first.address(), RUMOR_LISTEN: "127.0.0.1:0" };
  assertEquals((await runRumor(["pub", "by the environment"], { env })).code, 0);
  const join = ["--join", await other.address()];
  assertEquals((await runRumor(["pub", ...join, "by the flag"], { env })).code, 0);
  const node = await runRumor([], { env, input: "a node\n" });
  assertEquals(node.code, 0, node.stderr.join("\n"));
  assert(node.stderr.some((line) => line.startsWith("listening on 127.0.0.1:")), "listens there");
  await allPrint([first], "a node");
  const [left, right] = await endAll([first, other]);
  assertEquals(left.stdout, ["by the environment", "a node"]);
  assertEquals(right.stdout, ["by the flag"]);
  const bad = await runRumor([], { env: { RUMOR_LISTEN: "127.0.0.1:65536" } });
  assertEquals({ code: bad.code, lines: bad.stderr.length }, { code: 2, lines: 1 });
});

Deno.test("`rumor --listen` on an address in use ends with 1 and says why", async () => {
  await using network = new Nodes();
  const address = await network.start().address();
  const { code, stdout, stderr } = await runRumor(["--listen", address], { input: "hello\n" });
  assertEquals({ code, stdout, lines: stderr.length }, { code: 1, stdout: [], lines: 1 });
  assert(stderr[0].includes(address), stderr[0]);
});

Deno.test("`rumor --join` in a script ends with 69 when nobody is there", async () => {
  const { code } = await runRumor([...LOCAL, "--join", deadAddress()], { input: "hello\n" });
  assertEquals(code, 69);
});
