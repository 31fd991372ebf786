/** What others send must not reach a terminal as anything but text, and typing goes on meanwhile. */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { EvilNode } from "../helpers/evil_node.ts";
import { allPrint, deadAddress, LOCAL, Nodes } from "../helpers/network.ts";
import { hasPty, Pty } from "../helpers/pty.ts";
import { type Result, runRumor } from "../helpers/process.ts";
import { Author, RawPeer } from "../helpers/raw_peer.ts";

const PTY = hasPty();
if (!PTY) {
  const why = "skipped: there is no `script` of util-linux, which makes pseudo-terminals\n";
  Deno.stderr.writeSync(new TextEncoder().encode(why));
}
const ignore = !PTY;

/** Leaving politely takes at most 2 s; the rest is for a busy machine. */
const LEAVE_MS = 6_000;
const QUESTION = "Peer to join, as host:port (empty starts a new network): ";

/** All control characters of a kind but the newline, which ends a line, and the tab. */
const C0 = chars(0x00, 0x1f).replace(/[\t\n]/g, "") + "\x7f";
const C1 = chars(0x80, 0x9f);
const BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

/** Lines that mean harm, and lines that only look like it. */
const LINES: readonly string[] = [
  "ESC \x1b[2J\x1b[1;1H\x1b[31m\x1bc\x1b(0",
  "OSC 52 \x1b]52;c;cm0gLXJmIH4=\x07 \x1b]52;c;cm0gLXJmIH4=\x1b\\",
  "OSC 8 \x1b]8;;http://127.0.0.1/\x1b\\a link\x1b]8;;\x1b\\",
  "OSC 0 \x1b]0;title\x07 DCS \x1bP1$r\x1b\\ APC \x1b_x\x1b\\",
  "CSI and OSC as C1 \x9b2J \x9d52;c;x\x9c",
  "CR over it\rthis is not what was said",
  "BS over it\b\b\b\b\b\b\b\b\b\bnot what was said",
  "BEL \x07\x07\x07",
  `C0 ${C0}`,
  `C1 ${C1}`,
  `bidi ${BIDI} \u202egnp.exe`,
  "separators \u2028 \u2029 \x85 \x0b \x0c",
  "hidden a\u00adb\u200bc\u2060d\ufeffe\u{e0041}f",
  "%c%s %d %o %j color: red ${HOME} `id` \\x1b[0m \\u202e",
  "tab\there, umlaut \u00e4, \u4e2d\u6587, \u{1f600}, e\u0301",
  "",
  " ",
];

/** What of it a terminal may be given as it is. */
// deno-lint-ignore no-control-regex -- control characters are the subject here
const UNSAFE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u180e\p{Bidi_Control}\u2028\u2029]/gu;
const INVISIBLE = /[\u200b\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu;

/** A text of somebody else that wants to be more than one line, and more than text. */
const EVIL = "one\nrumor: two\r\x1b[2J\x1b]52;c;cm0=\x07\x9b31m\u202e\x7f\0three";

function chars(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at)).join("");
}

/** The text with its dangers as they are written in a string literal. */
function shown(text: string): string {
  const escape = (character: string) => {
    const code = character.codePointAt(0)!;
    const hex = code.toString(16);
    if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
  };
  return text.replace(UNSAFE, escape).replace(INVISIBLE, escape);
}

/** What a screen makes of a line: a tab goes to the next stop, which our screen does not know. */
function onScreen(text: string): string {
  return shown(text).trimEnd();
}

function assertHarmless(text: string, what: string): void {
  const found = [...text.matchAll(UNSAFE)].map(([character]) => shown(character));
  assertEquals(found, [], `${what}: ${JSON.stringify(text)}`);
}

/** Harmless in each of its lines. */
function assertAllHarmless({ stdout, stderr }: Result): void {
  for (const line of stderr) assertHarmless(line, "stderr");
  for (const line of stdout) assertHarmless(line, "stdout");
}

