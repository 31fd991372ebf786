/** The views say what the program says, in Deno's SQLite and in the `sqlite3` of the system. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { balancesOf, emptyLedger, reduceLedger } from "../../../../src/apps/ledger/ledger.ts";
import type { StoreEntry } from "../../../../src/core/types.ts";
import { Store } from "../../../../src/shell/store/store.ts";
import { makeSchema } from "../../../../src/shell/store/schema.ts";
import { entryOf, hashOf, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { NO_BATCH, TempDir } from "../../../helpers/stored.ts";

const has_sqlite3 = await hasProgram("sqlite3", "--version");

/** Lines of one log, each with these items as they are spelled. */
function writeLog(topic: string, lists: readonly (readonly string[])[], who = 0): StoreEntry[] {
  let previous = "", first = 1;
  return lists.map((items, index) => {
    const origin = ORIGINS[who], seq = index + 1;
    const line = makeLine({ origin, topic, seq, previous, first, items: `[${items.join(", ")}]` });
    previous = hashOf(line);
    first += items.length;
    return { arrival: index * ORIGINS.length + who, origin, topic, seq, line: entryOf(line).line };
  });
}

/** The answer of the program: what `rumor balances` prints. */
function balancesByCore(entries: readonly StoreEntry[]): [string, string][] {
  const items = entries.map(({ line }) => entryOf(line.subarray(0, line.length - 1))).flatMap(
    ({ origin, first, items }) =>
      items.map((item, index) => ({ origin, number: first + index, item })),
  );
  const [ledger] = reduceLedger(emptyLedger(), items);
  return byName(balancesOf(ledger, []).map(([account, amount]) => [account, String(amount)]));
}

function byName(rows: [string, string][]): [string, string][] {
  return rows.sort(([a], [b]) => a < b ? -1 : 1);
}

/** Puts entries into an empty database, without a store. */
function fill(db: DatabaseSync, entries: readonly StoreEntry[]): void {
  db.exec("BEGIN; DELETE FROM entries; DELETE FROM logs");
  const put = db.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, '')");
  const log = db.prepare("INSERT OR REPLACE INTO logs VALUES (?, ?, ?, ?, ?)");
  for (const { arrival, origin, topic, seq, line } of entries) {
    const number = ORIGINS.indexOf(origin) + 1;
    put.run(arrival, number, seq, line.subarray(0, line.length - 1));
    log.run(number, origin, topic, seq, arrival);
  }
  db.exec("COMMIT");
}

/** A name as JSON: mostly plain, now and then what may not name an account. */
const name = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('"a"', '"b"', '"c"', '"\\u0061"') },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '"\u{10000}"',
      '"\\ud83d\\ude00"',
      '"\u{ffff}"',
      '"\u{e000}x"',
      '"__proto__"',
      '"*"',
      '"[x]"',
      '"\\\\u0000"',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '""',
      '" "',
      '"a b"',
      '"a\\u0000"',
      '"\\u0000"',
      '"\\u001f"',
      '"\u007f"',
      '"\u0085"',
      '"\u00a0"',
      '"\u00a1"',
      '"\u2003x"',
      '"\u2028"',
      '"\u3000"',
      '"\ufeff"',
      '"\u200b"',
      `"${"x".repeat(256)}"`,
      `"${"\u00e9".repeat(129)}"`,
      "null",
      "7",
      "{}",
      '["a"]',
      "true",
    ),
  },
);

const made_id = `${ORIGINS[0].slice(0, 16)}:`;
const id = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 6, arbitrary: fc.constantFrom('"x"', '"y"', '"\\u0078"') },
  { weight: 1, arbitrary: name },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      `"${made_id}1"`,
      `"${made_id}2"`,
      `"${made_id}"`,
      `"${made_id}1x"`,
      `"${made_id}01"`,
    ),
  },
);

const amount = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("1", "2", "3", "5.0", "5e0", "1E1", "20e-1") },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "9007199254740991",
      "9007199254740992",
      "0",
      "-0",
      "-1",
      "1.5",
      "1e400",
      '"1"',
      "null",
      "18446744073709551616",
      "[1]",
    ),
  },
);

const from_key = fc.constantFrom('"from"', '"from"', '"fr\\u006fm"');

const item = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.tuple(id, from_key, name, name, amount).map(([id, key, from, to, amount]) =>
      `{${id === null ? "" : `"id":${id},`}${key}:${from},"to":${to},"amount":${amount},"memo":"m"}`
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("1", "null", '"x"', "[]", "{}", '{"from":"a","to":"b"}'),
  },
);

Deno.test("The view of balances agrees with reduceLedger() on every kind of item", () => {
  const db = new DatabaseSync(":memory:");
  makeSchema(db);
  const balances = db.prepare("SELECT account, CAST(amount AS TEXT) AS amount FROM balances");
  const lists = fc.array(fc.array(item, { maxLength: 4 }), { maxLength: 4 });
  let compared = 0;
  fc.assert(
    fc.property(lists, lists, (ann, ben) => {
      const entries = [...writeLog("ledger", ann, 0), ...writeLog("ledger", ben, 1)];
      fill(db, entries);
      const rows = balances.all() as { account: string; amount: string }[];
      const expected = balancesByCore(entries);
      assertEquals(byName(rows.map(({ account, amount }) => [account, amount])), expected);
      compared += expected.length;
    }),
    { numRuns: 300 },
  );
  db.close();
  if (compared === 0) throw new Error("nothing was compared");
});

