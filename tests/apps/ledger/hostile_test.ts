/** Payments that are none: refused by the number of their line, and left out by all nodes alike. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { LINUX } from "../../helpers/arena.ts";
import { LONG, LONG_ONLY } from "../../helpers/long.ts";
import { allPrint, endAll, LOCAL, Nodes } from "../../helpers/network.ts";
import { Process, type Result, rumorCommand, runRumor } from "../../helpers/process.ts";
import { Author, RawPeer } from "../../helpers/raw_peer.ts";

const MAX = "9007199254740991";
const MEMORY_MB = 1_500;
/** How many accounts a ledger has to bear. */
const ACCOUNTS = LONG ? 1_000_000 : 100_000;
const DEADLINE_MS = 60_000;
/** Lines of one origin on stderr, however much of it is left out. */
const COMPLAINTS_MAX = 20;

/** Lines that are refused, and what must be said of them. */
const REFUSED: readonly (readonly [line: string, why: RegExp])[] = [
  ["a b 0", /AMOUNT.*1 to 9007199254740991/],
  ["a b -1", /AMOUNT/],
  ["a b -0", /AMOUNT/],
  ["a b +1", /AMOUNT/],
  ["a b 1.5", /AMOUNT/],
  ["a b 1.0", /AMOUNT/],
  ["a b 9007199254740992", /AMOUNT/],
  [`a b ${"9".repeat(400)}`, /AMOUNT/],
  ["a b 10abc", /AMOUNT/],
  ["a b 1e2", /AMOUNT/],
  ["a b 0x10", /AMOUNT/],
  ["a b 1_000", /AMOUNT/],
  ["a b \u0661", /AMOUNT/],
  ["a b NaN", /AMOUNT/],
  ["a b Infinity", /AMOUNT/],
  ["a a 1", /two accounts/],
  ["a b", /FROM TO AMOUNT/],
  ["a", /FROM TO AMOUNT/],
  ["", /FROM TO AMOUNT/],
  ["   ", /FROM TO AMOUNT/],
  ["a b 1 id more", /FROM TO AMOUNT/],
  [`${"n".repeat(10_000)} b 1`, /FROM.*256/],
  [`a ${"n".repeat(257)} 1`, /TO.*256/],
  [`a ${"\u00e4".repeat(129)} 1`, /TO.*256/],
  [`a b 1 ${"i".repeat(257)}`, /ID.*256/],
  ["a\x00 b 1", /FROM.*control/],
  ["a b\x1b[31m 1", /TO.*control/],
  ["a b 1 i\x9b", /ID.*control/],
  ["a b 1 AAAAAAAAAAAAAAAA:1", /ID.*reserved/],
  ["a b 1\x1b[2J", /AMOUNT/],
  ["a b 1\u202e", /AMOUNT/],
  // JSON
  ['{"from":"a","to":"b","amount":0}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":-1}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":-0}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":1.5}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":9007199254740992}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":9007199254740993}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":4503599627370496.5}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":9007199254740991.4}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":0.99999999999999999999}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":1e400}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":"1"}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":null}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":true}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":[1]}', /AMOUNT/],
  ['{"from":"a","to":"b","amount":{"amount":1}}', /AMOUNT/],
  ['{"from":"a","to":"b"}', /AMOUNT/],
  ['{"from":"","to":"b","amount":1}', /FROM.*empty/],
  ['{"from":"a","to":"","amount":1}', /TO.*empty/],
  ['{"id":"","from":"a","to":"b","amount":1}', /ID.*empty/],
  ['{"from":"a b","to":"c","amount":1}', /FROM.*spaces/],
  ['{"from":"a","to":" ","amount":1}', /TO.*spaces/],
  ['{"from":"a","to":"b\\n","amount":1}', /TO.*spaces/],
  ['{"from":"a","to":"b\\u00a0c","amount":1}', /TO.*spaces/],
  ['{"from":"a","to":"b\\u2028","amount":1}', /TO.*spaces/],
  ['{"from":"a","to":"\\ud800","amount":1}', /./],
  ['{"from":"a","to":"a","amount":1}', /two accounts/],
  ['{"from":1,"to":"b","amount":1}', /FROM/],
  ['{"from":["a"],"to":"b","amount":1}', /FROM/],
  ['{"from":{"from":"a"},"to":"b","amount":1}', /./],
  ['{"from":null,"to":"b","amount":1}', /FROM/],
  ['{"id":7,"from":"a","to":"b","amount":1}', /./],
  ['{"id":null,"from":"a","to":"b","amount":1}', /./],
  ['{"from":"a","to":"b","amount":1,"amount":2}', /twice/],
  ['{"from":"a","to":"b","amount":1,"\\u0061mount":2}', /twice/],
  ['{"from":"a","to":"b","amount":1,"Amount":1}', /twice/],
  ['{"id":"x","ID":"y","from":"a","to":"b","amount":1}', /twice/],
  ['{"from":"a","to":"b","amount":1,"note":"x"}', /note.*allowed/],
  ['{"from":"a","to":"b","amount":1,"__proto__":{"id":"x"}}', /./],
  ['{"from":"a","to":"b","amount":1,"constructor":"x"}', /constructor.*allowed/],
  ['{"from":"a","to":"b","amount":1,"x\\n\\u001b[31m\\u202e":"x"}', /allowed/],
  ['{"fault":"no, it is yours"}', /fault.*allowed/],
  ['{"from":"a","to":"b","amount":1,"fault":"x"}', /fault.*allowed/],
  ["{}", /FROM/],
  ['{"from":"a","to":"b","amount":1', /JSON/],
  ["{'from':'a','to':'b','amount':1}", /JSON/],
  ['{"from":"a","to":"b","amount":01}', /JSON/],
  ['{"from":"a","to":"b","amount":1} x', /JSON/],
  ['{"from":"a","to":"b","amount":1}{"from":"a","to":"b","amount":1}', /JSON/],
  ['["a","b",1]', /./],
  ['[{"from":"a","to":"b","amount":1}]', /./],
  ['"a b 1"', /./],
  ["null", /./],
  ["7", /./],
  [`${'{"x":'.repeat(10_000)}1${"}".repeat(10_000)}`, /./],
  [`{"from":${"[".repeat(10_000)}${"]".repeat(10_000)},"to":"b","amount":1}`, /./],
];