Deno.test("lines of others are text on a terminal, and bytes in a pipe", { ignore }, async (t) => {
  await using network = new Nodes();
  const [piped, sender] = await network.star(2);
  const raw: Uint8Array[] = [];
  piped.onStdout = (bytes) => void raw.push(bytes.slice());
  const join = ["--join", await piped.address()];
  // No tab, as the screen of the tests has no tab stops.
  const lines = LINES.filter((line) => !line.includes("\t"));
  await using chat = new Pty([...LOCAL, ...join]);
  await using sub = new Pty(["sub", ...join]);
  await using json = new Pty(["--json", ...LOCAL, ...join]);
  await using sub_json = new Pty(["sub", "--json", ...join]);
  await Promise.all([chat.address(), json.address()]);
  await sender.send(...lines, "the last");

  await t.step("a pipe gets them byte for byte", async () => {
    await piped.waitForStdout("the last");
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(join_bytes(raw));
    assertEquals(text, [...lines, "the last"].map((line) => `${line}\n`).join(""));
  });
  for (const [name, pty] of [["chat", chat], ["sub", sub]] as const) {
    await t.step(`\`rumor ${name}\` shows them as text`, async () => {
      await pty.waitFor("the last");
      const all = pty.lines, end = all.indexOf("the last");
      assertEquals(all.slice(end - lines.length, end), lines.map(onScreen));
      assertEquals(pty.screen.bells, 0);
    });
  }
  for (const [name, pty] of [["chat", json], ["sub", sub_json]] as const) {
    await t.step(
      `\`rumor ${name} --json\` shows nothing but text, and means the same`,
      async () => {
        await pty.waitFor((line) => line.includes('"the last"'));
        const objects = pty.lines.filter((line) => line.startsWith("{"));
        for (const object of objects) {
          assertHarmless(object, "a line");
          assertEquals(object.match(INVISIBLE), null);
        }
        assertEquals(objects.map((line) => JSON.parse(line).text), [...lines, "the last"]);
      },
    );
  }
});

function join_bytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

Deno.test("a line that is no UTF-8 is harmless on a terminal", { ignore }, async () => {
  await using network = new Nodes();
  const first = network.start();
  const join = ["--join", await first.address()];
  await using chat = new Pty([...LOCAL, ...join]);
  await using json = new Pty(["--json", ...LOCAL, ...join]);
  await Promise.all([chat.address(), json.address()]);
  await using peer = await RawPeer.peer(await first.address(), { acks: true });
  const author = new Author(peer.identity);
  // 0x9b as a byte is CSI where a terminal does not read UTF-8; 0xff is nothing anywhere.
  const base64 = btoa("\x9b31m \x1b[2J \xff\xfe \x07 \r \0");
  peer.send(
    author.next([{ base64 }, { base64: "!" }, { x: "\x9b\u202e" }, ["\u202e"], "the last"]),
  );
  await chat.waitFor("the last");
  assertEquals(chat.screen.bells, 0);
  for (const line of chat.lines) assertHarmless(line, "a line");
  await json.waitFor((line) => line.includes('"the last"'));
  for (const line of json.lines) assertHarmless(line, "a line");
});

Deno.test("an item with a newline is not two lines", async (t) => {
  await using network = new Nodes();
  const [first, second] = await network.star(2);
  const join = ["--join", await second.address()];
  await using peer = await RawPeer.peer(await first.address(), { acks: true });
  const author = new Author(peer.identity);
  peer.send(author.next(["one\nforged", { base64: btoa("two\nforged") }, "three", "four"]));
  await allPrint([first, second], "four");
  await t.step("for a node", () => {
    assertEquals(second.stdout, first.stdout);
    assertEquals(first.stdout.slice(-2), ["three", "four"]);
    assertEquals(first.stdout.filter((line) => line.startsWith("forged")), []);
    assert(first.stdout.length <= 4, first.report());
  });
  await t.step("for `rumor sub`, which counts what it prints", async () => {
    const { code, stdout } = await runRumor(["sub", "-C", "2", ...join]);
    assertEquals({ code, stdout }, { code: 0, stdout: first.stdout.slice(0, 2) });
  });
  await t.step("for `rumor sub --json`", async () => {
    const { code, stdout } = await runRumor(["sub", "--json", "-C", "2", ...join]);
    assertEquals({ code, lines: stdout.length }, { code: 0, lines: 2 });
    for (const line of stdout) JSON.parse(line);
  });
});

