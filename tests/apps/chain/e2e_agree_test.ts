/** Real nodes that part, die, and begin again: they agree on the order of records all the same. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { deadAddress, endAll, LEAVE_MS, Nodes } from "../../helpers/network.ts";
import type { Process } from "../../helpers/process.ts";
import { Proxy } from "../../helpers/proxy.ts";
import { answer, answers, assertFails, blocksOf, chain, hasTexts, IDLE, MINER } from "./asked.ts";

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
  const start = (listen: string, proxy: Proxy, join: readonly string[]): Process =>
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
