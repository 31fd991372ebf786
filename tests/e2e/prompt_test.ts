/** The chat prompt on a real pseudo-terminal: commands, Tab, history, pastes, another size. */

import { assert, assertEquals } from "@std/assert";
import { LEAVE_MS, LOCAL, Nodes } from "../helpers/network.ts";
import { Proxy } from "../helpers/proxy.ts";
import { hasPty, Pty } from "../helpers/pty.ts";

const ignore = !hasPty();
const PASTED = 1_000;

/** Two nodes with names that only differ at their end, and a terminal that joined them. */
async function conversation(network: Nodes) {
  const anna = network.start(["--name", "anna"]);
  const join = ["--join", await anna.address()];
  const annika = network.start(["--name", "annika世界", ...join]);
  await annika.address();
  const node = new Pty(["--name", "me", ...LOCAL, ...join]);
  await node.address();
  await node.waitFor(">");
  return { anna, annika, node };
}

/** Asks who is there until everybody is, as news of somebody take a moment. */
async function everybodyIsThere(node: Pty): Promise<void> {
  for (let asked = 1;; asked++) {
    await node.type("/who\r");
    const isAnswer = (line: string) => line.startsWith("me (this node)");
    const lines = await node.until((lines) =>
      lines.filter(isAnswer).length === asked && lines.at(-1) === ">"
    );
    if (lines.findLast(isAnswer) === "me (this node), anna, annika世界") return;
  }
}

Deno.test("commands at the prompt are for the program alone", { ignore }, async (t) => {
  await using network = new Nodes();
  const { anna, annika, node: terminal } = await conversation(network);
  await using node = terminal;
  await everybodyIsThere(node);

  await t.step("`/peers` shows a table", async () => {
    await node.type("/peers\r");
    const own = await node.waitFor((line) => line.endsWith("alive (this node)"));
    assert(/^[\w-]{8} {2}me +127\.0\.0\.1:\d+ {2}alive/.test(own), own);
    const other = await node.waitFor((line) => / annika世界 .* alive$/.test(line));
    // The name takes four columns more than it has characters fewer.
    assertEquals(other.indexOf("127.") + 2, own.indexOf("127."));
    await node.waitFor("> /peers");
  });
  await t.step("`/help` lists the commands", async () => {
    await node.type("/help\r");
    for (const command of ["/help", "/peers", "/pm NAME", "/quit", "/who", "//TEXT"]) {
      await node.waitFor((line) => line.startsWith(command));
    }
  });
  await t.step("Tab completes names and commands", async () => {
    await node.type("/w\tan\t");
    await node.waitFor("> /who ann");
    await node.type("\t");
    await node.waitFor("anna        annika世界");
    await node.type("i\t\r");
    await node.waitFor("> /who annika世界");
    await node.until((lines) =>
      lines.filter((line) => / annika世界 .* alive$/.test(line)).length === 2
    );
  });
  await t.step("`/pm` goes to one alone, and what is no command to nobody", async () => {
    await node.type("/pm anna a secret\r");
    await node.waitFor("> /pm anna a secret");
    await anna.waitForStdout("[pm from me] a secret");
    await node.type("/secret\r");
    await node.waitFor((line) => line.startsWith("rumor: there is no command /secret; "));
  });
  await t.step("two slashes send one", async () => {
    await node.type("//quit is a command\r");
    await node.waitFor("/quit is a command");
  });
  await t.step("`/quit` leaves, and nothing but the line was sent", async () => {
    await node.type("/quit\r");
    assertEquals((await node.result(LEAVE_MS)).code, 0);
    const said = "/quit is a command";
    await Promise.all([anna, annika].map((one) => one.waitForStdout(said)));
    assertEquals([anna.stdout, annika.stdout], [["[pm from me] a secret", said], [said]]);
  });
});

Deno.test("`/quit` ends a node with --keep-open", { ignore }, async () => {
  await using node = new Pty(["--keep-open", ...LOCAL]);
  await node.waitFor((line) => line.startsWith("Peer to join"));
  await node.type("\r");
  await node.waitFor(">");
  await node.type("/quit\r");
  assertEquals((await node.result(LEAVE_MS)).code, 0);
});

Deno.test("commands in a pipe are lines like others", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  const lines = ["/quit", "/pm anna secret", "//", "/nonsense", "the last"];
  await first.send(...lines);
  await second.waitForStdout("the last");
  assertEquals(second.stdout, lines);
  assertEquals(first.stderr.filter((line) => line.startsWith("rumor:")), []);
});