Deno.test("account names are text on a terminal", { ignore }, async (t) => {
  await using network = new Nodes();
  const ledger = network.start(["ledger"]);
  const join = ["--join", await ledger.address()];
  const evil = "al\u202eice", other = "b\u00adob\u2066";
  await using prompt = new Pty(["ledger", ...LOCAL, ...join]);
  await using json = new Pty(["ledger", "--json", "--balances", ...LOCAL, ...join]);
  // Only stderr is a terminal: what is said there must be harmless nevertheless.
  await using piped = new Pty(["ledger", ...LOCAL, ...join], { shell: '"$@" > /dev/null' });
  await Promise.all([prompt.address(), json.address(), piped.address()]);
  await ledger.send(`${evil} ${other} 5 id\u202e`);
  await ledger.waitForStdout(`id\u202e ${evil} ${other} 5`);

  await t.step("what was applied", async () => {
    await prompt.waitFor((line) => line.endsWith(" 5"));
    assert(prompt.lines.includes(shown(`id\u202e ${evil} ${other} 5`)), prompt.lines.join("\n"));
  });
  await t.step("`balances` at the prompt", async () => {
    await prompt.type("balances\r");
    await prompt.waitFor((line) => /ice +-5$/.test(line));
    for (const line of prompt.lines) assertHarmless(line, "a line");
  });
  await t.step("`balances` where only stderr is a terminal", async () => {
    await piped.type("balances\r");
    await piped.waitFor((line) => /ice +-5$/.test(line));
    assertHarmless(piped.lines.join(""), "stderr");
  });
  await t.step("a refusal where only stderr is a terminal", async () => {
    await piped.type("x y 7 id\u202e\r");
    const line = await piped.waitFor((line) => line.startsWith("rumor: line "));
    assertHarmless(line, "stderr");
  });
  await t.step("a refusal at the prompt", async () => {
    await prompt.type("x y 7 id\u202e\r");
    const line = await prompt.waitFor((line) => line.startsWith("rumor: line "));
    assertHarmless(line, "stderr");
  });
  await t.step("with --json", async () => {
    await json.waitFor((line) => line.startsWith("{"));
    await json.type("\x04");
    assertEquals((await json.result()).code, 0);
    const objects = json.lines.filter((line) => line.startsWith("{"));
    for (const object of objects) assertHarmless(object, "a line");
    assertEquals(JSON.parse(objects[0]).from, evil);
    assertEquals(JSON.parse(objects[1]).account, evil);
  });
  await t.step("`rumor balances`", async () => {
    for (const flags of [[], ["--json"]]) {
      await using balances = new Pty(["balances", ...flags, ...join]);
      assertEquals((await balances.result()).code, 0);
      assertEquals(balances.lines.length, 2);
      for (const line of balances.lines) assertHarmless(line, "a line");
    }
  });
});

/** Ways of an evil node to say something, and the commands that hear it. */
const EVIL_WORDS: Readonly<Record<string, (peer: RawPeer) => Promise<void>>> = {
  "a goodbye instead of a hello": (peer) => sendAll(peer, bye()),
  "a goodbye behind the hello": async (peer) => {
    await sendAll(peer, peer.hello(), bye());
  },
  "a goodbye behind the greeting": async (peer) => {
    peer.send(peer.hello());
    const hello = await peer.control("hello");
    if (hello.guest) await peer.wait((line) => /"k":"(publish|ask|want)"/.test(line));
    else await sendAll(peer, peer.proof(hello), '{"k":"have","c":{}}');
    await sendAll(peer, bye());
  },
};

async function sendAll(peer: RawPeer, ...lines: string[]): Promise<void> {
  await peer.writeAll(lines.map((line) => `${line}\n`).join(""));
}

