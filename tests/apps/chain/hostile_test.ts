/** Remote nodes and guests that say what is no block, record or request: the chain goes on. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import type { Json } from "../../../src/core/types.ts";
import { newChain } from "../../../src/apps/chain/blockchain.ts";
import { endAll, Nodes } from "../../helpers/network.ts";
import { type Process, runRumor } from "../../helpers/process.ts";
import { Author, makeIdentity, RawPeer } from "../../helpers/raw_peer.ts";
import { rulesOf, textData, workedWith } from "./signed.ts";

const BLOCK_TIME_MS = 200;
const MINER = ["chain", "--block-time", "0.2"];
/** Lines on stderr that a hostile neighbour may cause. */
const COMPLAINTS_MAX = 20;
const AGREE_MS = 60_000;
/** Junk items in one go. */
const FLOOD = 10_000;
/** Guests that leave, and what each of them wants: more than may wait. */
const GUESTS = 30, REQUESTS = 50;
// deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202e]/;

const genesis = newChain(rulesOf("rumor", BLOCK_TIME_MS));
const data = textData("from afar", 1);
const block = workedWith(genesis, data, {});
const NO_PARENT = { prev_hash: "ab".repeat(32), index: 7 };

/** What is neither a block nor a record. */
const JUNK: readonly unknown[] = [
  null,
  0,
  -1,
  7.5,
  true,
  "",
  "block\x1b[2J",
  [],
  [[]],
  [block],
  {},
  { k: null },
  { k: 7 },
  { k: ["data"] },
  { k: "nothing" },
  { k: "__proto__" },
  { k: "data" },
  { k: "data", text: 7 },
  { k: "data", text: null },
  { k: "data", text: "x", more: "\x1b[2J" },
  { k: "data", text: "x", id: "" },
  { k: "data", text: "x", id: {} },
  { k: "data", text: "x".repeat(8_193) },
  { k: "data", text: "x".repeat(100_000) },
  { want: "ab".repeat(32) },
  { block },
  { ...block, nonce: block.nonce + 1 },
  { ...block, nonce: -1 },
  { ...block, index: 0 },
  { ...block, index: -1 },
  { ...block, index: 2 ** 32 },
  { ...block, index: 1.5 },
  { ...block, index: "1" },
  { ...block, prev_hash: "" },
  { ...block, target: "f".repeat(64) },
  { ...block, target: "0".repeat(64) },
  { ...block, time: -1 },
  { ...block, time: 2 ** 53 },
  { ...block, data: null },
  { ...block, more: 1 },
  genesis.blocks[0],
];

/** Items that only text can say. */
const JUNK_TEXTS: readonly string[] = [
  '{"__proto__":{"k":"data","text":"by its prototype"}}',
  '{"k":"data","text":"x","__proto__":{"id":"x"}}',
  `{"__proto__":${JSON.stringify(block)}}`,
  JSON.stringify(block).replace(/"index":1/, '"index":1e400'),
  JSON.stringify(block).replace(/"index":1/, '"index":-0'),
];

/** Blocks that somebody worked for, though they have no place in the chain. */
function workedJunk(): Json[] {
  const worked = [
    workedWith(genesis, null, {}),
    workedWith(genesis, { k: "data", text: "x" }, {}),
    workedWith(genesis, [["no entry", [0]]], {}),
    workedWith(genesis, [[(data as [[string]])[0][0], [0, 0]]], {}),
    workedWith(genesis, [], { target: `0000${"8".repeat(60)}` }),
    workedWith(genesis, [], { time: 1_000, ...NO_PARENT, target: `0000${"8".repeat(60)}` }),
    // Far ahead of all clocks.
    workedWith(genesis, [], { time: Date.now() + 10_000_000 }),
  ];
  return worked as unknown as Json[];
}

/** Adds a record through a node. */
async function add(node: Process, text: string): Promise<void> {
  const join = ["--join", await node.address()];
  const { code, stderr } = await runRumor(["chain", "add", text, ...join], {
    timeout_ms: AGREE_MS,
  });
  assertEquals({ code, stderr }, { code: 0, stderr: [] }, node.report());
}

/** The texts of a node's chain, once all that were added are in it. */
async function textsWith(node: Process, last: string): Promise<readonly string[]> {
  const end = performance.now() + AGREE_MS;
  const join = ["--join", await node.address()];
  // Each question waits for its answer, so this is no busy loop.
  for (;;) {
    const { code, stdout, stderr } = await runRumor(["chain", "data", ...join]);
    assertEquals({ code, stderr }, { code: 0, stderr: [] }, node.report());
    if (stdout.includes(last)) return stdout;
    assert(performance.now() < end, node.report());
  }
}

