import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { makeIdentity } from "../../src/shell/crypto/crypto.ts";
import { Store } from "../../src/shell/store/store.ts";
import { runRumor, startRumor } from "../helpers/process.ts";
import { Author, NO_BATCH, TempDir } from "../helpers/stored.ts";

/** A directory with 6 entries of 3 logs. */
function makeData(): TempDir {
  const temp = new TempDir();
  const store = Store.open(temp.dir);
  const arrivals = { next: 0 };
  const own = new Author(store.identity, "chat", arrivals);
  const others = ["chat", "ledger"].map((topic) => new Author(makeIdentity(), topic, arrivals));
  const entries = [
    ...own.writeAll(["one", "two", "three"]),
    others[0].write("four"),
    others[1].write({ from: "a", to: "b", amount: 5 }),
    others[1].write({ from: "b", to: "c", amount: 5 }),
  ];
  assertEquals(store.commit({ ...NO_BATCH, entries }), null);
  store.close();
  return temp;
}

function change(temp: TempDir, ...statements: string[]): void {
  const db = new DatabaseSync(temp.path("rumor.db"));
  for (const statement of statements) db.exec(statement);
  db.close();
}

Deno.test("rumor verify says how much verifies", async () => {
  using temp = makeData();
  const files = () => temp.names().map((name) => [name, Deno.readFileSync(temp.path(name))]);
  const before = files();
  const { code, stdout, stderr } = await runRumor(["verify", "--data", temp.dir]);
  assertEquals([code, stderr], [0, []]);
  assertEquals(stdout, ["6 entries of 3 logs verify; the ledger sums to 0"]);
  const json = await runRumor(["verify", "--data", temp.dir, "--json"]);
  assertEquals(json.stdout, [
    '{"ok":true,"entries":6,"logs":3,"sum":0,"quarantined":0,"faults":0,"reports":[]}',
  ]);
  assertEquals(files(), before);
});

Deno.test("rumor verify reads while a node runs", async () => {
  using temp = new TempDir();
  const listen = ["--listen", "127.0.0.1:0", "--keep-open"];
  await using node = startRumor(["--data", temp.dir, ...listen]);
  await node.send("one", "two");
  await node.waitForStdout((line) => line === "two");
  const { code, stdout, stderr } = await runRumor(["verify", "--data", temp.dir]);
  assertEquals([code, stderr], [0, []]);
  assertStringIncludes(stdout[0], " verify; the ledger sums to 0");
});

const FAULTS: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "a changed line",
    ["UPDATE entries SET line = CAST(replace(line, 'two', 'tvo') AS BLOB) WHERE arrival = 1"],
    /^rumor: entry 2 of \S+ in chat is not what was stored: its hash differs$/,
  ],
  [
    "a line and hash of another entry",
    [
      "UPDATE entries SET (line, hash) = (SELECT line, hash FROM entries WHERE arrival = 0) " +
      "WHERE arrival = 1",
    ],
    /^rumor: entry 2 of \S+ in chat is another entry: 1 of \S+ in chat$/,
  ],
  [
    "a hole",
    ["DELETE FROM entries WHERE arrival = 1"],
    /^rumor: entries 2 to 2 of \S+ in chat are missing$/,
  ],
  [
    "a lost end",
    ["DELETE FROM entries WHERE arrival = 5"],
    /^rumor: entries up to 2 of \S+ in ledger were stored, but the newest is 1$/,
  ],
  [
    "a lost log",
    ["DELETE FROM entries WHERE arrival = 3"],
    /^rumor: entries up to 1 of \S+ in chat were stored, but the newest is gone$/,
  ],
  [
    "entries of no log",
    ["DELETE FROM logs WHERE topic = 'ledger'"],
    /^rumor: 2 entries belong to no log$/,
  ],
  [
    "a changed number",
    ["INSERT INTO printed VALUES ('chat', 3, 'AAAAAAAAAAAAAAAA')"],
    /^rumor: 1 notes are damaged$/,
  ],
];

for (const [what, statements, wanted] of FAULTS) {
  Deno.test(`rumor verify reports ${what}`, async () => {
    using temp = makeData();
    change(temp, ...statements);
    const { code, stdout, stderr } = await runRumor(["verify", "--data", temp.dir]);
    assertEquals(stderr.filter((line) => wanted.test(line)).length, 1, stderr.join("\n"));
    assertEquals([code, stdout.length], [1, 1]);
    assertStringIncludes(stdout[0], ": 1 fault");
  });
}

Deno.test("rumor verify reports a wrong signature, and a chain that does not fit", async () => {
  using temp = new TempDir();
  const store = Store.open(temp.dir);
  const real = makeIdentity(), liar = makeIdentity();
  const forged = new Author({ id: real.id, sign: liar.sign }, "forged", { next: 0 });
  const one = new Author(real, "broken", { next: 10 }),
    two = new Author(real, "broken", { next: 20 });
  const entries = [forged.write("one"), one.write("one"), (two.write("other"), two.write("two"))];
  assertEquals(store.commit({ ...NO_BATCH, entries }), null);
  store.close();
  const { code, stdout, stderr } = await runRumor(["verify", "--data", temp.dir]);
  assertEquals(stderr, [
    `rumor: entry 1 of ${real.id} in forged has a wrong signature`,
    `rumor: entry 2 of ${real.id} in broken does not follow entry 1: p differs`,
  ]);
  assertEquals([code, stdout], [1, ["3 entries of 2 logs: 2 faults"]]);
});

