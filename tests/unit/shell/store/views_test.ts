/** The views say what the program says, in Deno's SQLite and in the `sqlite3` of the system. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { ledger } from "../../../../src/apps/ledger/app.ts";
import {
  balanceOf,
  emptyLedger,
  reduceLedger,
  sortedAccounts,
} from "../../../../src/apps/ledger/ledger.ts";
import { APPS } from "../../../../src/apps/registry.ts";
import { storedApps } from "../../../../src/cli/node/apps.ts";
import type { AppView, DeliveredItem } from "../../../../src/core/host/app.ts";
import type { AppRow, StoreEntry } from "../../../../src/core/data/stored.ts";
import { makeSchema, prepareAll } from "../../../../src/shell/store/schema.ts";
import { Writer } from "../../../../src/shell/store/writer.ts";
import { itemsOf as itemsOfEntries } from "../../../helpers/delivered.ts";
import { entryOf, hashOf, makeLine, ORIGINS } from "../../../helpers/history.ts";
import { NO_BATCH, openStore, TempDir } from "../../../helpers/stored.ts";

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

/** The items of entries, as apps are given them. */
function itemsOf(entries: readonly StoreEntry[]): DeliveredItem[] {
  return itemsOfEntries(entries.map(({ line }) => entryOf(line.subarray(0, line.length - 1))));
}

/** The answer of the program: what `rumor balances` prints. */
function balancesByCore(entries: readonly StoreEntry[]): [string, string][] {
  const [after] = reduceLedger(emptyLedger(), itemsOf(entries));
  return byName(
    sortedAccounts(after).map((account) => [account, String(balanceOf(after, account))]),
  );
}

/** The payments that count, by their ids. */
function paymentsByCore(entries: readonly StoreEntry[]): unknown[][] {
  const [{ by_id }] = reduceLedger(emptyLedger(), itemsOf(entries));
  return byName([...by_id.values()].map(({ id, from, to, amount }) => [id, from, to, amount]));
}

/** What the app writes for SQL while it is given items, so many at a time. */
function rowsOf(items: readonly DeliveredItem[], at_once = items.length): AppRow[] {
  let state: unknown = ledger.initial(null as never, []);
  const rows: AppRow[] = [];
  for (let at = 0; at < items.length; at += at_once) {
    const event = { kind: "delivered", items: items.slice(at, at + at_once) } as const;
    const [after, outs] = ledger.reduce!(state, event, null as unknown as AppView);
    for (const out of outs) {
      if (out.kind === "row") rows.push({ table: out.table, key: out.key, row: out.row });
    }
    state = after;
  }
  return rows;
}

function byName<T extends unknown[]>(rows: T[]): T[] {
  return rows.sort(([a], [b]) => a as string < (b as string) ? -1 : 1);
}

/** A database without a store, which is written as a store writes it. */
class Tables implements Disposable {
  readonly db = new DatabaseSync(":memory:");
  readonly #writer;
  readonly #balances;
  readonly #payments;

  constructor() {
    makeSchema(this.db, storedApps(APPS));
    this.#writer = new Writer(this.db, prepareAll(this.db), 0, storedApps(APPS).whole);
    this.#balances = this.db.prepare(
      "SELECT account, CAST(amount AS TEXT) AS amount FROM balances",
    );
    this.#payments = this.db.prepare('SELECT time, id, "from", "to", amount FROM payments');
  }

  /** Brings what the app made of entries, some of them at a time. */
  book(entries: readonly StoreEntry[], at_once?: number): void {
    this.db.exec("BEGIN; DELETE FROM app_rows");
    this.#writer.write({ ...NO_BATCH, rows: rowsOf(itemsOf(entries), at_once) });
    this.db.exec("COMMIT");
  }

  /** What the views show, in the order of accounts and of ids. */
  get balances(): [string, string][] {
    const rows = this.#balances.all() as { account: string; amount: string }[];
    return byName(rows.map(({ account, amount }) => [account, amount]));
  }

  get payments(): unknown[][] {
    return byName(
      this.#payments.all().map(({ time, id, from, to, amount }) => {
        assertEquals(time, "1970-01-01T00:00:00.001Z");
        return [id, from, to, amount];
      }),
    );
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

/** Puts entries into a database, without a store. */
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

Deno.test("The views of the ledger agree with reduceLedger() on every kind of item", () => {
  using tables = new Tables();
  const lists = fc.array(fc.array(item, { maxLength: 4 }), { maxLength: 4 });
  let compared = 0, taken_back = 0;
  fc.assert(
    fc.property(lists, lists, fc.integer({ min: 1, max: 9 }), (ann, ben, at_once) => {
      const entries = [...writeLog("ledger", ann, 0), ...writeLog("ledger", ben, 1)];
      tables.book(entries, at_once);
      const expected = balancesByCore(entries);
      assertEquals(tables.balances, expected);
      assertEquals(tables.payments, paymentsByCore(entries));
      compared += expected.length;
      const [{ applied }] = reduceLedger(emptyLedger(), itemsOf(entries));
      for (const { replaced } of applied.from()) if (replaced !== null) taken_back++;
    }),
    { numRuns: 300 },
  );
  assert(compared > 0, "nothing was compared");
  assert(taken_back > 0, "nothing was taken back");
});

Deno.test("The view of balances refuses the same characters as reduceLedger()", () => {
  using tables = new Tables();
  const codes = [...Array(0x3100).keys(), 0xfeff, 0xfffd, 0x1f600, 0xe0001].filter((code) =>
    code < 0xd800 || code > 0xdfff
  );
  const items = codes.map((code) =>
    JSON.stringify({ from: `a${String.fromCodePoint(code)}`, to: "b", amount: 1 })
  );
  const lists = Array.from({ length: 4 }, (_, at) => items.slice(at * 4_000, (at + 1) * 4_000));
  const entries = writeLog("ledger", lists);
  tables.book(entries);
  assertEquals(tables.balances, balancesByCore(entries));
});

Deno.test("The view of balances is exact beyond 64 bits", () => {
  using tables = new Tables();
  const most = '{"from":"a","to":"b","amount":9007199254740991}';
  const back = '{"from":"b","to":"c","amount":9007199254740990}';
  const entries = writeLog("ledger", [Array(2_000).fill(most), Array(7).fill(back)]);
  tables.book(entries);
  assertEquals(tables.balances, balancesByCore(entries));
});

Deno.test("The view of messages shows time, origin, topic, number and text", () => {
  using tables = new Tables();
  const { db } = tables;
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
});

Deno.test("The view of messages leaves out a line that is damaged, and shows the others", () => {
  using tables = new Tables();
  const { db } = tables;
  const [one, two] = writeLog("chat", [['"one"'], ['"two"']]);
  one.line[one.line.indexOf(0x5b)] = 0x7b;
  fill(db, [one, two]);
  assertEquals(db.prepare("SELECT text FROM messages").all().map(({ text }) => text), ["two"]);
});

Deno.test({
  name: "sqlite3 reads both views, also while a node has the directory" +
    (has_sqlite3 ? "" : " (skipped: there is no sqlite3 here)"),
  ignore: !has_sqlite3,
  fn: async () => {
    using temp = new TempDir();
    const store = openStore(temp.dir);
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
    const rows = rowsOf(itemsOf(entries.slice(1)));
    assertEquals(store.commit({ ...NO_BATCH, entries, rows }), null);
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