Deno.test("what a remote node says that is no block or record is left out by all", async (t) => {
  await using network = new Nodes();
  const first = network.start(MINER);
  const second = network.start([...MINER, "--mine", "never", "--join", await first.address()]);
  const nodes = [first, second];
  await using peer = await RawPeer.peer(await first.address(), { acks: true });
  const logs = ["blocks", "records"].map((topic) => new Author(peer.identity, topic));
  const [blocks, records] = logs;

  await t.step("items of all kinds, in both topics", async () => {
    for (const log of logs) {
      for (const item of JUNK) peer.send(log.next([item]));
      for (const text of JUNK_TEXTS) peer.send(log.next([{}], { b: `[${text}]` }));
    }
    await peer.settled();
    await add(second, "one");
  });
  await t.step("blocks that show work, and are wrong", async () => {
    for (const item of workedJunk()) peer.send(blocks.next([item]));
    await peer.settled();
    await add(second, "two");
  });
  await t.step("10,000 items that are nothing, in one entry", async () => {
    for (const log of logs) peer.send(log.next(Array(FLOOD).fill(0)));
    await peer.settled();
    await add(second, "three");
  });
  await t.step("10,000 records that never count, in short entries", async () => {
    for (let at = 0; at < 10; at++) {
      peer.send(records.next(Array(FLOOD / 10).fill({ k: "data" })));
      await peer.settled();
    }
    await add(second, "four");
  });
  await t.step("another peer that breaks off, and forks", async () => {
    const identity = makeIdentity();
    await using other = await RawPeer.peer(await second.address(), { identity, acks: true });
    const log = new Author(identity, "records"), fork = log.fork();
    other.send(log.next([{ k: "data", text: "fork" }]));
    await other.settled();
    other.send(fork.next([{ k: "data", text: "other fork" }]));
    await other.settled();
    other.close();
    await add(second, "five");
  });
  await t.step("an honest record of a stranger counts", async () => {
    peer.send(records.next([{ k: "data", text: "honest" }]));
    await peer.settled();
    for (const node of nodes) await textsWith(node, "honest");
  });
  await t.step("late joiners have the same chain", async () => {
    nodes.push(network.start([...MINER, "--join", await second.address()]));
    await add(nodes[2], "late");
    let orders: (readonly string[])[] = [];
    // Blocks come while the nodes are asked one after the other; once none comes, all say the same.
    do {
      orders = [];
      for (const node of nodes) orders.push(await textsWith(node, "late"));
    } while (!orders.every((order) => order.join("\n") === orders[0].join("\n")));
    const honest = orders[0].filter((text) => !["fork", "other fork"].includes(text));
    assertEquals(honest, ["one", "two", "three", "four", "five", "honest", "late"]);
  });
  await t.step("all end well, with few words", async () => {
    for (const { stdout, stderr } of await endAll(nodes)) {
      const said = stderr.filter((line) => !line.startsWith("listening on "));
      assertLess(said.length, COMPLAINTS_MAX, said.join("\n"));
      for (const line of said) assert(!UNSAFE.test(line), JSON.stringify(line));
      for (const line of stdout) assertMatch(line, /^\d+ [0-9a-f]{16} \d+$/);
    }
  });
});

Deno.test("what is no record or block is refused from a guest", async () => {
  await using network = new Nodes();
  const node = network.start(MINER);
  await using guest = await RawPeer.guest(await node.address());
  const unknown = JUNK.filter((item) => (item as { k?: unknown } | null)?.k !== "data");
  let i = 0;
  for (const topic of ["blocks", "records"]) {
    for (const item of unknown) {
      guest.send(JSON.stringify({ k: "publish", i: ++i, t: topic, b: [item] }));
      const mine = (line: string) => line.includes(`"i":${i},`) || line.includes(`"i":${i}}`);
      assertMatch(await guest.wait(mine), /^\{"k":"refused"/, JSON.stringify(item).slice(0, 200));
    }
  }
  await add(node, "honest");
  assertEquals(await textsWith(node, "honest"), ["honest"]);
  await endAll([node]);
});

Deno.test("requests that are none are refused, and the node goes on", async () => {
  await using network = new Nodes();
  const node = network.start(MINER);
  await using guest = await RawPeer.guest(await node.address());
  const item = { k: "data", text: "x" };
  const requests: readonly unknown[] = [
    null,
    7,
    "x",
    [],
    {},
    { item },
    { depth: 1 },
    { item, depth: 0 },
    { item, depth: -1 },
    { item, depth: 1.5 },
    { item, depth: "1" },
    { item: null, depth: 1 },
    { item: [], depth: 1 },
    { item: block, depth: 1 },
    { item: { k: "nothing" }, depth: 1 },
    { item: { k: "data", text: 7 }, depth: 1 },
    { item: { k: "data", text: "x", id: "" }, depth: 1 },
  ];
  for (const [i, r] of requests.entries()) {
    guest.send(JSON.stringify({ k: "request", i, app: "chain", r }));
    const mine = (line: string) => line.includes(`"i":${i},`) || line.includes(`"i":${i}}`);
    assertMatch(await guest.wait(mine), /^\{"k":"refused"/, JSON.stringify(r));
  }
  for (const [at, a] of [["-1"], ["1e400"], ["x"], ["__proto__"], [""], []].entries()) {
    const i = requests.length + at;
    guest.send(JSON.stringify({ k: "ask", i, q: "blocks", a }));
    assertMatch(await guest.wait((line) => line.includes(`"i":${i},`)), /^\{"k":"answer"/);
  }
  await add(node, "honest");
  assertEquals(await textsWith(node, "honest"), ["honest"]);
  await endAll([node]);
});

Deno.test("guests that left while they waited are in nobody's way", async () => {
  await using network = new Nodes();
  const node = network.start([...MINER, "--mine", "never"]);
  const item = (n: number) => ({ k: "data", text: `${n}` });
  for (let at = 0; at < GUESTS; at++) {
    await using guest = await RawPeer.guest(await node.address());
    for (let i = 0; i < REQUESTS; i++) {
      const r = { item: item(at * REQUESTS + i), depth: 1_000_000 };
      guest.send(JSON.stringify({ k: "request", i, app: "chain", r }));
    }
    await guest.settled();
    assertEquals(guest.lines.filter((line) => line.startsWith('{"k":"refused"')), []);
  }
  const miner = network.start([...MINER, "--join", await node.address()]);
  await miner.address();
  await add(node, "honest");
  await endAll([node, miner]);
});
