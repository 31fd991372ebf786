/** Private messages between real nodes: `rumor pm`, `/pm`, and `rumor routes`. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { endAll, LEAVE_MS, LOCAL, Nodes, WINDOWS } from "../../helpers/network.ts";
import { assertDelivered, known, pm } from "../../helpers/private.ts";
import { type Process, runRumor } from "../../helpers/process.ts";
import { hasPty, Pty } from "../../helpers/pty.ts";

const LINES = 200;

/** Starts a node with a name that joins those before it. */
async function startNamed(network: Nodes, name: string, ...args: string[]): Promise<Process> {
  const [first] = network.all;
  const join = first === undefined ? [] : ["--join", await first.address()];
  const node = network.start(["--name", name, ...join, ...args]);
  await node.address();
  return node;
}

Deno.test("`rumor pm` says something to one peer alone", async (t) => {
  await using network = new Nodes();
  const anna = await startNamed(network, "anna");
  const ben = await startNamed(network, "ben");
  const carl = await startNamed(network, "carl", "--json");
  const [ben_id] = await known(anna, "ben");
  const [anna_id] = await known(carl, "anna");
  await known(anna, "carl");

  await t.step("by its name, its id, or the beginning of that", async () => {
    for (const [at, word] of ["ben", ben_id, ben_id.slice(0, 8)].entries()) {
      assertDelivered(await pm(anna, [word, "secret", `${at}`]));
      await ben.waitForStdout(`[pm from anna] secret ${at}`);
    }
  });
  await t.step("as an object with `--json`", async () => {
    assertDelivered(await pm(anna, ["carl", "hello carl"]));
    const line = await carl.waitForStdout((line) => line.includes("hello carl"));
    const { time, ...rest } = JSON.parse(line);
    assertEquals(rest, { private: true, from: anna_id, name: "anna", text: "hello carl" });
    assertEquals(new Date(time).toISOString(), time);
  });
  await t.step("an empty line", async () => {
    assertDelivered(await pm(anna, ["carl"], "\n"));
    const line = await carl.waitForStdout((line) => line.includes('"text":""'));
    assertEquals(JSON.parse(line).private, true);
  });
  await t.step("each line of the input, in order", async () => {
    const lines = Array.from({ length: LINES }, (_, at) => `line ${at} ${"x".repeat(at * 10)}`);
    const before = ben.stdout.length;
    assertDelivered(await pm(anna, ["ben"], lines.join("\n")));
    await ben.waitForStdout(before + LINES);
    assertEquals(ben.stdout.slice(before), lines.map((line) => `[pm from anna] ${line}`));
  });
  await t.step("not somebody who is not there", async () => {
    const { code, stdout, stderr } = await pm(anna, ["zoe", "hello"]);
    assertEquals([code, stdout, stderr.length], [1, [], 1]);
    assertStringIncludes(stderr[0], "nobody here is called zoe");
  });
  await t.step("nobody else saw anything", async () => {
    await anna.send("for all");
    for (const node of [anna, ben]) await node.waitForStdout("for all");
    await carl.waitForStdout((line) => line.includes("for all"));
    assertEquals(anna.stdout, ["for all"]);
    assertEquals([ben.stdout.length, carl.stdout.length], [3 + LINES + 1, 2 + 1]);
    await endAll([anna, ben, carl]);
  });
});

Deno.test("`rumor pm` lists the ids where several have the name", async () => {
  await using network = new Nodes();
  const first = await startNamed(network, "anna");
  const others = [await startNamed(network, "twin"), await startNamed(network, "twin")];
  const ids = await known(first, "twin", 2);
  const { code, stdout, stderr } = await pm(first, ["twin", "hello"]);
  assertEquals([code, stdout, stderr.length], [1, [], 1]);
  for (const id of ids) assertStringIncludes(stderr[0], id);
  for (const id of ids) assertDelivered(await pm(first, [id, "hello", id]));
  await Promise.all(others.map((node) => node.waitForStdout(1)));
  const heard = others.flatMap(({ stdout }) => stdout);
  assertEquals(heard.sort(), ids.map((id) => `[pm from anna] hello ${id}`).sort());
});

Deno.test("`rumor pm` ends with 75 when the recipient is away", async () => {
  await using network = new Nodes();
  const anna = await startNamed(network, "anna");
  const ben = await startNamed(network, "ben");
  await known(anna, "ben");
  ben.signal("SIGKILL");
  await ben.status();
  const { code, stdout, stderr } = await pm(anna, ["ben", "hello", "--timeout", "1"]);
  assertEquals([code, stdout], [75, []]);
  assertEquals(stderr, ["rumor: not acknowledged by ben within 1 s"]);
});

