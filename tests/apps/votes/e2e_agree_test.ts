/** Votes at several real nodes that come to one result. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { LONG_ONLY } from "../../helpers/long.ts";
import { deadAddress, endAll, Nodes } from "../../helpers/network.ts";
import { type Process, type Result, runRumor, startRumor } from "../../helpers/process.ts";
import { Proxy } from "../../helpers/proxy.ts";
import { AGREE_MS, TIMES } from "./guests.ts";

Deno.test(
  "a vote that loses when a cut heals is told to whoever waits, and by who signed it",
  LONG_ONLY,
  async () => {
    await using network = new Nodes();
    const addresses = [deadAddress(), deadAddress()];
    await using left = new Proxy(addresses[0]);
    await using right = new Proxy(addresses[1]);
    const start = (listen: string, proxy: Proxy, ...args: string[]) => {
      const place = ["--listen", listen, "--advertise", proxy.address];
      return network.start(["chain", ...TIMES, "--mine", "always", ...place, ...args]);
    };
    const first = start(addresses[0], left, "--name", "first");
    await first.address();
    const second = start(addresses[1], right, "--name", "second", "--join", left.address);
    await second.address();
    const tally = async (at: number, ...args: string[]) =>
      (await runRumor(["vote", "tally", ...args, "--join", addresses[at]])).stdout.join();
    const before = ["--election", "before"];
    await runRumor(["vote", "cast", "zoe", "red", ...before, "--join", addresses[0]]);
    // Then they are linked. Each answer is waited for, so this is no busy loop.
    while (await tally(1, ...before) !== "red 1") { /* goes on */ }
    for (const proxy of [left, right]) proxy.hold();
    const nodes = [first, second], choices = ["red", "blue"];
    const deep = ["--confirm", "100000", "--timeout", "600"];
    const casts = addresses.map((join, at) =>
      startRumor(["vote", "cast", "ann", choices[at], ...deep, "--join", join])
    );
    try {
      for (const at of [0, 1]) {
        while (await tally(at) !== `${choices[at]} 1`) { /* goes on */ }
      }
      for (const proxy of [left, right]) proxy.release();
      const ended = casts.map(async (
        cast,
        at,
      ) => [at, await cast.result({ timeout_ms: AGREE_MS })]);
      const [lost, { code, stderr }] = await Promise.race(ended) as [number, Result];
      ended[1 - lost].catch(() => {});
      const why = `a vote of ann was cast already by \\S{43} \\(${["second", "first"][lost]}\\)`;
      assertEquals([code, stderr.length], [1, 1], stderr.join("\n"));
      assertMatch(stderr[0], new RegExp(`^rumor: refused: ${why}$`));
      const isTold = (line: string) => line.includes("does not count");
      const told = await nodes[lost].waitForStderr(isTold);
      assertMatch(told, new RegExp(`the vote of ann for ${choices[lost]} does not count: ${why}$`));
      assertEquals(nodes[1 - lost].stderr.filter(isTold), []);
      assertEquals([await tally(0), await tally(1)], Array(2).fill(`${choices[1 - lost]} 1`));
    } finally {
      for (const cast of casts) await cast[Symbol.asyncDispose]();
    }
  },
);

Deno.test("100 votes of one id at five real nodes count once", LONG_ONLY, async () => {
  await using network = new Nodes();
  const nodes = await network.star(5, ["vote", "--json", "--block-time", "1"]);
  await Promise.all(nodes.map((node, at) => {
    const votes = Array.from({ length: 20 }, (_, vote) => ["a", "ann", `choice ${at} ${vote}`]);
    return node.send(...votes.flat());
  }));
  const isEnd = (line: string) => /^\{"(counted|refused)"/.test(line);
  const ends = (node: Process) => node.stdout.filter(isEnd);
  for (const node of nodes) {
    await node.waitForStdout(() => ends(node).length === 20, { timeout_ms: AGREE_MS });
  }
  const all = nodes.flatMap(ends);
  assertEquals(all.filter((line) => line.startsWith('{"counted"')).length, 1, all.join("\n"));
  for (const node of nodes) await node.send("d");
  const tallies = await Promise.all(
    nodes.map((node) => node.waitForStdout((line) => line.startsWith('{"tally"'))),
  );
  assertEquals(new Set(tallies).size, 1);
  assert(tallies[0].includes('"count":1'), tallies[0]);
  await endAll(nodes);
});
