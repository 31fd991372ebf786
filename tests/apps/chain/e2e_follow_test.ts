/** Nodes of other commands that follow the chain, because of `--chain`. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { endAll, LOCAL, Nodes } from "../../helpers/network.ts";
import { type Process, type Result, runRumor } from "../../helpers/process.ts";

const FOLLOWS = ["--chain", "--block-time", "0.2"];
const IDLE = [...FOLLOWS, "--mine", "never"];
const NO_CHAIN = "this node follows no chain; rumor chain starts one that does";
/** How long a network may take to agree. */
const AGREE_MS = 60_000;

/** Runs `rumor chain` as a guest of a node. */
async function chain(node: Process, word: string, ...args: string[]): Promise<Result> {
  const join = ["--join", await node.address()];
  return await runRumor(["chain", word, ...args, ...join], { timeout_ms: AGREE_MS });
}

async function add(node: Process, text: string): Promise<void> {
  const { code, stdout, stderr } = await chain(node, "add", text);
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: [], stderr: [] }, node.report());
}

/** Waits until a node has these texts in its chain: each question waits for its answer. */
async function hasTexts(node: Process, ...texts: string[]): Promise<void> {
  const end = performance.now() + AGREE_MS;
  for (;;) {
    const { stdout } = await chain(node, "data");
    if (stdout.join("\n") === texts.join("\n")) return;
    assert(performance.now() < end, `the chain holds\n${stdout.join("\n")}\n${node.report()}`);
  }
}

/** A node says to guests that it follows no chain. */
async function followsNone(node: Process): Promise<void> {
  for (const words of [["add", "x"], ["length"], ["data"]]) {
    const { code, stdout, stderr } = await chain(node, words[0], ...words.slice(1));
    assertEquals({ code, stdout, lines: stderr.length }, { code: 1, stdout: [], lines: 1 });
    assert(stderr[0].endsWith(NO_CHAIN), stderr[0]);
  }
}

Deno.test("with `--chain` a node of the chat or the ledger follows the chain beside its lines", async (t) => {
  await using network = new Nodes();
  const chat = network.start(FOLLOWS);
  const join = ["--join", await chat.address()];
  const plain = network.start(join);
  // Through the plain node, which passes on what it does not follow.
  const over = ["--overlay", "given", "--join", await plain.address()];
  const ledger = network.start(["ledger", ...IDLE, ...over]);
  await ledger.address();

  await t.step("guests add and ask through it", async () => {
    await add(chat, "one");
    await add(ledger, "two");
    for (const node of [chat, ledger]) await hasTexts(node, "one", "two");
    const { stdout } = await chain(ledger, "length");
    assertMatch(stdout.join(), /^\d+$/);
  });
  await t.step("`rumor chain` is one of them", async () => {
    const own = network.start(["chain", "--block-time", "0.2", "--mine", "never", ...join]);
    await hasTexts(own, "one", "two");
    await add(own, "three");
    await hasTexts(chat, "one", "two", "three");
  });
  await t.step("a node without it follows none", async () => await followsNone(plain));
  await t.step("what they print and take is what it was", async () => {
    await chat.send("hello");
    await plain.waitForStdout("hello");
    await ledger.send("anna ben 5 soup");
    await ledger.waitForStdout("soup anna ben 5");
    const results = await endAll([...network.all].reverse());
    const printed = results.toReversed().map(({ stdout }) => stdout);
    assertEquals(printed.slice(0, 3), [["hello"], ["hello"], ["soup anna ben 5"]]);
  });
});

Deno.test("without `--chain` the environment of a miner makes no node follow the chain", async () => {
  await using network = new Nodes();
  const env = { RUMOR_MINE: "always", RUMOR_BLOCK_TIME: "0.2", RUMOR_MINE_THREADS: "2" };
  const plain = network.start([], { env });
  await followsNone(plain);
  const follower = network.start([], { env: { ...env, RUMOR_CHAIN: "1", RUMOR_MINE: "auto" } });
  await add(follower, "one");
  await endAll([plain, follower]);
  const typed = await runRumor([...LOCAL, "--mine", "always"]);
  const why = "rumor: --mine is for nodes that follow the chain; add --chain";
  assertEquals([typed.code, typed.stdout, typed.stderr], [2, [], [why]]);
});

Deno.test("a node with `--data` may follow the chain in one run and not in the next", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "rumor-follow-" });
  try {
    const data = ["--data", folder];
    await using network = new Nodes();
    const first = network.start([...FOLLOWS, ...data]);
    await add(first, "one");
    await endAll([first]);
    const second = network.start(data);
    await followsNone(second);
    await endAll([second]);
    const third = network.start([...FOLLOWS, ...data]);
    await hasTexts(third, "one");
    await add(third, "two");
    await hasTexts(third, "one", "two");
    await endAll([third]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
