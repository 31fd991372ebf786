/** `rumor pub` and `rumor sub`: short visits to a running node, for scripts. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { allPrint, deadAddress, endAll, Nodes, WINDOWS } from "../../helpers/network.ts";
import { Process, type Result, rumorCommand, runRumor, startRumor } from "../../helpers/process.ts";

function assertQuietSuccess(result: Result): void {
  const { code, signal, stdout, stderr } = result;
  assertEquals({ code, signal, stdout }, { code: 0, signal: null, stdout: [] }, stderr.join("\n"));
}

Deno.test("`rumor pub` hands lines to a running network", async (t) => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  const join = ["--join", await first.address()];
  await allLinked(first, second);

  await t.step("`rumor pub` sends its words as one line", async () => {
    assertQuietSuccess(await runRumor(["pub", ...join, "hello", "big  world"]));
    await allPrint([first, second], "hello big  world");
  });

  await t.step("`rumor pub` sends each line of its input, also the unfinished last", async () => {
    assertQuietSuccess(await runRumor(["pub", ...join], { input: "one\n\ntwo\nthree" }));
    await allPrint([first, second], "three");
    assertEquals(second.stdout.slice(-4), ["one", "", "two", "three"]);
  });

  await t.step("`rumor pub --ack 2` ends when two nodes hold the line", async () => {
    assertQuietSuccess(await runRumor(["pub", ...join, "--ack", "2", "held by two"]));
    await allPrint([first, second], "held by two");
  });

  await t.step("`rumor pub --ack 9` ends with 75 when there are two nodes", async () => {
    const result = await runRumor(["pub", ...join, "--ack", "9", "--timeout", "1", "too few"]);
    assertEquals(result.code, 75, result.stderr.join("\n"));
    assertEquals(result.stderr.length, 1);
    await second.waitForStdout("too few");
  });

  await t.step("`rumor pub` tries each `--join` in turn", async () => {
    const joins = ["--join", deadAddress(), ...join];
    assertQuietSuccess(await runRumor(["pub", ...joins, "found you"]));
    await second.waitForStdout("found you");
  });

  await t.step("`rumor pub` makes no new origin", async () => {
    const topic = ["--topic", "origins"];
    for (const word of ["first", "second"]) await runRumor(["pub", ...join, ...topic, word]);
    const result = await runRumor(["sub", ...join, ...topic, "--json", "-C", "2"]);
    const [one, two] = result.stdout.map((line) => JSON.parse(line));
    assertEquals([one.text, two.text, one.from], ["first", "second", two.from]);
  });

  await t.step("`rumor pub` leaves nothing twice and nothing of other topics", async () => {
    const [left, right] = await endAll([first, second]);
    assertEquals([...left.stdout].sort(), [...right.stdout].sort());
    assertEquals(left.stdout.length, 10);
  });
});

/** Both nodes have printed a line of the other, so that they are linked. */
async function allLinked(first: Process, second: Process): Promise<void> {
  await first.send("from the first");
  await second.send("from the second");
  await allPrint([first, second], "from the first");
  await allPrint([first, second], "from the second");
}

Deno.test("`rumor pub` and `rumor sub` end with 69 when nobody is there", async () => {
  const join = ["--join", deadAddress()];
  const runs = [["pub", ...join, "hello"], ["pub", ...join, ...join, "hello"], ["sub", ...join]];
  for (const result of await Promise.all(runs.map((args) => runRumor(args)))) {
    assertEquals({ code: result.code, stdout: result.stdout }, { code: 69, stdout: [] });
    assert(result.stderr.length > 0, "says why");
  }
});

Deno.test("`rumor sub` prints what a running network says", async (t) => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  await first.send("one", "two");
  await second.waitForStdout(2);
  const sub = ["sub", "--join", await second.address()];

  await t.step("`rumor sub -C COUNT` prints so many lines and exits", async () => {
    const { code, stdout } = await runRumor([...sub, "-C", "1"]);
    assertEquals({ code, stdout }, { code: 0, stdout: ["one"] });
  });

  await t.step("`rumor sub -W SECONDS` ends by itself", async () => {
    const began = performance.now();
    const { code, stdout } = await runRumor([...sub, "-W", "1"]);
    assertEquals({ code, stdout }, { code: 0, stdout: ["one", "two"] });
    assert(performance.now() - began >= 1000, "not before the second is over");
  });

  await t.step(
    "`rumor sub --history 1` starts with the last line, then prints new ones",
    async () => {
      await using live = startRumor([...sub, "--history", "1", "-C", "2"], { stdin: "null" });
      await live.waitForStdout("two");
      await first.send("three");
      const { code, stdout } = await live.result();
      assertEquals({ code, stdout }, { code: 0, stdout: ["two", "three"] });
    },
  );

  await t.step("`rumor sub --history 0` prints new lines only", async () => {
    await using live = startRumor([...sub, "--history", "0", "-C", "1"], { stdin: "null" });
    let ended = false;
    const publish = async () => {
      const pub = ["pub", "--join", await first.address()];
      for (let index = 0; !ended; index++) await runRumor([...pub, `live ${index}`]);
    };
    const published = publish();
    const { code, stdout } = await live.result().finally(() => ended = true);
    await published;
    assertEquals(code, 0);
    assertEquals(stdout.length, 1);
    assert(stdout[0].startsWith("live "), stdout[0]);
  });

  await t.step({
    name: "`rumor sub | head -1` ends when head has its line, though nothing follows",
    ignore: WINDOWS,
    fn: async () => {
      const began = performance.now();
      await using shell = throughHead([...sub, "--topic", "quiet"]);
      await runRumor(["pub", "--join", await first.address(), "--topic", "quiet", "only this"]);
      await shell.waitForStdout("only this");
      const { code, stdout, stderr } = await shell.result({ timeout_ms: 10_000 });
      assertEquals({ code, stdout }, { code: 0, stdout: ["only this"] });
      assertEquals(stderr.filter((line) => line.startsWith("code")), ["code 0"]);
      assertLess(performance.now() - began, 10_000);
    },
  });
});

/** A real shell runs `rumor ARGS | head -1` and says on stderr how `rumor` ended. */
function throughHead(args: readonly string[]): Process {
  const script = '{ "$@"; echo "code $?" >&2; } | head -1';
  const command = ["sh", "-c", script, "sh", ...rumorCommand(), ...args];
  return new Process(command, { stdin: "null", group: true, name: "rumor sub | head -1" });
}

Deno.test("`rumor sub` never reads its input, and ends with 130 at an interrupt", async () => {
  await using network = new Nodes();
  const node = network.start();
  await using sub = startRumor(["sub", "--join", await node.address()], { stdin: "null" });
  await node.send("hello");
  await sub.waitForStdout("hello");
  await node.send("and more");
  await sub.waitForStdout("and more");
  if (WINDOWS) return;
  sub.signal("SIGINT");
  assertEquals((await sub.status()).code, 130);
});