Deno.test("`rumor pm` reaches who comes back in time", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await using network = new Nodes();
    const anna = await startNamed(network, "anna");
    const data = ["--data", `${directory}/ben`];
    const ben = await startNamed(network, "ben", ...data);
    const [id] = await known(anna, "ben");
    ben.signal("SIGKILL");
    await ben.status();
    const waiting = pm(anna, [id, "welcome back", "--timeout", "60"]);
    const back = await startNamed(network, "ben", ...data);
    await back.waitForStdout("[pm from anna] welcome back");
    assertDelivered(await waiting);
    await endAll([anna, back]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a ledger says private messages on stderr, as stdout is for transactions", async () => {
  await using network = new Nodes();
  const anna = await startNamed(network, "anna");
  const join = ["--join", await anna.address()];
  const ledger = network.start(["ledger", "--name", "book", ...join]);
  await known(anna, "book");
  assertDelivered(await pm(anna, ["book", "not", "a", "payment", "\x1b[2J"]));
  await ledger.waitForStderr("[pm from anna] not a payment \\x1b[2J");
  await ledger.send("alice bob 5 t1");
  await ledger.waitForStdout("t1 alice bob 5");
  assertEquals(ledger.stdout.length, 1);
});

Deno.test("`rumor routes` tells the next hop to everybody", async () => {
  await using network = new Nodes();
  const anna = await startNamed(network, "anna");
  await startNamed(network, "ben");
  const [id] = await known(anna, "ben");
  assertDelivered(await pm(anna, ["ben", "hello"]));
  const ask = ["routes", "--join", await anna.address()];
  const { code, stdout, stderr } = await runRumor(ask);
  assertEquals([code, stderr], [0, []]);
  const row = stdout.find((line) => line.startsWith(id)) ?? "";
  assertMatch(row, /^[\w-]{43} ben direct \d+s$/);
  const { since, ...route } = (await runRumor([...ask, "--json"])).stdout
    .map((line) => JSON.parse(line)).find(({ origin }) => origin === id);
  assertEquals(route, { origin: id, name: "ben", next: id, direct: true });
  assertEquals(new Date(since).toISOString(), since);
});

Deno.test("`/pm` at the prompt goes to one alone", { ignore: !hasPty() }, async (t) => {
  await using network = new Nodes();
  const anna = await startNamed(network, "anna");
  const ben = await startNamed(network, "ben");
  const me = ["--name", "me", ...LOCAL, "--join", await anna.address(), "--timeout", "2"];
  await using node = new Pty(me);
  await node.address();
  await known(anna, "me");
  await known(anna, "ben");
  // Who is there takes a moment to get about.
  for (let asked = 1;; asked++) {
    await node.type("/who\r");
    const isAnswer = (line: string) => line.startsWith("me (this node)");
    const lines = await node.until((lines) =>
      lines.filter(isAnswer).length === asked && lines.at(-1) === ">"
    );
    if (lines.findLast(isAnswer) === "me (this node), anna, ben") break;
  }

  await t.step("and is shown", async () => {
    await node.type("/pm anna see you \r");
    await node.waitFor("[pm to anna] see you");
    await anna.waitForStdout("[pm from me] see you ");
  });
  await t.step("and not to itself, nor to nobody", async () => {
    await node.type("/pm me hello\r/pm zoe hello\r");
    await node.waitFor("rumor: that is this node");
    await node.waitFor((line) => line.startsWith("rumor: nobody here is called zoe"));
  });
  await t.step("what comes back is shown, and nothing else looks like it", async () => {
    assertDelivered(await pm(anna, ["me", "and", "you"]));
    await node.waitFor("[pm from anna] and you");
    await ben.send("[pm from anna] bring money");
    await node.waitFor("\\x5bpm from anna] bring money");
  });
  await t.step("it is said when it does not arrive, also with the exit code", async () => {
    if (WINDOWS) return;
    ben.signal("SIGKILL");
    await ben.status();
    await node.type("/pm ben hello\r");
    await node.waitFor((line) =>
      line.startsWith("rumor: private message to ben not acknowledged: ")
    );
    await node.type("/quit\r");
    assertEquals((await node.result(LEAVE_MS)).code, 75);
    assert(!anna.stdout.some((line) => line.includes("hello")), anna.report());
  });
});
