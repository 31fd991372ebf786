/** Real nodes over real datagrams, also where many of them get lost. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { DatagramProxy, type Weather } from "../helpers/datagram_proxy.ts";
import { freeDatagramPort } from "../helpers/ports.ts";
import { type Process, runRumor, startRumor } from "../helpers/process.ts";
import { LONG_ONLY } from "../helpers/long.ts";

const BAD: Weather = { drop: 0.3, duplicate: 0.1, reorder: 0.2 };

/** A line as it is typed: who, which of theirs, and how many of each author were printed before. */
interface Said {
  readonly author: number;
  readonly number: number;
  readonly seen: readonly number[];
}

/** How many lines of each author a node has printed. */
function seenBy(node: Process, authors: number): number[] {
  const seen = new Array<number>(authors).fill(0);
  for (const line of node.stdout) seen[(JSON.parse(line) as Said).author]++;
  return seen;
}

/** Each line once, each author's in order, and nothing before what its author had seen. */
function assertCausal(lines: readonly string[], authors: number, each: number): void {
  const printed = new Array<number>(authors).fill(0);
  for (const line of lines) {
    const { author, number, seen } = JSON.parse(line) as Said;
    assertEquals(number, printed[author] + 1, `out of order, or twice: ${line}`);
    for (const [other, count] of seen.entries()) {
      assert(printed[other] >= count, `before its causes: ${line}`);
    }
    printed[author]++;
  }
  assertEquals(printed, printed.map(() => each));
}

function chat(...args: string[]): Process {
  return startRumor(["chat", "--keep-open", ...args]);
}

Deno.test(
  "ten nodes over bad datagrams print each line once, and causes first",
  LONG_ONLY,
  async () => {
    await using stack = new AsyncDisposableStack();
    const count = 10, rounds = 20;
    const nodes: Process[] = [], proxies: DatagramProxy[] = [];
    for (let index = 0; index < count; index++) {
      const port = await freeDatagramPort();
      const proxy = stack.use(await DatagramProxy.start(port, BAD, index + 1));
      const at = ["--listen", `127.0.0.1:${port}`, "--advertise", `udp:127.0.0.1:${proxy.port}`];
      const join = index === 0 ? [] : ["--join", `127.0.0.1:${proxies[0].port}`];
      const node = stack.use(chat("--transport", "udp", ...at, ...join));
      await node.address();
      nodes.push(node);
      proxies.push(proxy);
    }
    const says = nodes.map(() => 0);
    const say = (author: number) => {
      const said: Said = { author, number: ++says[author], seen: seenBy(nodes[author], count) };
      return nodes[author].send(JSON.stringify(said));
    };
    // The first line of each shows that it is in.
    await Promise.all(nodes.map((_, author) => say(author)));
    await Promise.all(nodes.map((node) => node.waitForStdout(count)));
    for (let round = 1; round < rounds; round++) {
      await Promise.all(nodes.map((_, author) => say(author)));
      // What the others say meanwhile becomes a cause of what comes next.
      await nodes[round % count].waitForStdout(round * count);
    }
    await Promise.all(nodes.map((node) => node.waitForStdout(count * rounds)));
    for (const { stdout } of nodes) assertCausal(stdout, count, rounds);
    // There was loss, and not too little of it.
    const dropped = proxies.reduce((sum, { told }) => sum + told.dropped, 0);
    const carried = proxies.reduce((sum, { told }) => sum + told.carried, 0);
    assertGreater(dropped, carried / 4);
  },
);

Deno.test("links over TCP and over datagrams mix in one network", async () => {
  await using stack = new AsyncDisposableStack();
  const start = (...args: string[]) => stack.use(chat("--listen", "127.0.0.1:0", ...args));
  const both = start("--transport", "both");
  const address = await both.address();
  const datagrams = start("--transport", "udp", "--join", address);
  const stream = start("--join", address);
  assertEquals((await datagrams.address()).slice(0, 4), "udp:");
  const nodes = [both, datagrams, stream];
  for (const [index, node] of nodes.entries()) await node.send(`line ${index}`);
  for (const node of nodes) {
    await node.waitForStdout(3);
    assertEquals(node.stdout.toSorted(), ["line 0", "line 1", "line 2"]);
  }
  // Who listens only for TCP has dialled the other by datagrams, or was dialled by it.
  for (let is_direct = false; !is_direct;) {
    const { stdout } = await runRumor(["peers", "--json", "--join", await stream.address()]);
    const peers = stdout.map((line) => JSON.parse(line) as { address: string; direct: boolean });
    is_direct = peers.some((peer) => peer.address.startsWith("udp:") && peer.direct);
  }
});

Deno.test("a node over datagrams takes lines of the largest size, and leaves acknowledged", async () => {
  await using stack = new AsyncDisposableStack();
  const first = stack.use(chat("--transport", "udp", "--listen", "127.0.0.1:0"));
  const line = "x".repeat(131_072);
  const join = ["--transport", "udp", "--listen", "127.0.0.1:0", "--join", await first.address()];
  const second = await runRumor(["chat", ...join], { input: `${line}\n` });
  assertEquals(second.code, 0);
  assertEquals(await first.waitForStdout(1), line);
});

Deno.test("a port that is taken, and a datagram size that is not allowed, are said in one line", async () => {
  await using first = chat("--transport", "udp", "--listen", "127.0.0.1:0");
  const taken = (await first.address()).slice(4);
  const second = await runRumor(["chat", "--transport", "udp", "--listen", taken]);
  assertEquals(second.stderr, [`rumor: cannot listen on ${taken}: Address already in use`]);
  assertEquals(second.code, 1);
  for (const mtu of ["575", "65001", "many"]) {
    const refused = await runRumor(["chat", "--transport", "udp", "--mtu", mtu]);
    assertEquals([refused.code, refused.stderr.length], [2, 1]);
  }
});
