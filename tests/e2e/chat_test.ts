/** Every line on every node, exactly once, in order: real processes in several shapes. */

import { assert, assertEquals } from "@std/assert";
import {
  allPrint,
  askAround,
  assertAnswersFollow,
  assertKeepsOrder,
  assertPrintsOnce,
  endAll,
  Nodes,
  typeEverywhere,
  WINDOWS,
} from "../helpers/network.ts";
import type { Process } from "../helpers/process.ts";
import { LONG_ONLY } from "../helpers/long.ts";

/** Lets all nodes type and ask, then a latecomer join, and checks all that was ever printed. */
async function checkNetwork(network: Nodes, nodes: Process[], count: number): Promise<void> {
  const typed = await typeEverywhere(nodes, count);
  const asked = await askAround(nodes, 10);
  const lines = [...typed.flat(), ...asked];
  await allPrint(nodes, lines.length);
  const late = network.start(["--join", await nodes[nodes.length - 1].address()]);
  await late.waitForStdout(lines.length);
  await late.send("sorry, I am late");
  const everybody = [...nodes, late];
  await allPrint(everybody, "sorry, I am late");
  for (const { stdout } of await endAll(everybody)) {
    assertPrintsOnce(stdout, [...lines, "sorry, I am late"]);
    for (const own of typed) assertKeepsOrder(stdout, own);
    assertAnswersFollow(stdout);
  }
}

Deno.test("`rumor` prints each line once on each of 3 nodes in a star", async () => {
  await using network = new Nodes();
  await checkNetwork(network, [...await network.star(3)], 50);
});

Deno.test("`rumor chat` prints each line once on each of 3 nodes in a chain", async () => {
  await using network = new Nodes();
  await checkNetwork(network, [...await network.chain(3, ["chat"])], 50);
});

Deno.test("`rumor` prints each line once on each of 8 nodes in a chain", async () => {
  await using network = new Nodes();
  await checkNetwork(network, [...await network.chain(8)], 20);
});

Deno.test("`rumor` prints each line once on each of 25 nodes", LONG_ONLY, async () => {
  await using network = new Nodes();
  await checkNetwork(network, [...await network.star(25)], 4);
});

Deno.test("`rumor` brings lines of nodes that have left to a latecomer", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  await second.send("I was here", "and here");
  await allPrint([first, second], "and here");
  await endAll([second]);
  const late = network.start(["--join", await first.address()]);
  await late.waitForStdout(2);
  const [{ stdout }] = await endAll([late]);
  assertEquals(stdout, ["I was here", "and here"]);
});

Deno.test("`rumor` goes on when nodes in the middle are killed", { ignore: WINDOWS }, async () => {
  await using network = new Nodes();
  const nodes = await network.chain(5);
  await askAround(nodes, 5);
  await allPrint(nodes, 10);
  const killed = nodes[2];
  const others = nodes.filter((node) => node !== killed);
  const before = await typeEverywhere(others, 40, "before");
  killed.signal("SIGKILL");
  const after = await typeEverywhere(others, 40, "after");
  await Promise.all(others.map((node) => node.waitForStdout(10 + 4 * 80)));
  for (const { stdout } of await endAll(others)) {
    const lines = stdout.filter((line) => line.includes(" of node "));
    assertPrintsOnce(lines, [...before.flat(), ...after.flat()]);
    for (const own of [...before, ...after]) assertKeepsOrder(stdout, own);
  }
  assertEquals((await killed.status()).signal, "SIGKILL");
});

Deno.test("`rumor` delivers what is piped into it before it leaves", async () => {
  await using network = new Nodes();
  const [first] = await network.star(1);
  const lines = Array.from({ length: 2000 }, (_, index) => `piped ${index}`);
  const piped = network.start(["--join", await first.address()]);
  await piped.write(lines.join("\n"));
  const [{ stdout }] = await endAll([piped]);
  assertEquals(stdout, lines);
  await first.waitForStdout(lines.length);
  assertEquals(first.stdout, lines);
});

Deno.test("`rumor` with an empty line sends an empty message", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  await first.send("", "after the empty one");
  await second.waitForStdout("after the empty one");
  const [{ stdout }] = await endAll([second]);
  assertEquals(stdout, ["", "after the empty one"]);
});

Deno.test("`rumor` says on stderr where it listens, and only text on stdout", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  const address = await first.address();
  assert(/^127\.0\.0\.1:\d+$/.test(address), address);
  await first.send("%c %s \u00e9\u4e16 {}");
  await second.waitForStdout(1);
  const [left, right] = await endAll([first, second]);
  assertEquals([...left.stdout, ...right.stdout], Array(2).fill("%c %s \u00e9\u4e16 {}"));
});
