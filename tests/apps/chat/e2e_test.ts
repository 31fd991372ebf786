/** The flags of `rumor chat`, with real processes. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { allPrint, endAll, Nodes, WINDOWS } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";

Deno.test('`rumor` prints "ok" as often as it is typed', async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  await first.send("ok", "ok");
  await second.waitForStdout(2);
  await second.send("ok", "done");
  await allPrint([first, second], "done");
  for (const { stdout } of await endAll([first, second])) {
    assertEquals(stdout, ["ok", "ok", "ok", "done"]);
  }
});

Deno.test("`rumor --dedup text` prints a text once, whoever types it", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, ["--dedup", "text"]);
  await first.send("ok", "ok");
  await second.waitForStdout("ok");
  await second.send("ok", "done");
  await allPrint([first, second], "done");
  for (const { stdout } of await endAll([first, second])) assertEquals(stdout, ["ok", "done"]);
});

Deno.test("`rumor --no-echo` leaves out what it typed itself", async () => {
  await using network = new Nodes();
  const [first] = await network.star(1);
  const quiet = network.start(["--no-echo", "--join", await first.address()]);
  await quiet.send("mine");
  await first.waitForStdout("mine");
  await first.send("yours");
  await quiet.waitForStdout("yours");
  const [loud, silent] = await endAll([first, quiet]);
  assertEquals(loud.stdout, ["mine", "yours"]);
  assertEquals(silent.stdout, ["yours"]);
});

Deno.test("`rumor --history N` prints the last N old lines and all new ones", async () => {
  const old = Array.from({ length: 10 }, (_, index) => `old ${index}`);
  const join = async (count: string) => {
    await using network = new Nodes();
    const [first] = await network.star(1);
    await first.send(...old);
    await first.waitForStdout(10);
    const joiner = network.start(["--history", count, "--join", await first.address()]);
    await joiner.send("hello");
    await first.waitForStdout("hello");
    await first.send("new");
    await joiner.waitForStdout("new");
    const [{ stdout }] = await endAll([joiner]);
    return stdout.filter((line) => line !== "hello");
  };
  assertEquals(await Promise.all(["0", "3", "99"].map(join)), [
    ["new"],
    [...old.slice(7), "new"],
    [...old, "new"],
  ]);
});

Deno.test("`rumor --keep-open` stays after the end of its input", { ignore: WINDOWS }, async () => {
  await using network = new Nodes();
  const open = network.start(["--keep-open"], { stdin: "null" });
  const piped = network.start(["-k", "--join", await open.address()]);
  await piped.send("my last line");
  await piped.closeStdin();
  await open.waitForStdout("my last line");
  const late = network.start(["--join", await piped.address()]);
  await late.send("still there?");
  await allPrint([open, piped], "still there?");
  const [{ stdout }] = await endAll([late]);
  assertEquals(stdout, ["my last line", "still there?"]);
  for (const node of [open, piped]) {
    node.signal("SIGINT");
    const { code, signal } = await node.status();
    assertEquals({ code, signal }, { code: 130, signal: null }, node.report());
  }
});

Deno.test("`rumor` ends with 0 at the end of its input, alone or not", async () => {
  const alone = await runRumor(["--listen", "127.0.0.1:0"], { input: "to nobody\n" });
  assertEquals({ code: alone.code, stdout: alone.stdout }, { code: 0, stdout: ["to nobody"] });
  const empty = await runRumor(["--listen", "127.0.0.1:0"]);
  assertEquals({ code: empty.code, stdout: empty.stdout }, { code: 0, stdout: [] });
});

Deno.test("`rumor --json` prints an object a line, which says who, what and when", async () => {
  await using network = new Nodes();
  const began = Date.now();
  const [first, second] = await network.star(2, ["--json"]);
  await first.send("one", "two");
  await second.waitForStdout(2);
  await second.send('a "quote"');
  await allPrint([first, second], 3);
  const [left, right] = await endAll([first, second]);
  assertEquals(left.stdout, right.stdout);
  const [one, two, three] = left.stdout.map((line) => JSON.parse(line));
  assertEquals([one.text, two.text, three.text], ["one", "two", 'a "quote"']);
  assertEquals(one.from, two.from);
  assertNotEquals(one.from, three.from);
  for (const object of [one, two, three]) {
    assertEquals(object.topic, "chat");
    assert(typeof object.from === "string" && object.from !== "", "from is an identity");
    assert(Number.isSafeInteger(object.seq), "seq is a whole number");
    assert(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(object.time),
      object.time,
    );
    const time = Date.parse(object.time);
    assert(time >= began - 1000 && time <= Date.now() + 1000, `${object.time} is not now`);
  }
  assert(one.seq < two.seq, "an origin and a sequence number name one line");
});

Deno.test("`rumor --topic` prints one topic and passes all of them on", async () => {
  await using network = new Nodes();
  const [first, middle] = await network.chain(2);
  const news = network.start(["--topic", "news", "--join", await middle.address()]);
  await news.send("headline");
  await first.send("chatter");
  await middle.waitForStdout("chatter");
  const join = ["--join", await first.address()];
  const sub = await runRumor(["sub", ...join, "--topic", "news", "-C", "1"]);
  assertEquals({ code: sub.code, stdout: sub.stdout }, { code: 0, stdout: ["headline"] });
  await runRumor(["pub", ...join, "--topic", "news", "second", "headline"]);
  await news.waitForStdout("second headline");
  const results = await endAll([first, middle, news]);
  assertEquals(results.map(({ stdout }) => stdout), [
    ["chatter"],
    ["chatter"],
    ["headline", "second headline"],
  ]);
});

Deno.test("`rumor --clock` prints beside each line what its author had seen", async () => {
  await using network = new Nodes();
  const [asking] = await network.star(1, ["--clock"]);
  await asking.send("question");
  await asking.waitForStdout((line) => line.endsWith("] question"));
  const answering = network.start(["--clock", "--json", "--join", await asking.address()]);
  await answering.waitForStdout((line) => line.includes('"question"'));
  await answering.send("answer");
  const answer = await asking.waitForStdout((line) => line.endsWith("] answer"));
  const [plain, json] = await endAll([asking, answering]);
  const [first, second] = json.stdout.map((line) => JSON.parse(line));
  assertEquals([first.entry, first.after, first.clock], [1, {}, { [first.from]: 1 }]);
  const seen = { [first.from]: 1 };
  assertEquals([second.after, second.clock], [seen, { ...seen, [second.from]: 1 }]);
  const [a, b] = [first, second].map(({ from }) => from.slice(0, 8));
  assertEquals(plain.stdout, [`[${a}:1] question`, `[${b}:1 ${a}:1] answer`]);
  assertEquals(answer, plain.stdout[1]);
});