Deno.test("The view of balances refuses the same characters as reduceLedger()", () => {
  const db = new DatabaseSync(":memory:");
  makeSchema(db);
  const codes = [...Array(0x3100).keys(), 0xfeff, 0xfffd, 0x1f600, 0xe0001].filter((code) =>
    code < 0xd800 || code > 0xdfff
  );
  const items = codes.map((code) =>
    JSON.stringify({ from: `a${String.fromCodePoint(code)}`, to: "b", amount: 1 })
  );
  const lists = Array.from({ length: 4 }, (_, at) => items.slice(at * 4_000, (at + 1) * 4_000));
  const entries = writeLog("ledger", lists);
  fill(db, entries);
  const rows = db.prepare("SELECT account, CAST(amount AS TEXT) AS amount FROM balances").all();
  assertEquals(
    byName(rows.map(({ account, amount }) => [account as string, amount as string])),
    balancesByCore(entries),
  );
  db.close();
});

Deno.test("The view of balances is exact beyond 64 bits", () => {
  const db = new DatabaseSync(":memory:");
  makeSchema(db);
  const most = '{"from":"a","to":"b","amount":9007199254740991}';
  const back = '{"from":"b","to":"c","amount":9007199254740990}';
  const entries = writeLog("ledger", [Array(2_000).fill(most), Array(7).fill(back)]);
  fill(db, entries);
  const rows = db.prepare("SELECT account, CAST(amount AS TEXT) AS amount FROM balances").all();
  assertEquals(
    byName(rows.map(({ account, amount }) => [account as string, amount as string])),
    balancesByCore(entries),
  );
  db.close();
});

Deno.test("The view of messages shows time, origin, topic, number and text", () => {
  const db = new DatabaseSync(":memory:");
  makeSchema(db);
  fill(db, [
    ...writeLog("chat", [['"one"', '"t\\"w\\u00f6"'], ['{"base64":"aGk="}', "7", "true"]]),
    ...writeLog("ledger", [['{"from":"a","to":"b","amount":1}']], 1),
    ...writeLog("presence", [['{"alive":1}']], 2),
  ]);
  const rows = db.prepare('SELECT time, "from", topic, seq, text FROM messages').all();
  const time = "1970-01-01T00:00:00.001Z";
  const texts = ["one", 't"w\u00f6', "aGk=", 7, "true"];
  assertEquals(
    rows.map((row) => ({ ...row })),
    texts.map((text, at) => ({ time, from: ORIGINS[0], topic: "chat", seq: at + 1, text })),
  );
  db.close();
});

Deno.test("The view of messages leaves out a line that is damaged, and shows the others", () => {
  const db = new DatabaseSync(":memory:");
  makeSchema(db);
  const [one, two] = writeLog("chat", [['"one"'], ['"two"']]);
  one.line[one.line.indexOf(0x5b)] = 0x7b;
  fill(db, [one, two]);
  assertEquals(db.prepare("SELECT text FROM messages").all().map(({ text }) => text), ["two"]);
  db.close();
});

Deno.test({
  name: "sqlite3 reads both views, also while a node has the directory" +
    (has_sqlite3 ? "" : " (skipped: there is no sqlite3 here)"),
  ignore: !has_sqlite3,
  fn: async () => {
    using temp = new TempDir();
    const store = Store.open(temp.dir);
    const payments = [
      '{"id":"x","from":"a","to":"b","amount":5.0}',
      '{"from":"b","to":"\\ud83d\\ude00","amount":2}',
      '{"id":"x","fr\\u006fm":"a","to":"b","amount":3}',
      '{"id":"y","from":"a","to":"\u{ffff}","amount":4}',
      '{"id":"y","from":"a","to":"\u{10000}","amount":4}',
      '{"from":"a","to":"a\\u0000","amount":4}',
      '{"from":"a","to":"a b","amount":4}',
    ];
    const entries = [...writeLog("chat", [['"hello"']]), ...writeLog("ledger", [payments], 1)];
    assertEquals(store.commit({ ...NO_BATCH, entries }), null);
    const read = async (query: string) => {
      const { stdout, stderr } = await new Deno.Command("sqlite3", {
        args: ["-readonly", "-separator", " ", temp.path("rumor.db"), query],
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
      return new TextDecoder().decode(stdout).split("\n").slice(0, -1);
    };
    assertEquals(await read("SELECT time, topic, seq, text FROM messages"), [
      "1970-01-01T00:00:00.001Z chat 1 hello",
    ]);
    const balances = await read("SELECT account, amount FROM balances");
    const expected = balancesByCore(entries.slice(1)).map(([name, amount]) => `${name} ${amount}`);
    assertEquals(balances.sort(), expected.sort());
    store.close();
  },
});

async function hasProgram(name: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(name, { args, stdout: "null", stderr: "null" })
      .output();
    return success;
  } catch {
    return false;
  }
}