Deno.test("a paste of 1,000 lines is sent as 1,000 lines", { ignore }, async (t) => {
  await using network = new Nodes();
  const other = network.start();
  await using node = new Pty([...LOCAL, "--join", await other.address()]);
  await node.waitFor(">");
  let sent: string[] = [];
  const odd = ["", " indented", "/quit", "//", "a  b ", "世界 👨‍👩‍👧", "x".repeat(900)];
  const paste = (name: string) =>
    Array.from({ length: PASTED }, (_, at) => `${name} ${at} ${odd[at % odd.length]}`);

  await t.step("bracketed", async () => {
    // A paste may be any text: what begins with a slash is none of our commands.
    const lines = [...paste("bracketed").map((line, at) => at % 3 === 0 ? odd[at % 7] : line)];
    sent = [...sent, ...lines, "typed"];
    await node.type(`\x1b[200~${lines.join("\r")}\r\x1b[201~typed\r`);
    await other.waitForStdout(sent.length);
    assertEquals(other.stdout, sent);
  });
  await t.step("not bracketed, with each kind of line end", async () => {
    for (const end of ["\r", "\n", "\r\n"]) {
      const lines = paste(JSON.stringify(end));
      sent = [...sent, ...lines];
      await node.type(lines.map((line) => line + end).join(""));
      await other.waitForStdout(sent.length);
      assertEquals(other.stdout, sent);
    }
  });
  await t.step("and each of them is shown once", async () => {
    const own = sent.slice(-PASTED).map((line) => line.trimEnd());
    const lines = await node.until((lines) => lines.at(-1) === ">" && lines.includes(own.at(-1)!));
    assertEquals(lines.filter((line) => line.startsWith('"\\r\\n" ')), own);
  });
  await t.step("with tabs, which are no Tab", async () => {
    const lines = Array.from({ length: PASTED }, (_, at) => `a${at}\t/b\t`);
    sent = [...sent, ...lines];
    await node.type(lines.map((line) => `${line}\r`).join(""));
    await other.waitForStdout(sent.length);
    assertEquals(other.stdout, sent);
  });
});

Deno.test("a line is painted anew when the terminal has another size", { ignore }, async () => {
  await using network = new Nodes();
  const other = network.start();
  await using node = new Pty([...LOCAL, "--join", await other.address()], { columns: 60 });
  await node.waitFor(">");
  const text = "a line of 世界 that is too long for a narrow terminal";
  await node.type(text);
  await node.waitFor(`> ${text}`);
  await node.resize(30);
  const narrow = ["> a line of 世界 that is too l", "ong for a narrow terminal"];
  await node.until((lines) => lines.slice(-2).join("|") === narrow.join("|"));
  assertEquals(node.screen.cursor, { row: node.lines.length - 1, column: 25 });
  await other.send("meanwhile");
  await node.until((lines) => lines.slice(-3).join("|") === ["meanwhile", ...narrow].join("|"));
  await node.resize(80);
  await node.until((lines) => lines.at(-1) === `> ${text}`);
  // Nothing of what was painted before is left, and nothing else is gone.
  assertEquals(node.lines.slice(1), ["meanwhile", `> ${text}`]);
  await node.type("\x1b[D\x1b[D\x7f\r");
  await other.waitForStdout(text.replace("terminal", "termial"));
});

Deno.test("what is asked before the node has joined is answered after", { ignore }, async () => {
  await using network = new Nodes();
  const other = network.start(["ledger"]);
  await other.send("alice bob 5");
  await other.waitForStdout(1);
  await using proxy = new Proxy(await other.address());
  proxy.hold();
  await using node = new Pty(["ledger", ...LOCAL, "--join", proxy.address]);
  await node.waitFor(">");
  await node.type("balances");
  await node.waitFor("> balances");
  await node.type("\r");
  await node.until((lines) => lines.at(-1) === ">");
  proxy.release();
  await node.waitFor((line) => /^bob +5$/.test(line));
});

Deno.test("history comes back with the arrow keys, and the draft is kept", { ignore }, async () => {
  await using network = new Nodes();
  const other = network.start();
  await using node = new Pty([...LOCAL, "--join", await other.address()]);
  await node.waitFor(">");
  await node.type("one\rtwo\rtwo\rdraft");
  await node.waitFor("> draft");
  await node.type("\x1b[A\x1b[A");
  await node.waitFor("> one");
  await node.type("\x1b[B\x1b[B");
  await node.waitFor("> draft");
  await node.type("\x1b[A\x1b[A!\r");
  await other.waitForStdout("one!");
  assertEquals(other.stdout, ["one", "two", "two", "one!"]);
});

Deno.test("the prompt has colours on a terminal, but not with NO_COLOR", { ignore }, async () => {
  await using network = new Nodes();
  const other = network.start();
  for (const [no_color, colored] of [["", true], ["1", false]] as const) {
    const env = { NO_COLOR: no_color };
    await using node = new Pty([...LOCAL, "--join", await other.address()], { env });
    await node.waitFor(">");
    await node.type("/help\r");
    await node.waitFor("> /help");
    // deno-lint-ignore no-control-regex -- colours are what is looked for
    assertEquals(/\x1b\[\d+m/.test(node.text), colored);
  }
});