function bye(): string {
  return JSON.stringify({ k: "bye", code: EVIL, why: EVIL });
}

Deno.test("what a node says when it hangs up is one line of text", async (t) => {
  const commands: readonly (readonly string[])[] = [
    ["--keep-open", ...LOCAL],
    ["ledger", ...LOCAL],
    ["pub", "x"],
    ["sub"],
    ["pay", "a", "b", "1"],
    ["balances"],
  ];
  for (const [name, say] of Object.entries(EVIL_WORDS)) {
    for (const command of commands) {
      const is_node = command.includes(LOCAL[0]);
      // A node that greeted is a peer, and who loses one goes on.
      if (is_node && name === "a goodbye behind the greeting") continue;
      await t.step(`${name}, to rumor ${command[0]}`, async () => {
        await using evil = new EvilNode(async (peer) => {
          await say(peer);
          peer.close();
        });
        const result = await runRumor([...command, "--join", evil.address]);
        assert([1, 69, 75].includes(result.code), `code ${result.code}`);
        assertEquals(result.stdout, []);
        assertAllHarmless(result);
        const said = result.stderr.filter((line) =>
          !/^listening on|no (node|peer) reach/.test(line)
        );
        assertEquals(said.length, 1, result.stderr.join("\n"));
        assertStringIncludes(said[0], "one");
      });
    }
  }
});

Deno.test("what a node gives as a reason to refuse is one line of text", async (t) => {
  await using evil = new EvilNode(async (peer) => {
    peer.send(peer.hello());
    const { i } = JSON.parse(await peer.wait((line) => line.includes('"k":"publish"')));
    peer.send(JSON.stringify({ k: "refused", i, why: EVIL }));
  });
  const join = ["--join", evil.address];
  const long = Object.entries({ pub: ["pub", "x"], pay: ["pay", "a", "b", "1"] });
  for (const [name, args] of long) {
    await t.step(`to rumor ${name}`, async () => {
      const result = await runRumor([...args, ...join]);
      assertEquals({ code: result.code, stdout: result.stdout }, { code: 1, stdout: [] });
      assertEquals(result.stderr.length, 1, result.stderr.join("\n"));
      assertAllHarmless(result);
    });
  }
});

// src/cli/guest/guest.ts and node/session.ts show what a node says in full: a line of 240,000 characters.
Deno.test("a long reason does not fill the screen", async () => {
  const why = "why ".repeat(60_000);
  await using evil = new EvilNode(async (peer) => {
    await sendAll(peer, JSON.stringify({ k: "bye", code: "full", why }));
    peer.close();
  });
  const { code, stderr } = await runRumor(["pub", "x", "--join", evil.address]);
  assertEquals({ code, lines: stderr.length }, { code: 69, lines: 2 });
  assertLess(stderr.join("\n").length, 2_000);
});

Deno.test("balances of an evil node are rows of text, and numbers", async (t) => {
  const row = async (args: readonly string[], r: unknown) => {
    await using evil = new EvilNode(async (peer) => {
      peer.send(peer.hello());
      const { i } = JSON.parse(await peer.wait((line) => line.includes('"k":"ask"')));
      peer.send(JSON.stringify({ k: "answer", i, r }));
    });
    const result = await runRumor(["balances", ...args, "--join", evil.address]);
    // In a pipe JSON is safe as it is; only lines of text are not.
    assertAllHarmless(args.length === 0 ? result : { ...result, stdout: [] });
    for (const line of result.stderr) assert(line.startsWith("rumor: "), line);
    return result;
  };
  const rows: Readonly<Record<string, unknown>> = {
    "a name": [[EVIL, "5"]],
    "an amount": [["alice", `5\nroot 7${EVIL}`]],
    "an amount that is JSON": [["alice", '1,"root":{"x":1}}\n{"account":"bob","amount":2']],
    "an amount in words": [["alice", "many"]],
    "an amount with a fraction": [["alice", "1.5"]],
    "an amount with an exponent": [["alice", "1e400"]],
  };
  for (const [name, r] of Object.entries(rows)) {
    await t.step(`${name}`, async () => {
      const { code, stdout } = await row([], r);
      assert(code === 1 || stdout.length === 1 && code === 0, `code ${code}: ${stdout.join("\n")}`);
      if (code === 0) assert(/ -?\d+$/.test(stdout[0]), stdout[0]);
    });
    await t.step(`${name}, with --json`, async () => {
      const { code, stdout } = await row(["--json"], r);
      assert(code === 1 || stdout.length === 1 && code === 0, `code ${code}: ${stdout.join("\n")}`);
      for (const line of stdout) {
        assertEquals(Object.keys(JSON.parse(line)), ["account", "amount"]);
        assert(/"amount":-?\d+}$/.test(line), line);
      }
    });
  }
});