Deno.test("rumor verify reports a gap only where it is not known", async () => {
  using temp = new TempDir();
  const store = Store.open(temp.dir);
  const author = new Author(makeIdentity(), "chat", { next: 0 });
  const entries = author.writeAll(["1", "2", "3", "4"]).filter((_, at) => at !== 1 && at !== 2);
  const gap = { topic: "chat", origin: author.identity.id, from: 2, to: 3 };
  assertEquals(store.commit({ ...NO_BATCH, entries, gaps: [gap] }), null);
  store.close();
  assertEquals((await runRumor(["verify", "--data", temp.dir])).code, 0);
  change(temp, "DELETE FROM gaps");
  const { stderr } = await runRumor(["verify", "--data", temp.dir]);
  assertEquals(stderr, [`rumor: entries 2 to 3 of ${author.identity.id} in chat are missing`]);
});

Deno.test("rumor verify reports a key that is missing, and an old copy", async () => {
  using temp = makeData();
  Deno.writeTextFileSync(temp.path("signed"), "0000000000000009\n");
  const old = await runRumor(["verify", "--data", temp.dir]);
  assertEquals(old.code, 1);
  assertStringIncludes(old.stderr[0], "this node has signed 9 entries, but 3 are here");
  Deno.removeSync(temp.path("key"));
  const none = await runRumor(["verify", "--data", temp.dir, "--json"]);
  assertEquals([none.code, none.stderr], [1, []]);
  assertEquals(JSON.parse(none.stdout[0]).reports, ["the key is missing"]);
});

Deno.test("rumor verify reports that what was stored last is missing", async () => {
  using temp = makeData();
  const old = Deno.readFileSync(temp.path("rumor.db"));
  const store = Store.open(temp.dir);
  const peer = new Author(makeIdentity(), "chat", { next: 6 });
  for (const entry of peer.writeAll(["seven", "eight"])) {
    assertEquals(store.commit({ ...NO_BATCH, entries: [entry] }), null);
  }
  store.close();
  Deno.writeFileSync(temp.path("rumor.db"), old);
  const { code, stdout, stderr } = await runRumor(["verify", "--data", temp.dir]);
  assertEquals([code, stderr], [1, ["rumor: what was stored last is missing, 2 times"]]);
  assertEquals(stdout, ["6 entries of 3 logs: 1 fault"]);
});

Deno.test("rumor verify bounds its report", async () => {
  using temp = new TempDir();
  const store = Store.open(temp.dir);
  const author = new Author(makeIdentity(), "chat", { next: 0 });
  const entries = author.writeAll(Array.from({ length: 80 }, (_, at) => `${at}`));
  assertEquals(store.commit({ ...NO_BATCH, entries }), null);
  store.close();
  change(temp, "UPDATE entries SET hash = 'x'");
  const { code, stdout, stderr } = await runRumor(["verify", "--data", temp.dir]);
  assertEquals([code, stderr.length], [1, 51]);
  assertEquals(stderr[50], "rumor: and 30 faults more");
  assertEquals(stdout, ["80 entries of 1 log: 80 faults"]);
});

Deno.test("rumor verify never breaks on damaged files", async () => {
  using temp = makeData();
  const good = Deno.readFileSync(temp.path("rumor.db"));
  const damage: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ["empty", () => new Uint8Array()],
    ["no database", (bytes) => bytes.fill(7)],
    ["half", (bytes) => bytes.slice(0, Math.floor(bytes.length / 8192) * 4096)],
    ["no schema", (bytes) => bytes.fill(0, 100, 4096)],
    ["no page after the first", (bytes) => bytes.fill(0xee, 4096)],
  ];
  for (const [what, break_] of damage) {
    Deno.writeFileSync(temp.path("rumor.db"), break_(good.slice()));
    const { code, stderr } = await runRumor(["verify", "--data", temp.dir]);
    assertEquals(code, 1, what);
    assert(stderr.length > 0 && stderr.every((line) => line.startsWith("rumor: ")), what);
    assertStringIncludes(stderr.join("\n"), "damaged", what);
  }
});

Deno.test("rumor verify says in one line what is wrong with its arguments", async () => {
  using temp = new TempDir();
  const cases: [string[], number, string][] = [
    [[], 2, "--data DIR is needed"],
    [["--data", temp.dir], 1, "holds no data"],
    [["--data", temp.dir, "word"], 2, "word is not expected"],
  ];
  for (const [args, wanted, text] of cases) {
    const { code, stdout, stderr } = await runRumor(["verify", ...args]);
    assertEquals([code, stdout.length, stderr.length], [wanted, 0, 1], args.join(" "));
    assertStringIncludes(stderr[0], text);
  }
});
