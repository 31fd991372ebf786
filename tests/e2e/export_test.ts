import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Json } from "../../src/core/types.ts";
import { Store } from "../../src/shell/store/store.ts";
import { runRumor, startRumor } from "../helpers/process.ts";
import { Author, NO_BATCH, TempDir, TIME_MS } from "../helpers/stored.ts";

const has_hledger = await hasHledger();
const is_windows = Deno.build.os === "windows";

/** A directory with these items in a topic, one entry for each list. */
function makeData(topic: string, ...lists: Json[][]): { temp: TempDir; origin: string } {
  const temp = new TempDir();
  const store = Store.open(temp.dir);
  const author = new Author(store.identity, topic, { next: 0 });
  const entries = lists.map((items) => author.write(...items));
  assertEquals(store.commit({ ...NO_BATCH, entries }), null);
  store.close();
  return { temp, origin: author.identity.id };
}

Deno.test("rumor export prints the lines of a topic as rumor sub --json does", async () => {
  const base64 = new Uint8Array([0xff, 0xfe]).toBase64();
  const { temp, origin: from } = makeData("chat", ["one", 'tw"o, \u{1f600}'], [{ base64 }]);
  using _ = temp;
  const { code, stdout, stderr } = await runRumor(["export", "--data", temp.dir]);
  const time = (seq: number) => new Date(TIME_MS + seq).toISOString();
  assertEquals(stdout.map((line) => JSON.parse(line)), [
    { topic: "chat", from, seq: 1, time: time(1), entry: 1, after: {}, text: "one" },
    { topic: "chat", from, seq: 2, time: time(1), entry: 1, after: {}, text: 'tw"o, \u{1f600}' },
    { topic: "chat", from, seq: 3, time: time(2), entry: 2, after: {}, base64 },
  ]);
  assertEquals([code, stderr], [0, []]);
  const none = await runRumor(["export", "--data", temp.dir, "--topic", "other"]);
  assertEquals([none.code, none.stdout, none.stderr], [0, [], []]);
});

Deno.test("rumor export --format csv quotes what must be quoted", async () => {
  const items = ["plain", "a,b", 'say "x"', " space ", "cr\r", { base64: "/w==" }, ""];
  const { temp, origin } = makeData("chat", items);
  using _ = temp;
  const { code, stdout } = await runRumor(["export", "--data", temp.dir, "--format", "csv"]);
  const time = new Date(TIME_MS + 1).toISOString();
  const cells = ["plain,", '"a,b",', '"say ""x""",', '" space ",', '"cr\r",', ",/w==", ","];
  assertEquals(code, 0);
  assertEquals(stdout, [
    "topic,from,seq,time,text,base64",
    ...cells.map((cell, at) => `chat,${origin},${at + 1},${time},${cell}`),
  ]);
});

Deno.test("rumor export prints each payment that counts once", async () => {
  const { temp, origin } = makeData("ledger", [
    { id: "x", from: "a", to: "b", amount: 5 },
    { from: "b", to: 'c"', amount: 1 },
  ], [
    { id: "x", from: "a", to: "b", amount: 4 },
    { id: "x", from: "a", to: "b", amount: 9 },
    { from: "a", to: "a", amount: 9 },
    "no payment",
  ]);
  using _ = temp;
  const id = `${origin.slice(0, 16)}:2`;
  const args = ["export", "--data", temp.dir, "--topic", "ledger"];
  const ndjson = await runRumor(args);
  assertEquals(ndjson.stdout.map((line) => JSON.parse(line)), [
    { id, from: "b", to: 'c"', amount: 1 },
    { id: "x", from: "a", to: "b", amount: 4 },
  ]);
  const csv = await runRumor([...args, "--format", "csv"]);
  assertEquals(csv.stdout, ["id,from,to,amount", `${id},b,"c""",1`, "x,a,b,4"]);
  const journal = await runRumor([...args, "--format", "hledger"]);
  const day = new Date(TIME_MS).toISOString().slice(0, 10);
  assertEquals(journal.stdout, [
    `${day} ${id}`,
    '    c"  1',
    "    b  -1",
    "",
    `${day} x`,
    "    b  4",
    "    a  -4",
    "",
  ]);
});

Deno.test({
  name: "hledger reads the same balances from rumor export as rumor balances prints" +
    (has_hledger ? "" : " (skipped: there is no hledger here)"),
  ignore: !has_hledger,
  fn: async () => {
    using temp = new TempDir();
    const listen = ["--listen", "127.0.0.1:0", "--keep-open"];
    await using node = startRumor(["ledger", "--data", temp.dir, ...listen]);
    const names = NAMES.flatMap((name) => [name, `${name}%`]);
    const payments = names.map((to, at) => {
      return JSON.stringify({ id: IDS[at % IDS.length] + at, from: "zz", to, amount: at + 1 });
    });
    const most = JSON.stringify({ from: "zz", to: "A", amount: 9_007_199_254_740_991 });
    await node.send(...payments, most, most, most);
    await node.waitForStdout(payments.length + 3);
    const address = await node.address();
    const balances = await runRumor(["balances", "--join", address]);
    // The node still runs.
    const { code, stdout } = await runRumor(["export", "--data", temp.dir, "--format", "hledger"]);
    assertEquals(code, 0);
    const found = await hledgerBalances(stdout.join("\n"));
    const wanted = balances.stdout.map((line): [string, string] => {
      const at = line.lastIndexOf(" ");
      return [spelled(line.slice(0, at)), line.slice(at + 1)];
    }).filter(([, amount]) => amount !== "0");
    assert(wanted.length > NAMES.length);
    assertEquals(new Map(found), new Map(wanted));
    assertEquals(found.length, wanted.length);
  },
});