Deno.test(
  "an answer at the prompt that is no address starts a new network",
  { ignore },
  async (t) => {
    const answers: readonly (readonly [name: string, keys: string, says: RegExp])[] = [
      ["a word", "nonsense", /nonsense is not HOST:PORT.*new network/],
      ["a port that is none", "127.0.0.1:65536", /65536.*new network/],
      ["words", "localhost 7000", /not HOST:PORT.*new network/],
      [
        "a paste with escapes",
        "\x1b[200~\x1b]52;c;x\x07\x1b[2J\x9b\u202e\x1b[201~",
        /.*new network/,
      ],
    ];
    for (const [name, keys, says] of answers) {
      await t.step(name, async () => {
        await using node = new Pty(LOCAL);
        await node.waitFor((line) => line === QUESTION.trimEnd());
        await node.type(`${keys}\r`);
        const line = await node.waitFor((line) => line.startsWith("rumor: "));
        assert(says.test(line), line);
        assertHarmless(line, "stderr");
        const joiner = await runRumor([...LOCAL, "--join", await node.address()], {
          input: "hello",
        });
        assertEquals(joiner.code, 0, joiner.stderr.join("\n"));
        await node.waitFor("hello");
      });
    }
    await t.step("an address where nobody is", async () => {
      const dead = deadAddress();
      await using node = new Pty(LOCAL);
      await node.waitFor((line) => line === QUESTION.trimEnd());
      await node.type(`${dead}\r`);
      await node.waitFor((line) => line.startsWith("rumor: ") && line.includes(dead));
      await node.waitFor((line) => line.startsWith("rumor: ") && line.includes("new network"));
      const joiner = await runRumor([...LOCAL, "--join", await node.address()], { input: "hello" });
      assertEquals(joiner.code, 0, joiner.stderr.join("\n"));
      await node.waitFor("hello");
    });
    await t.step("somebody who says goodbye with escapes", async () => {
      await using evil = new EvilNode(async (peer) => {
        await sendAll(peer, bye());
        peer.close();
      });
      await using node = new Pty(LOCAL);
      await node.waitFor((line) => line === QUESTION.trimEnd());
      await node.type(`${evil.address}\r`);
      await node.waitFor((line) => line.startsWith("rumor: ") && line.includes("new network"));
      for (const line of node.lines) assertHarmless(line, "stderr");
      assertEquals(node.lines.filter((line) => line.startsWith("rumor: two")), []);
    });
    await t.step("nothing", async () => {
      await using node = new Pty(LOCAL);
      await node.waitFor((line) => line === QUESTION.trimEnd());
      await node.type("\r");
      await node.address();
      assertEquals(node.lines.filter((line) => line.startsWith("rumor: ")), []);
    });
  },
);

/** Says at the end whether the terminal is as it was found. */
const THEN_STTY =
  '"$@"; code=$?; stty -a | grep -q -e "-icanon" && echo raw || echo cooked; exit $code';