/** Names that are words like others, though a careless program trips over them. */
const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "prototype",
  "null",
  "NaN",
  "0",
  "-1",
  "balances",
  "--json",
  "%c%s",
  "\u202e",
  "\u00e4",
  "a\u0308",
  "\u{1f600}",
  "n".repeat(256),
];

/** All lines are refused in their order among lines that are applied. */
function between(lines: readonly string[]): { input: string; numbers: number[] } {
  const all: string[] = [], numbers: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (index % 3 === 0) all.push(`good g${index} 1 good-${index}`);
    numbers.push(all.push(line));
  }
  return { input: `${all.join("\n")}\nlast good 1 good-last`, numbers };
}

function complaintsOf({ stderr }: { readonly stderr: readonly string[] }): string[] {
  return stderr.filter((line) => !line.startsWith("listening on "));
}

Deno.test("payments that are none are refused by their numbers, and the rest goes on", async () => {
  const { input, numbers } = between(REFUSED.map(([line]) => line));
  const result = await runRumor(["ledger", ...LOCAL], { input });
  const complaints = complaintsOf(result);
  const number = (line: string) => Number(/^rumor: line (\d+): /.exec(line)?.[1] ?? 0);
  const faults = REFUSED.flatMap(([line, why], index) => {
    const own = complaints.filter((text) => number(text) === numbers[index]);
    const shown = line.slice(0, 100);
    if (own.length !== 1) return [`line ${numbers[index]}, ${shown}: ${own.length} complaints`];
    // deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
    if (/[\x00-\x1f\x7f-\x9f\u202e]/.test(own[0])) return [`${shown}: not clean: ${own[0]}`];
    return why.test(own[0]) ? [] : [`${shown}: ${own[0].slice(0, 300)} does not match ${why}`];
  });
  assertEquals(faults, []);
  assertEquals(
    complaints.length,
    REFUSED.length,
    complaints.map((line) => line.slice(0, 80)).join("\n"),
  );
  assertEquals(result.code, 1);
  const applied = input.split("\n").filter((line) => /good/.test(line)).map((line) => {
    const [from, to, amount, id] = line.split(" ");
    return `${id} ${from} ${to} ${amount}`;
  });
  assertEquals(result.stdout, applied);
});

