/** `rumor vote`: a machine that talks with its voters, in a real process. */

import { assertEquals, assertMatch } from "@std/assert";
import { endAll, LOCAL, Nodes } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";
import { hasPty, Pty } from "../../helpers/pty.ts";
import { answer, TIMES } from "./guests.ts";

const OPTION = "Enter option ('a' add record, 'd' display tally, 'q' quit):";
const VOTER = "Enter voter id:", CHOICE = "Enter choice:", REFUSED = "Invalid/duplicate Vote!";
const LATIN = "Ju\u0308rgen";

Deno.test("`rumor vote` counts a first vote from a pipe, refuses a second, and says goodbye", async () => {
  await using network = new Nodes();
  const node = network.start(["chain", ...TIMES]);
  const join = ["--join", await node.address(), "--keep-open", "--name", "machine"];
  const { code, stdout, stderr } = await runRumor(["vote", ...TIMES, ...LOCAL, ...join], {
    input: "a\nann\nred\na\nann\nblue\nd\nq\n",
  });
  assertEquals(code, 0, stderr.join("\n"));
  const [counted] = stdout.filter((line) => /^Counted in block \d+\.$/.test(line));
  assertEquals(stdout, [
    ...[OPTION, VOTER, CHOICE, counted],
    ...[OPTION, VOTER, CHOICE, REFUSED],
    ...[OPTION, "red 1", OPTION],
  ]);
  assertMatch(stderr.at(-1)!, /^rumor: a vote of ann was cast already by \S{43} \(machine\)$/);
  assertEquals(await answer(node, "tally"), ["red 1"]);
  const peers = await runRumor(["peers", "--status", "left", "--join", await node.address()]);
  assertEquals(peers.stdout.map((line) => line.split(" ")[1]), ["machine"]);
  await endAll([node]);
});

Deno.test("`rumor vote` takes bad lines for bad answers, and the end of the input for q", async () => {
  await using network = new Nodes();
  const machine = network.start(["vote", "--json", ...TIMES]);
  await machine.send("a", "\u0007", "red", "x".repeat(200_000), "", "a", LATIN, "__proto__");
  await machine.waitForStdout((line) => line.startsWith('{"counted"'));
  await machine.send("a", LATIN.normalize("NFC"), "constructor", "d", "a", "half");
  await endAll([machine]);
  const said = machine.stdout.map((line) => JSON.parse(line)).filter((one) => !("ask" in one));
  const [, , , counted, twice] = said, no_option = "this is no option; there are a, d and q";
  const voter = LATIN.normalize("NFC");
  assertMatch(twice.refused, new RegExp(`^a vote of ${voter} was cast already by`));
  assertEquals(said, [
    { refused: "the voter id has control characters" },
    { refused: no_option },
    { refused: no_option },
    { counted: { voter, choice: "__proto__", block: counted.counted.block } },
    twice,
    { tally: [{ choice: "__proto__", count: 1 }] },
  ]);
});

Deno.test("`rumor vote` talks at a terminal", { ignore: !hasPty() }, async () => {
  await using machine = new Pty(["vote", ...TIMES, ...LOCAL]);
  await machine.waitFor((line) => line.startsWith("Peer to join"));
  await machine.type("\r");
  await machine.waitFor(OPTION);
  await machine.type("a\r");
  await machine.waitFor(VOTER);
  await machine.type("ann\r");
  await machine.waitFor(CHOICE);
  await machine.type("dark red\r");
  await machine.waitFor((line) => line.startsWith("Counted in block"));
  await machine.type("d\r");
  await machine.waitFor("dark\\x20red 1");
  await machine.type("q\r");
  assertEquals((await machine.result()).code, 0);
});