Deno.test("rumor export leaves out damaged entries, says so, and fails", async () => {
  const { temp } = makeData("chat", ["one"], ["two"], ["three"]);
  using _ = temp;
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(temp.path("rumor.db"));
  db.exec(`UPDATE entries SET line = CAST(replace(line, 'two', 'tvo') AS BLOB) WHERE arrival = 1`);
  db.close();
  const { code, stdout, stderr } = await runRumor(["export", "--data", temp.dir]);
  assertEquals(stdout.map((line) => JSON.parse(line).text), ["one", "three"]);
  assertEquals(stderr, ["rumor: 1 damaged entry was left out; see rumor verify"]);
  assertEquals(code, 1);
});

Deno.test("rumor export ends quietly when its reader has enough", {
  ignore: is_windows,
}, async () => {
  const lines = Array.from({ length: 400 }, () => "x".repeat(100));
  const { temp } = makeData("chat", ...Array.from({ length: 100 }, () => lines));
  using _ = temp;
  await using exporter = startRumor(["export", "--data", temp.dir], { stdin: "null" });
  await exporter.waitForStdout(1);
  await exporter.closeStdout();
  const { code, stderr } = await exporter.result();
  assertEquals([code, stderr], [0, []]);
});

Deno.test("rumor export changes nothing in the directory", async () => {
  const { temp } = makeData("chat", ["one"]);
  using _ = temp;
  const files = () => temp.names().map((name) => [name, Deno.readFileSync(temp.path(name))]);
  const before = files();
  assertEquals((await runRumor(["export", "--data", temp.dir])).code, 0);
  assertEquals(files(), before);
});

Deno.test("rumor export says in one line what is wrong with its arguments or the data", async () => {
  using temp = new TempDir();
  Deno.mkdirSync(temp.dir);
  const cases: [string[], number, string][] = [
    [[], 2, "--data DIR is needed"],
    [["--data", temp.dir], 1, "holds no data"],
    [["--data", `${temp.dir}/nowhere`], 1, "holds no data"],
    [["--data", temp.dir, "--format", "xml"], 2, "allowed is ndjson or csv or hledger"],
    [["--data", temp.dir, "--format", "hledger", "--topic", "chat"], 2, "is for --topic ledger"],
    [["--data", temp.dir, "--topic", "presence"], 2, "the nodes' own"],
    [["--data", temp.dir, "word"], 2, "word is not expected"],
  ];
  for (const [args, wanted, text] of cases) {
    const { code, stdout, stderr } = await runRumor(["export", ...args]);
    assertEquals([code, stdout.length, stderr.length], [wanted, 0, 1], args.join(" "));
    assertStringIncludes(stderr[0], text);
  }
  Deno.writeFileSync(temp.path("rumor.db"), new Uint8Array(5_000).fill(7));
  const { code, stderr } = await runRumor(["export", "--data", temp.dir]);
  assertEquals([code, stderr.length], [1, 1]);
  assertStringIncludes(stderr[0], "is damaged");
});

/** Accounts that hledger could take for something else. */
const NAMES = [
  ...[
    "a",
    "a:b",
    "a:b:c",
    "a:",
    ":a",
    ":",
    "a::b",
    "(a)",
    "(a",
    "a)",
    "[a]",
    "[a",
    "(",
    "()",
    "[]",
  ],
  ...["*a", "**a", "*", "!a", "!", ";a", ";", "a;b", "a;date:x", "*(a)", "*;", "%28a)", "%25", "%"],
  ...["1", "5EUR", "$5", "-5", "+5", "=a", "@", "@@", '"a"', "#a", "|", "a|b", "~", "account", "P"],
  ...["2020-01-01", "{a}", "a\\b", "\u00e9", "\u65e5\u672c", "\u{1f600}", "x".repeat(255)],
];
/** Beginnings of ids, likewise. */
const IDS = ["id", "*", "!", "(", "(a)", ";", "a;date:x", "a|b", "=2020-01-01", "%", '"', "[2020]"];

/** How docs/ledger.md says that hledger has an account. */
function spelled(name: string): string {
  return /^(\(.*\)|\[.*\]|%(28|5B|25).*)$/.test(name)
    ? `%${name.charCodeAt(0).toString(16).toUpperCase()}${name.slice(1)}`
    : name;
}

async function hledgerBalances(journal: string): Promise<[string, string][]> {
  const hledger = new Deno.Command("hledger", {
    args: ["-f", "-", "balance", "-N"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { LANG: "C.UTF-8" },
  }).spawn();
  const input = hledger.stdin.getWriter();
  await input.write(new TextEncoder().encode(`${journal}\n`));
  await input.close();
  const { stdout, stderr } = await hledger.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).split("\n").slice(0, -1).map((line) => {
    const [, amount, account] = /^ *(-?[0-9]+) {2}(.*)$/.exec(line)!;
    return [account, amount];
  });
}

async function hasHledger(): Promise<boolean> {
  try {
    return (await new Deno.Command("hledger", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}
