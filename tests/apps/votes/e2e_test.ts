/** `rumor vote`: real machines, and short visits to nodes that follow the chain. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { LONG_ONLY } from "../../helpers/long.ts";
import { deadAddress, endAll, LOCAL, Nodes } from "../../helpers/network.ts";
import { type Process, type Result, runRumor, startRumor } from "../../helpers/process.ts";
import { Proxy } from "../../helpers/proxy.ts";
import { hasPty, Pty } from "../../helpers/pty.ts";

const TIMES = ["--block-time", "0.2"];
const OPTION = "Enter option ('a' add record, 'd' display tally, 'q' quit):";
const VOTER = "Enter voter id:", CHOICE = "Enter choice:", REFUSED = "Invalid/duplicate Vote!";
/** How long a network may take to agree. */
const AGREE_MS = 60_000;
const LATIN = "Ju\u0308rgen", CYRILLIC = "\u0430nn";

/** Runs `rumor vote` as a guest of a node. */
async function vote(node: Process, ...args: string[]): Promise<Result> {
  const join = ["--join", await node.address()];
  return await runRumor(["vote", ...args, ...join], { timeout_ms: AGREE_MS });
}

/** What a guest prints; fails where it fails. */
async function answer(node: Process, ...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await vote(node, ...args);
  assertEquals({ code, stderr }, { code: 0, stderr: [] }, node.report());
  return stdout;
}

/** A command failed in one line that says why. */
function assertFails({ code, stdout, stderr }: Result, expected: number, why: RegExp): void {
  assertEquals({ code, stdout }, { code: expected, stdout: [] }, stderr.join("\n"));
  assertEquals(stderr.length, 1, stderr.join("\n"));
  assertMatch(stderr[0], /^rumor: /);
  assertMatch(stderr[0], why);
}

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

Deno.test("`rumor vote cast` counts once, `tally` and `audit` say the same at all nodes", async (t) => {
  await using network = new Nodes();
  const first = network.start(["chain", ...TIMES]);
  const join = ["--join", await first.address()];
  const second = network.start(["chain", ...TIMES, "--mine", "never", ...join]);
  await second.address();

  await t.step("nobody voted yet", async () => {
    assertEquals(await answer(first, "tally"), []);
    assertEquals(await answer(first, "audit"), []);
  });
  await t.step("a vote, and the same again", async () => {
    await answer(second, "cast", "ann", "red", "--confirm", "2");
    await answer(second, "cast", " ann", "red\t");
    assertFails(await vote(second, "cast", "ann", "blue"), 1, /a vote of ann was cast already by/);
    assertFails(await vote(first, "cast", "ann", "red"), 1, /a vote of ann was cast already by/);
  });
  await t.step("what is no vote", async () => {
    assertFails(await vote(first, "cast", "", "red"), 1, /voter id is empty/);
    assertFails(await vote(first, "cast", "ann\x1b[2J", "red"), 1, /control characters/);
    assertFails(await vote(first, "cast", "zoe", "x".repeat(256)), 1, /255 bytes/);
  });
  await t.step("words that programs and people mistake", async () => {
    await answer(first, "cast", "__proto__", "constructor");
    await answer(first, "cast", CYRILLIC, "red");
    await answer(first, "cast", LATIN, "a \u202eb\\", "--confirm", "2");
    const escaped = "a\\x20\\u202eb\\x5c";
    const tally = ["red 2", `${escaped} 1`, "constructor 1"];
    for (const node of [first, second]) {
      while ((await answer(node, "tally")).length < 3) { /* each answer is waited for */ }
      assertEquals(await answer(node, "tally"), tally);
      const objects = (await answer(node, "tally", "--json")).map((line) => JSON.parse(line));
      assertEquals(objects.map(({ choice }) => choice), ["red", "a \u202eb\\", "constructor"]);
    }
    const lines = (await answer(second, "audit")).map((line) => line.split(" "));
    assertEquals(lines.map(([, , ...words]) => words), [
      ["ann", "red"],
      ["__proto__", "constructor"],
      [CYRILLIC, "red"],
      [LATIN.normalize("NFC"), escaped],
    ]);
    for (const [index, hash] of lines) assertMatch(`${index} ${hash}`, /^\d+ [0-9a-f]{64}$/);
  });
  await t.step("the audit of a file, and of one that was changed", async () => {
    const exported = await runRumor(["chain", "export", ...join]);
    const audit = async (input: string, ...more: string[]) =>
      await runRumor(["vote", "audit", "--chain", "-", ...more], { input });
    const [text] = exported.stdout, here = await audit(text, "--json");
    assertEquals([here.code, here.stderr], [0, []]);
    assertEquals(here.stdout, await answer(first, "audit", "--json"));
    const objects = here.stdout.map((line) => JSON.parse(line));
    assertEquals(objects.map(({ voter }) => voter).slice(0, 2), ["ann", "__proto__"]);
    for (const { from, hash } of objects) assertEquals([from.length, hash.length], [43, 64]);
    assertEquals((await audit(text, "--election", "other")).stdout, []);
    const index = objects[2].index;
    assertFails(await audit(text.replace(CYRILLIC, "ann")), 1, new RegExp(`block ${index}: `));
    assertFails(await audit(text.slice(1)), 1, /^rumor: this is no JSON$/);
    assertFails(await audit(text, "--network", "other"), 1, /of the network rumor, not other/);
  });
  await endAll([first, second]);
});

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