Deno.test("a number in JSON is taken as it was written, or not at all", async () => {
  // 1e2 and 1.0 are whole numbers: a node may take them for what they are, and for nothing else.
  for (const [text, amount] of [["1e2", 100], ["1.0", 1], ["10e-1", 1], ["1E+0", 1]]) {
    const input = `{"id":"t","from":"a","to":"b","amount":${text}}\n`;
    const { code, stdout, stderr } = await runRumor(["ledger", ...LOCAL], { input });
    if (code === 0) assertEquals(stdout, [`t a b ${amount}`]);
    else assertEquals({ code, stdout }, { code: 1, stdout: [] }, stderr.join("\n"));
  }
});

Deno.test("names that programs trip over are names like others", async (t) => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, ["ledger", "--balances"]);
  const join = ["--join", await second.address()];
  const lines = NAMES.map((name, index) =>
    index % 2 === 0 ? `${name} bank ${index + 1} id-${name.slice(0, 200)}` : JSON.stringify({
      ID: `id-${name.slice(0, 200)}`,
      From: name,
      To: "bank",
      Amount: index + 1,
    })
  );
  await first.send(...lines, ...lines, "bank last 1 last");
  await allPrint([first, second], "last bank last 1");
  const total = NAMES.reduce((sum, _, index) => sum + index + 1, 0);
  const rows = new Map<string, number>([["bank", total - 1], ["last", 1]]);
  for (const [index, name] of NAMES.entries()) rows.set(name, -index - 1);
  const sorted = [...rows].sort(([a], [b]) => a < b ? -1 : 1);

  await t.step("each is applied once", () => {
    for (const node of [first, second]) assertEquals(node.stdout.length, NAMES.length + 1);
  });
  await t.step("`rumor balances --json` has them all", async () => {
    const { code, stdout } = await runRumor(["balances", "--json", ...join]);
    assertEquals(code, 0);
    assertEquals(
      stdout.map((line) => JSON.parse(line)).map((row) => [row.account, row.amount]),
      sorted,
    );
  });
  await t.step("`rumor balances` finds each, and nothing where there is none", async () => {
    const names = ["__proto__", "constructor", "toString", "isPrototypeOf", "__defineGetter__"];
    const { code, stdout } = await runRumor(["balances", ...join, ...names]);
    assertEquals(code, 0);
    assertEquals(stdout, [
      "__defineGetter__ 0",
      "__proto__ -1",
      "constructor -2",
      "isPrototypeOf 0",
      "toString -3",
    ]);
  });
  await t.step("balances at the end are the same everywhere", async () => {
    const [one, two] = await endAll([first, second]);
    const balances = sorted.map(([name, amount]) => `${name} ${amount}`);
    assertEquals(one.stdout.slice(NAMES.length + 1), balances);
    assertEquals(two.stdout.slice(NAMES.length + 1), balances);
  });
});

Deno.test("an id with other content is refused, with the same it is nothing new", async (t) => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, ["ledger"]);
  const join = ["--join", await first.address()];
  await first.send("a b 5 t1");
  await second.waitForStdout("t1 a b 5");
  const others = ["a b 6 t1", "a c 5 t1", "c b 5 t1", "b a 5 t1"];

  await t.step("on stdin", async () => {
    const same = ["a b 5 t1", '{"ID":"t1","From":"a","To":"b","Amount":5}', " a\tb  5 t1 "];
    const input = [...same, ...others, "x y 1 t2"].join("\n");
    const result = await runRumor(["ledger", ...LOCAL, ...join], { input });
    assertEquals(result.code, 1);
    assertEquals(result.stdout, ["t1 a b 5", "t2 x y 1"]);
    const numbers = complaintsOf(result).map((line) =>
      Number(/^rumor: line (\d+):.*t1/.exec(line)?.[1])
    );
    assertEquals(numbers, [4, 5, 6, 7], result.stderr.join("\n"));
  });
  await t.step("with `rumor pay`", async () => {
    for (const other of others) {
      const [from, to, amount] = other.split(" ");
      const result = await runRumor(["pay", from, to, amount, "--id", "t1", ...join]);
      assertEquals({ code: result.code, lines: result.stderr.length }, { code: 1, lines: 1 });
      assertMatch(result.stderr[0], /t1/);
    }
    const same = await runRumor(["pay", "a", "b", "5", "--id", "t1", ...join]);
    assertEquals({ code: same.code, stderr: same.stderr }, { code: 0, stderr: [] });
  });
  await t.step("and nothing of it is applied", async () => {
    const { stdout } = await runRumor(["balances", ...join]);
    assertEquals(stdout, ["a -5", "b 5", "x -1", "y 1"]);
    await endAll([first, second]);
  });
});

