/** `rumor chain`: real nodes that agree on the order of records, and short visits to them. */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import { deadAddress, endAll, LEAVE_MS, Nodes } from "../../helpers/network.ts";
import { type Process, type Result, runRumor } from "../../helpers/process.ts";
import { Proxy } from "../../helpers/proxy.ts";

const MINER = ["chain", "--block-time", "0.2"];
const IDLE = [...MINER, "--mine", "never"];
/** How long a network may take to agree. */
const AGREE_MS = 60_000;
const BLOCK_LINE = /^\d+ [0-9a-f]{16} \d+$/;

/** A node, or where it listens when it says otherwise. */
type Asked = Process | string;

/** Runs `rumor chain` as a guest of a node. */
async function chain(node: Asked, ...args: string[]): Promise<Result> {
  const join = typeof node === "string" ? node : await node.address();
  return await runRumor(["chain", ...args, "--join", join], { timeout_ms: AGREE_MS });
}

/** What a node answers; fails where it does not. */
async function answer(node: Asked, ...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await chain(node, ...args);
  const report = typeof node === "string" ? node : node.report();
  assertEquals({ code, stderr }, { code: 0, stderr: [] }, report);
  return stdout;
}

/** Asks a node again until its answer is as it should be: each question waits for its answer. */
async function answers(
  node: Asked,
  args: readonly string[],
  check: (lines: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const end = performance.now() + AGREE_MS;
  for (;;) {
    const lines = await answer(node, ...args);
    if (check(lines)) return lines;
    assert(performance.now() < end, `${args.join(" ")} says\n${lines.join("\n")}`);
  }
}

/** Waits until a node has these texts in its chain, in any order. */
async function hasTexts(node: Asked, ...texts: string[]): Promise<void> {
  const wanted = texts.toSorted().join("\n");
  await answers(node, ["data"], (lines) => lines.toSorted().join("\n") === wanted);
}

async function blocksOf(node: Asked): Promise<(Block & { readonly hash: string })[]> {
  return (await answer(node, "blocks", "--json")).map((line) => JSON.parse(line));
}

/** A command failed in one line that says why. */
function assertFails({ code, stdout, stderr }: Result, expected: number, why: RegExp): void {
  assertEquals({ code, stdout }, { code: expected, stdout: [] }, stderr.join("\n"));
  assertEquals(stderr.length, 1, stderr.join("\n"));
  assertMatch(stderr[0], /^rumor: /);
  assertMatch(stderr[0], why);
}

Deno.test("`rumor chain add` puts a record into the chain of all nodes", async (t) => {
  await using network = new Nodes();
  const miner = network.start(MINER);
  const idle = network.start([...IDLE, "--join", await miner.address()]);
  const both = [miner, idle];

  await t.step("an empty chain has its first block, and no data", async () => {
    assertEquals(await answer(idle, "length"), ["1"]);
    assertEquals(await answer(idle, "data"), []);
    assertEquals(await answer(idle, "blocks"), []);
    const [first] = await answer(idle, "blocks", "--from", "0");
    assertMatch(first, /^0 [0-9a-f]{16} 0$/);
  });
  await t.step("through a node that does not mine", async () => {
    assertEquals(await answer(idle, "add", "shipped", "17  crates"), []);
    for (const node of both) await hasTexts(node, "shipped 17  crates");
  });
  await t.step("each call is a new record", async () => {
    await answer(miner, "add", "shipped", "17  crates");
    for (const node of both) await hasTexts(node, "shipped 17  crates", "shipped 17  crates");
  });
  await t.step("with --id it counts once, whatever it says", async () => {
    await answer(idle, "add", "once", "--id", "only");
    for (const text of ["once", "another"]) {
      for (const node of both) {
        await answers(node, ["data"], (lines) => lines.includes("once"));
        assertFails(await chain(node, "add", `${text}!`, "--id", "only"), 1, /id only is used/);
      }
    }
    assertEquals((await answer(idle, "data")).slice(2), ["once"]);
  });
  await t.step("with --confirm it is so deep", async () => {
    await answer(miner, "add", "deep", "--confirm", "3");
    const blocks = await blocksOf(miner);
    const at = blocks.findIndex(({ data }) => JSON.stringify(data).includes("deep"));
    assert(at >= 0 && blocks.length - at >= 3, `${at} of ${blocks.length}`);
  });
  await t.step("control characters reach stdout as one line", async () => {
    await answer(idle, "add", "two\nlines");
    const data = await answers(idle, ["data"], (lines) => lines.length === 5);
    assertEquals(data[4], "two\\x0alines");
  });
  await t.step("`rumor chain blocks`, `length` and `data` say the same of it", async () => {
    const lines = await answers(idle, ["length", "--json"], ([line]) => {
      const { waiting } = JSON.parse(line);
      return waiting === 0;
    });
    const { difficulty, hash, ...more } = JSON.parse(lines[0]);
    assertEquals(Object.keys(more), ["length", "waiting"]);
    assert(difficulty >= 65_536, `${difficulty}`);
    assertMatch(hash, /^[0-9a-f]{64}$/);
    const blocks = await blocksOf(idle);
    assert(blocks.length >= more.length - 1, `${blocks.length} of ${more.length}`);
    for (const [at, { index, prev_hash }] of blocks.entries()) {
      assertEquals(index, at + 1);
      if (at > 0) assertEquals(prev_hash, blocks[at - 1].hash);
    }
    const shown = await answer(idle, "blocks");
    for (const [at, { index, hash }] of blocks.entries()) {
      assertMatch(shown[at], BLOCK_LINE);
      assert(shown[at].startsWith(`${index} ${hash.slice(0, 16)} `), shown[at]);
    }
    const data = (await answer(idle, "data", "--json")).map((line) => JSON.parse(line));
    assertEquals(data.map(({ record }) => record.text).slice(2), ["once", "deep", "two\nlines"]);
    assertEquals(data[2].record, { k: "data", text: "once", id: "only" });
    for (const { index, from } of data) assert(index >= 1 && from.length === 43);
    const last = data.at(-1).index;
    assertEquals(await answer(idle, "data", "--from", `${last}`), ["two\\x0alines"]);
    assertEquals(await answer(idle, "data", "--from", "4294967295"), []);
  });
  await t.step("nodes print the blocks of the best branch, and leave with 0", async () => {
    const count = (await answer(miner, "blocks")).length;
    await Promise.all(both.map((node) => node.waitForStdout(count)));
    for (const { stdout } of await endAll(both)) {
      assertEquals(stdout.filter((line) => !BLOCK_LINE.test(line)), []);
    }
  });
});

Deno.test("`rumor chain add` ends with 75 while nobody mines, and may be tried again", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, IDLE);
  const add = ["add", "patient", "--id", "p1", "--timeout", "1"];
  assertFails(await chain(first, ...add), 75, /within 1 s/);
  assertEquals(await answer(first, "length"), ["1"]);
  const miner = network.start([...MINER, "--join", await first.address()]);
  await miner.address();
  // The same again is done already, or waits already; the same of another node is something else.
  const again = ["add", "patient", "--id", "p1"];
  await answer(first, ...again);
  assertFails(await chain(second, ...again), 1, /id p1 is used/);
  for (const node of [first, second, miner]) await hasTexts(node, "patient");
});