Deno.test("`rumor vote open` closes the choices, and the roll says who may vote", async (t) => {
  await using network = new Nodes();
  const path = Deno.makeTempFileSync({ suffix: ".txt" });
  try {
    const first = network.start(["chain", ...TIMES]);
    const join = ["--join", await first.address()];
    const second = network.start(["chain", ...TIMES, "--mine", "never", ...join]);
    const [id, other] = await Promise.all([first, second].map(async (node) => {
      const peers = await runRumor(["peers", "--join", await node.address()]);
      return peers.stdout[0].split(" ")[0];
    }));
    const cast = (node: Process, ...words: string[]) =>
      vote(node, "cast", ...words, "--election", "board");

    await t.step("a file that is no roll", async () => {
      const open = ["open", "board", "--choices", "yes,no", "--roll", path];
      for (
        const [text, why] of [
          ["\n", /is empty/],
          [`ann ${id}\nben`, /line 2: VOTER KEY is expected/],
          [`ann ${id}\n\nben ${"A".repeat(43)}\n`, /line 3: A+ is no key/],
          [`ann ${id}\r\n  ann ${other}\n`, /line 2: ann is there twice/],
        ] as const
      ) {
        Deno.writeTextFileSync(path, text);
        assertFails(await vote(first, ...open), 1, why);
      }
      assertFails(await vote(first, ...open.slice(0, -1), `${path}.no`), 1, /cannot read/);
    });
    await t.step("a roll of several records", async () => {
      const many = Array.from({ length: 300 }, (_, at) => `voter ${at} ${id}`);
      Deno.writeTextFileSync(path, [`ann ${id}`, ...many, `ben\t ${other}`].join("\r\n"));
      const open = ["open", "board", "--choices", "yes, no ,perhaps", "--roll", path];
      await answer(first, ...open);
      await answer(first, ...open);
      assertFails(await vote(second, ...open), 1, new RegExp(`was opened already by ${id}`));
    });
    await t.step("votes of who is on it", async () => {
      assertFails(await cast(first, "ann", "maybe"), 1, /maybe is not among the choices of board/);
      assertFails(await cast(second, "ann", "yes"), 1, new RegExp(`only ${id} vote for ann`));
      assertFails(await cast(first, "zoe", "yes"), 1, /zoe is not on the roll of board/);
      for (const voter of ["ann", "voter 299"]) {
        assertEquals((await cast(first, voter, "no")).code, 0);
      }
      assertEquals((await cast(second, "ben", "yes")).code, 0);
      assertEquals(await answer(second, "tally", "--election", " board"), [
        "no 2",
        "yes 1",
        "perhaps 0",
      ]);
    });
    await t.step("a machine for it", async () => {
      const { code, stdout, stderr } = await runRumor(
        ["vote", "--election", "board", "--json", ...TIMES, ...LOCAL, ...join],
        { input: "a\nvoter 1\nno\nd\n" },
      );
      assertEquals(code, 0, stderr.join("\n"));
      assertMatch(stdout[3], /"the roll of board lets only \S{43} vote for voter 1"/);
      assertEquals(JSON.parse(stdout[5]).tally[0], { choice: "no", count: 2 });
    });
    await endAll([first, second]);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("`rumor vote` ends with 75 where nobody mines, 69 where nobody is, 1 without a chain", async () => {
  await using network = new Nodes();
  const idle = network.start(["chain", ...TIMES, "--mine", "never"]);
  const chat = network.start(["chat"]);
  assertFails(await vote(idle, "cast", "ann", "red", "--timeout", "0.5"), 75, /within 0.5 s/);
  const machine = await runRumor(
    ["vote", ...TIMES, ...LOCAL, "--mine", "never", "--timeout", "0.2"],
    { input: "a\nann\nred\nq\n" },
  );
  assertEquals(machine.code, 75, machine.stderr.join("\n"));
  assertEquals(machine.stdout[3], "Not counted yet, but it may still be.");
  assertEquals(machine.stderr.at(-1), "rumor: a vote is not counted yet");
  const words = [["cast", "ann", "red"], ["tally"], ["audit"], ["open", "e", "--choices", "a"]];
  for (const args of words) {
    assertFails(await vote(chat, ...args), 1, /follows no chain/);
    const nobody = await runRumor(["vote", ...args, "--join", deadAddress()]);
    assertEquals([nobody.code, nobody.stdout], [69, []], nobody.stderr.join("\n"));
  }
  await endAll([idle, chat]);
});

/** Arguments behind `rumor vote`, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [["hello"], /hello is not expected; allowed are cast, tally, audit and open/],
  [["__proto__"], /__proto__ is not expected/],
  [["--election", "\x1b"], /--election: an election has control characters/],
  [["cast", "ann"], /VOTER CHOICE is expected, not 1 word/],
  [["cast", "ann", "red", "blue"], /VOTER CHOICE is expected, not 3 words/],
  [["cast", "ann", "red", "--confirm", "0"], /--confirm/],
  [["cast", "ann", "red", "--election", "x".repeat(256)], /--election: .*255 bytes/],
  [["tally", "board"], /board is not expected; see --election/],
  [["audit", "--chain", "x", "--join", "127.0.0.1:9"], /--chain and --join exclude each other/],
  [["audit", "chain.json"], /chain.json is not expected; see --chain/],
  [["open", "--choices", "a"], /one ELECTION is expected/],
  [["open", "e"], /--choices A,B,C is expected/],
  [["open", " ", "--choices", "a"], /the election is empty/],
  [["open", "e", "--choices", "a,,b"], /a choice is empty/],
  [["open", "e", "--choices", "a,b, a"], /the choice a is there twice/],
];

Deno.test("`rumor vote` names wrong words and flags in one line, and ends with 2", async () => {
  const runs = WRONG.map(async ([args, why]) => {
    const where = ["cast", "tally", "audit", "open"].includes(args[0]) ? [] : LOCAL;
    assertFails(await runRumor(["vote", ...args, ...where]), 2, why);
  });
  await Promise.all(runs);
});

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