Deno.test("`rumor pay` takes its words as they are, or not at all", LONG_ONLY, async (t) => {
  await using network = new Nodes();
  const node = network.start(["ledger"]);
  const join = ["--join", await node.address()];
  const bad: Readonly<Record<string, readonly string[]>> = {
    "a name of two words": ["alice bob", "5", "7"],
    "a name of two words, and an amount": ["alice bob", "carol", "5"],
    "an amount of two words": ["alice", "bob", "5 t1"],
    "an amount with a space": ["alice", "bob", " 5"],
    "an amount with a newline": ["alice", "bob", "5\n"],
    "an empty name": ["", "bob", "5"],
    "an empty amount": ["alice", "bob", ""],
    "an id that is a space": ["alice", "bob", "5", "--id", " "],
    "an id of two words": ["alice", "bob", "5", "--id", "a b"],
    "an empty id": ["alice", "bob", "5", "--id", ""],
    "a reserved id": ["alice", "bob", "5", "--id", "AAAAAAAAAAAAAAAA:1"],
    "JSON": ['{"from":"a","to":"b","amount":1}'],
    "JSON and words": ['{"from":"a",', '"to":"b",', '"amount":1}'],
    "a name with an escape": ["al\x1b[31mice", "bob", "5"],
    "a name of 257 bytes": ["alice", "b".repeat(257), "5"],
    "amount 0": ["alice", "bob", "0"],
    "amount -1": ["alice", "bob", "--", "-1"],
    "amount 1.5": ["alice", "bob", "1.5"],
    "amount 2^53": ["alice", "bob", "9007199254740992"],
    "amount 10abc": ["alice", "bob", "10abc"],
    "amount 1e2": ["alice", "bob", "1e2"],
    "amount with an escape": ["alice", "bob", "1\x1b[31m\u202e\n"],
    "to the same": ["alice", "alice", "5"],
  };
  for (const [name, args] of Object.entries(bad)) {
    await t.step(name, async () => {
      const { code, stdout, stderr } = await runRumor(["pay", ...join, ...args]);
      assert(code === 1 || code === 2, `code ${code}`);
      assertEquals({ stdout, lines: stderr.length }, { stdout: [], lines: 1 }, stderr.join("\n"));
      // deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
      assert(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(stderr[0]), stderr[0]);
    });
  }
  await t.step("nothing of it was applied", async () => {
    const good = await runRumor(["pay", ...join, "--id=x", "--", "--json", "-h", MAX]);
    assertEquals({ code: good.code, stderr: good.stderr }, { code: 0, stderr: [] });
    const [{ stdout }] = await endAll([node]);
    assertEquals(stdout, [`x --json -h ${MAX}`]);
  });
});

Deno.test("sums past 2^53 are exact, at both ends", async () => {
  await using network = new Nodes();
  const [first, second] = await network.star(2, ["ledger", "--balances", "--json"]);
  const join = ["--join", await second.address()];
  await first.send(...Array.from({ length: 5 }, (_, at) => `bank a ${MAX} t${at}`), "a b 1 t5");
  await allPrint([first, second], 6);
  const exact = ["a 45035996273704954", "b 1", "bank -45035996273704955"];
  assertEquals((await runRumor(["balances", ...join])).stdout, exact);
  const rows = exact.map((line) => {
    const [account, amount] = line.split(" ");
    return `{"account":"${account}","amount":${amount}}`;
  });
  assertEquals((await runRumor(["balances", "--json", ...join])).stdout, rows);
  for (const { stdout } of await endAll([first, second])) assertEquals(stdout.slice(6), rows);
});