Deno.test("`rumor chain` answers nothing where no chain is followed", async (t) => {
  await using network = new Nodes();
  const chat = network.start(["chat"]);
  await t.step("add", async () => {
    assertFails(await chain(chat, "add", "hello"), 1, /follows no chain/);
  });
  for (const word of ["length", "data", "blocks", "export"]) {
    await t.step(word, async () => assertFails(await chain(chat, word), 1, /follows no chain/));
  }
  await t.step("with --json", async () => {
    for (const word of ["length", "data", "blocks"]) {
      assertFails(await chain(chat, word, "--json"), 1, /follows no chain/);
    }
  });
  await t.step("but entries of the chain pass through it", async () => {
    const miner = network.start([...MINER, "--overlay", "given", "--join", await chat.address()]);
    const idle = network.start([...IDLE, "--overlay", "given", "--join", await chat.address()]);
    await miner.address();
    await answer(idle, "add", "passed on", "--confirm", "2");
    await hasTexts(miner, "passed on");
    assertEquals(chat.stdout, []);
  });
});

Deno.test("`rumor chain` ends with 69 when nobody is there", async () => {
  const join = ["--join", deadAddress()];
  for (const args of [["add", "x"], ["length"], ["data"], ["blocks"], ["export"]]) {
    const { code, stdout, stderr } = await runRumor(["chain", ...args, ...join]);
    assertEquals({ code, stdout }, { code: 69, stdout: [] }, stderr.join("\n"));
    assert(stderr.length > 0, "says why");
  }
});

