/** `rumor chain` and its commands: records and questions to real nodes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import { deadAddress, endAll, Nodes } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";
import {
  answer,
  answers,
  assertFails,
  BLOCK_LINE,
  blocksOf,
  chain,
  hasTexts,
  IDLE,
  MINER,
} from "./asked.ts";

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