/** Items of somebody who writes the log by hand, none of which is a payment. */
const ITEMS: readonly unknown[] = [
  "a b 1",
  7,
  null,
  true,
  [],
  {},
  ["a", "b", 1],
  { from: "a", to: "b" },
  { from: "a", to: "b", amount: 0 },
  { from: "a", to: "b", amount: -1 },
  { from: "a", to: "b", amount: 1.5 },
  { from: "a", to: "b", amount: 2 ** 53 },
  { from: "a", to: "b", amount: 2 ** 60 },
  { from: "a", to: "b", amount: "1" },
  { from: "a", to: "b", amount: [1] },
  { from: "a", to: "a", amount: 1 },
  { from: "", to: "b", amount: 1 },
  { from: "a b", to: "b", amount: 1 },
  { from: "a\n", to: "b", amount: 1 },
  { from: "a\x1b[31m", to: "b", amount: 1 },
  { from: "n".repeat(10_000), to: "b", amount: 1 },
  { from: ["a"], to: "b", amount: 1 },
  { id: "", from: "a", to: "b", amount: 1 },
  { id: 7, from: "a", to: "b", amount: 1 },
  { id: "x y", from: "a", to: "b", amount: 1 },
  { id: "i".repeat(257), from: "a", to: "b", amount: 1 },
  { id: "AAAAAAAAAAAAAAAA:1", from: "a", to: "b", amount: 1 },
  { base64: btoa("a b 1") },
];

/** Items that only text can say. */
const ITEM_TEXTS: readonly string[] = [
  '{"from":"a","to":"b","amount":1e400}',
  '{"from":"a","to":"b","amount":-0}',
  '{"from":"a","to":"b","amount":9007199254740993}',
  '{"__proto__":{"from":"a","to":"b","amount":1}}',
];

Deno.test("what a remote node says that is no payment is left out by all alike", async (t) => {
  await using network = new Nodes();
  const [first, second, third] = await network.chain(3, ["ledger", "--balances"]);
  const nodes = [first, second, third];
  await using peer = await RawPeer.peer(await first.address(), { acks: true });
  const author = new Author(peer.identity, "ledger");
  const good = (id: string) => ({ id, from: "evil", to: "b", amount: 1 });

  await t.step("items of all kinds", async () => {
    for (const [index, item] of ITEMS.entries()) peer.send(author.next([item, good(`r${index}`)]));
    for (const [index, text] of ITEM_TEXTS.entries()) {
      const b = `[${text},${JSON.stringify(good(`t${index}`))}]`;
      peer.send(author.next([{}, {}], { b }));
    }
    await peer.settled();
    await allPrint(nodes, ITEMS.length + ITEM_TEXTS.length);
  });
  await t.step("an id with other content, which no node can refuse any more", async () => {
    await first.send("a b 5 same");
    await allPrint(nodes, "same a b 5");
    peer.send(author.next([{ id: "same", from: "a", to: "b", amount: 7 }, good("behind it")].map(
      (item) => item.id === "behind it" ? { ...item, id: "behind-it" } : item,
    )));
    await allPrint(nodes, "behind-it evil b 1");
  });
  await t.step("unknown keys and account names of objects", async () => {
    peer.send(author.next([
      { ...good("keys"), note: "x", constructor: 1 },
      { id: "__proto__", from: "__proto__", to: "constructor", amount: 3 },
      { id: "constructor", from: "constructor", to: "toString", amount: 2 },
    ]));
    await allPrint(nodes, "constructor constructor toString 2");
  });
  await t.step("100,000 items that are nothing", async () => {
    for (let count = 0; count < 10; count++) {
      peer.send(author.next(Array(10_000).fill(0)));
      await peer.settled();
    }
    peer.send(author.next([good("after-all")]));
    await allPrint(nodes, "after-all evil b 1");
  });
  await t.step("late joiners leave it out, too, and say no more of it", async () => {
    nodes.push(network.start(["ledger", "--balances", "--join", await third.address()]));
    await nodes[3].waitForStdout("after-all evil b 1");
  });
  await t.step("pay goes on", async () => {
    for (const [index, node] of nodes.entries()) await node.send(`a b 1 honest-${index}`);
    for (const index of nodes.keys()) await allPrint(nodes, `honest-${index} a b 1`);
  });
  await t.step("all end well, with the same balances and few words", async () => {
    const ends = await endAll(nodes);
    const balances = ends.map(({ stdout }) => stdout.filter((line) => /^\S+ -?\d+$/.test(line)));
    for (const other of balances) assertEquals(other, balances[0]);
    const sum = balances[0].reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
    assertEquals(sum, 0);
    assertEquals(balances[0].filter((line) => line.startsWith("a ")), ["a -9"]);
    for (const end of ends) {
      const said = complaintsOf(end);
      assertLess(said.length, COMPLAINTS_MAX, said.slice(0, 30).join("\n"));
      // deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
      for (const line of said) assert(!/[\x00-\x1f\x7f-\x9f]/.test(line), line);
    }
  });
});