Deno.test("a half-typed line is intact whatever arrives above it", { ignore }, async (t) => {
  await using network = new Nodes();
  const other = network.start();
  const join = ["--join", await other.address()];
  await using node = new Pty([...LOCAL, ...join], { shell: THEN_STTY });
  await node.address();

  await t.step("lines of others", async () => {
    await node.type("half a thou");
    await node.waitFor("> half a thou");
    await other.send(...LINES.filter((line) => !line.includes("\t")), "the last");
    await node.waitFor("the last");
    const prompt = "> half a thou";
    await node.until((lines) => lines.at(-1) === prompt);
    assertEquals(node.screen.cursor, { row: node.lines.length - 1, column: prompt.length });
  });
  await t.step("warnings", async () => {
    await using peer = await RawPeer.peer(await node.address());
    const author = new Author(peer.identity), fork = author.fork();
    peer.send(author.next(["one side"]));
    await node.waitFor("one side");
    peer.send(fork.next(["other side"]));
    await node.waitFor((line) => line.includes("two different entries"));
    await node.until((lines) => lines.at(-1) === "> half a thou");
  });
  await t.step("it goes on and is sent as it was typed", async () => {
    await node.type("ght\r");
    await other.waitForStdout("half a thought");
    await node.waitFor("half a thought");
    await node.until((lines) => lines.at(-1) === ">");
    assertEquals(node.lines.filter((line) => line.includes("thought")), ["half a thought"]);
  });
  await t.step("Ctrl-D ends it, with the terminal as it was", async () => {
    await node.type("\x04");
    const { code } = await node.result(LEAVE_MS);
    assertEquals(code, 0);
    assertEquals(node.lines.at(-1), "cooked");
  });
});

Deno.test("Ctrl-C leaves at once, wherever somebody is", { ignore }, async (t) => {
  await using network = new Nodes();
  const other = network.start();
  const join = ["--join", await other.address()];
  const cases: readonly (readonly [name: string, args: readonly string[], keys: string])[] = [
    ["at the prompt", join, "\x03"],
    ["in the middle of a line", join, "half a\x03"],
    ["at the question", [], "\x03"],
    ["in the middle of an answer", [], "127.0.\x03"],
    ["in the middle of a paste", join, "\x1b[200~half\x1b[201~\x03"],
  ];
  for (const [name, args, keys] of cases) {
    await t.step(name, async () => {
      await using node = new Pty([...LOCAL, ...args], { shell: THEN_STTY });
      if (args.length > 0) await node.waitFor(">");
      else await node.waitFor(QUESTION.trimEnd());
      await node.type(keys);
      const { code } = await node.result(LEAVE_MS);
      assertEquals(code, 130);
      assertEquals(node.lines.at(-1), "cooked");
      assertEquals(other.stdout, []);
    });
  }
  await t.step("Ctrl-D at the question ends it, too", async () => {
    await using node = new Pty(LOCAL, { shell: THEN_STTY });
    await node.waitFor(QUESTION.trimEnd());
    await node.type("\x04");
    const { code } = await node.result(LEAVE_MS);
    assertEquals({ code, last: node.lines.at(-1) }, { code: 0, last: "cooked" });
  });
});

Deno.test("keys that nobody should press break nothing", { ignore }, async () => {
  await using network = new Nodes();
  const other = network.start();
  await using node = new Pty([...LOCAL, "--join", await other.address()]);
  await node.waitFor(">");
  // Unknown sequences, an unfinished one, and control characters, which are not typed.
  await node.type("\x1b[99;99X\x1b]52;c;x\x07\x1bP1\x1b\\\x00\x01\x02\x06\x0f\x1cstill here\r");
  await other.waitForStdout("still here");
  await node.type("\x1b[200~pasted \x1b[31mred\x9b\u202e\x07\x1b[201~\r");
  await other.waitForStdout("pasted \x1b[31mred\x9b\u202e\x07");
  await node.waitFor(shown("pasted \x1b[31mred\x9b\u202e\x07"));
  await node.type(`${"x".repeat(131_073)}\r`);
  const refused = await node.waitFor((line) => line.startsWith("rumor: line 3: "));
  assertStringIncludes(refused, "131073");
  await node.type("after it\r");
  await other.waitForStdout("after it");
  await node.type("\x04");
  assertEquals((await node.result(LEAVE_MS)).code, 1);
});