Deno.test("lines on stdin become records, and those that are none are named", async () => {
  await using network = new Nodes();
  const miner = network.start([...MINER, "--keep-open"]);
  const join = await miner.address();
  const input = ["one", "", "x".repeat(8_193), "two \u00e4", "one"].join("\n");
  const { code, stderr } = await runRumor(
    [...IDLE, "--listen", "127.0.0.1:0", "--join", join],
    { input },
  );
  assertEquals(code, 1, stderr.join("\n"));
  const said = stderr.filter((line) => !line.startsWith("listening on "));
  assertEquals(said.length, 1, said.join("\n"));
  assertMatch(said[0], /line 3: .*8192 bytes/);
  await hasTexts(miner, "one", "", "two \u00e4", "one");
  assertEquals(await answer(miner, "data"), ["one", "", "two \u00e4", "one"]);
});

Deno.test("`rumor chain export` prints what `rumor chain verify` finds good", async (t) => {
  await using network = new Nodes();
  const miner = network.start(MINER);
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    for (const text of ["first", "second"]) await answer(miner, "add", text);
    const exported = await answer(miner, "export");
    assertEquals(exported.length, 1);
    const { length, difficulty, chain: blocks } = JSON.parse(exported[0]);
    await t.step("as a file", async () => {
      Deno.writeTextFileSync(path, exported[0]);
      const { code, stdout, stderr } = await runRumor(["chain", "verify", path]);
      assertEquals({ code, stderr }, { code: 0, stderr: [] });
      assertEquals(stdout, [`${length} blocks of the network rumor are good`]);
      assertEquals(blocks.length, length);
      assert(difficulty >= 65_536);
    });
    await t.step("as the input", async () => {
      const { code, stdout } = await runRumor(["chain", "verify", "-"], { input: exported[0] });
      assertEquals({ code, lines: stdout.length }, { code: 0, lines: 1 });
    });
    await t.step("and not, where a word in it is another", async () => {
      Deno.writeTextFileSync(path, exported[0].replace('\\"second\\"', '\\"2nd\\"'));
      const index = blocks.findIndex((block: Block) => JSON.stringify(block).includes("second"));
      assertFails(await runRumor(["chain", "verify", path]), 1, new RegExp(`block ${index}: `));
    });
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("nodes with different block times order the same records, each in its own chain", async () => {
  await using network = new Nodes();
  const first = network.start(["chain", "--block-time", "0.2"]);
  const join = ["--join", await first.address()];
  const second = network.start(["chain", "--block-time", "0.3", ...join]);
  await second.address();
  await answer(first, "add", "from the first", "--confirm", "2");
  await answer(second, "add", "from the second", "--confirm", "2");
  for (const node of [first, second]) await hasTexts(node, "from the first", "from the second");
  const [one, two] = [await blocksOf(first), await blocksOf(second)];
  assertNotEquals(one[0].prev_hash, two[0].prev_hash);
  const hashes = new Set(one.map(({ hash }) => hash));
  assertEquals(two.filter(({ hash }) => hashes.has(hash)), []);
});

Deno.test("a killed miner takes no record along, and a late joiner gets them all", async () => {
  await using network = new Nodes();
  const idle = network.start(IDLE);
  const join = ["--join", await idle.address()];
  const killed = network.start([...MINER, "--mine", "always", ...join]);
  await killed.address();
  await answer(killed, "add", "before", "--confirm", "2");
  await hasTexts(idle, "before");
  // It is at a block that may or may not hold them.
  await idle.send("meanwhile 1", "meanwhile 2", "meanwhile 3");
  killed.signal("SIGKILL");
  await killed.status();
  const next = network.start([...MINER, ...join]);
  await next.address();
  await answer(idle, "add", "after", "--confirm", "2");
  const late = network.start([...IDLE, "--join", await next.address()]);
  const texts = ["before", "meanwhile 1", "meanwhile 2", "meanwhile 3", "after"];
  for (const node of [idle, next, late]) await hasTexts(node, ...texts);
  // All were ordered by one node after the other, so there is one order.
  const orders = await Promise.all([idle, next, late].map((node) => answer(node, "data")));
  for (const order of orders) assertEquals(order, orders[0]);
});

Deno.test("`rumor chain --data` goes on with the same chain", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "rumor-chain-" });
  try {
    const data = ["--data", folder];
    await using network = new Nodes();
    const before = network.start([...MINER, ...data]);
    await answer(before, "add", "one");
    await answer(before, "add", "two", "--id", "t");
    await answer(before, "add", "three", "--confirm", "6");
    // So deep a record is left alone, so nothing is mined any more.
    const exported = await answer(before, "export");
    await endAll([before]);
    const after = network.start([...IDLE, ...data]);
    assertEquals(await answers(after, ["export"], (lines) => lines[0] === exported[0]), exported);
    assertEquals(await answer(after, "data"), ["one", "two", "three"]);
    assertEquals(await answer(after, "length"), [`${JSON.parse(exported[0]).length}`]);
    assertFails(await chain(after, "add", "other", "--id", "t"), 1, /id t is used/);
    await answer(after, "add", "two", "--id", "t");
    await endAll([after]);
    const miner = network.start([...MINER, ...data]);
    await answer(miner, "add", "four");
    assertEquals(await answer(miner, "data"), ["one", "two", "three", "four"]);
    await endAll([miner]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("two sides of a cut that both mine agree when it heals, and lose no record", async () => {
  await using network = new Nodes();
  const addresses = [deadAddress(), deadAddress()];
  await using left = new Proxy(addresses[0]);
  await using right = new Proxy(addresses[1]);
  const start = (listen: string, proxy: Proxy, join: readonly string[]) =>
    network.start([...MINER, "--listen", listen, "--advertise", proxy.address, ...join]);
  const first = start(addresses[0], left, []);
  await first.address();
  const second = start(addresses[1], right, ["--join", left.address]);
  await second.address();
  const both = [first, second];
  // Guests go past the relays.
  const [one, two] = addresses;
  await answer(one, "add", "before");
  await hasTexts(two, "before");
  for (const proxy of [left, right]) proxy.hold();
  await Promise.all([
    answer(one, "add", "on the left", "--confirm", "2"),
    answer(two, "add", "on the right", "--confirm", "2"),
  ]);
  for (const proxy of [left, right]) proxy.release();
  for (const at of addresses) await hasTexts(at, "before", "on the left", "on the right");
  await answer(one, "add", "after", "--confirm", "6");
  await answers(two, ["data"], (lines) => lines.includes("after"));
  const rewinds = both.map(({ stderr }) => stderr.filter((line) => /^rewind \d+$/.test(line)));
  assert(rewinds.flat().length > 0, both.map((node) => node.report()).join("\n"));
  const [{ hash }] = (await blocksOf(one)).slice(-1);
  await answers(two, ["length", "--json"], ([line]) => JSON.parse(line).hash === hash);
  assertEquals(await answer(one, "data"), await answer(two, "data"));
  for (const node of both) await node.closeStdin();
  for (const node of both) assertEquals((await node.result({ timeout_ms: LEAVE_MS })).code, 0);
});