Deno.test("what is no payment is refused from a guest", async () => {
  await using network = new Nodes();
  const node = network.start(["ledger"]);
  await using guest = await RawPeer.guest(await node.address());
  const texts = [...ITEMS.map((item) => JSON.stringify(item)), ...ITEM_TEXTS];
  for (const [i, text] of texts.entries()) {
    guest.send(`{"k":"publish","i":${i},"t":"ledger","b":[${text}]}`);
    const answer = await guest.wait((line) =>
      line.includes(`"i":${i},`) || line.includes(`"i":${i}}`)
    );
    assertMatch(answer, /^\{"k":"refused"/, text.slice(0, 200));
  }
  const [{ stdout, stderr }] = await endAll([node]);
  assertEquals({ stdout, said: complaintsOf({ stderr }) }, { stdout: [], said: [] });
});

/** The peak of a process's memory. */
function peakMb(process: Process): number {
  if (!LINUX) return 0;
  const status = Deno.readTextFileSync(`/proc/${process.pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

function show(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`    ${text}\n`));
}

/** Starts a ledger whose output is dropped, as it would fill the memory of the test. */
function startQuiet(args: readonly string[]): Process {
  const command = ["sh", "-c", 'exec "$@" > /dev/null', "sh", ...rumorCommand()];
  return new Process([...command, "ledger", "--keep-open", ...LOCAL, ...args], {
    name: "a ledger",
  });
}

Deno.test(
  `${ACCOUNTS.toLocaleString("en-US")} accounts are no burden`,
  { ignore: !LINUX },
  async (t) => {
    await using first = startQuiet([]);
    const join = ["--join", await first.address()];
    await using second = startQuiet(join);
    await second.address();
    const piece = 10_000;
    for (let at = 0; at < ACCOUNTS / 2; at += piece) {
      const lines = Array.from(
        { length: piece },
        (_, n) => `from-${at + n} to-${at + n} ${at + n + 1}`,
      );
      await first.send(...lines);
    }
    const balances = (args: readonly string[]): Promise<Result> =>
      runRumor(["balances", "--timeout", "60", ...args]);
    await first.send("the end 1");
    const ends = async (node: Process) => {
      const at = ["--join", await node.address()];
      const deadline = performance.now() + DEADLINE_MS;
      // Each question waits for its answer, so this is no busy loop.
      for (let last = ""; last !== "end 1";) {
        const { stdout, stderr } = await balances([...at, "end"]);
        last = stdout[0];
        const late = performance.now() > deadline;
        assert(!late, `${stdout.join("\n")} ${stderr.join("\n")}\n${node.report()}`);
      }
    };

    await t.step("both nodes have them, and keep their memory", async () => {
      for (const [name, node] of Object.entries({ first, second })) {
        await ends(node);
        show(
          `the ${name} node with ${ACCOUNTS} accounts needed ${peakMb(node).toFixed(0)} MB at most`,
        );
      }
      for (const node of [first, second]) assertLess(peakMb(node), MEMORY_MB);
    });
    await t.step("`rumor balances` prints them all, and their sum is 0", async () => {
      const at = ["balances", "--timeout", "60", "--join", await second.address()];
      const sum = "awk '{ n++; sum += $2 } END { print n, sum }'";
      const command = ["sh", "-c", `"$@" | ${sum}`, "sh", ...rumorCommand(), ...at];
      await using process = new Process(command, { stdin: "null", name: "rumor balances" });
      const { stdout, stderr } = await process.result({ timeout_ms: DEADLINE_MS });
      assertEquals({ stdout, stderr }, { stdout: [`${ACCOUNTS + 2} 0`], stderr: [] });
    });
  },
);
