/** A directory of rumor 0.1.0, whose database has the schema version 1, still opens with all it has. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Identity } from "../../../../src/shell/crypto/crypto.ts";
import { sha256 } from "../../../../src/shell/crypto/crypto.ts";
import { replaceKey } from "../../../../src/shell/crypto/key_file.ts";
import { guardOf } from "../../../../src/shell/store/files.ts";
import { type NoteValue, proofOf, readNotes } from "../../../../src/shell/store/notes.ts";
import { StoreReader } from "../../../../src/shell/store/reader.ts";
import type { StoredRow } from "../../../../src/core/data/stored.ts";
import { makeLine, ORIGINS } from "../../../helpers/history.ts";
import { allRows, openStore, TempDir } from "../../../helpers/stored.ts";
import { assertShown, query, StoreNode } from "../../../helpers/store_node.ts";

/** The tables and views as 0.1.0 made them; of the views, their names alone matter. */
const VERSION_1 = `
PRAGMA page_size = 4096; PRAGMA journal_mode = DELETE; BEGIN;
PRAGMA application_id = 0x72756d72; PRAGMA user_version = 1;
CREATE TABLE logs(
  log INTEGER PRIMARY KEY, origin TEXT NOT NULL, topic TEXT NOT NULL,
  seq INTEGER NOT NULL, arrival INTEGER NOT NULL, UNIQUE(origin, topic));
CREATE TABLE entries(
  arrival INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL,
  line BLOB NOT NULL, hash TEXT NOT NULL, UNIQUE(log, seq));
CREATE TABLE gaps(
  origin TEXT NOT NULL, topic TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  proof TEXT NOT NULL, UNIQUE(origin, topic, first));
CREATE TABLE forks(
  origin TEXT NOT NULL, topic TEXT NOT NULL, one BLOB NOT NULL, other BLOB NOT NULL,
  proof TEXT NOT NULL, UNIQUE(origin, topic));
CREATE TABLE printed(
  topic TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, proof TEXT NOT NULL);
CREATE TABLE forgotten(
  place INTEGER PRIMARY KEY, origin TEXT NOT NULL, topic TEXT NOT NULL, seq INTEGER NOT NULL,
  proof TEXT NOT NULL, UNIQUE(origin, topic));
CREATE TABLE quarantine(place INTEGER PRIMARY KEY, line BLOB NOT NULL, why TEXT NOT NULL, time TEXT NOT NULL);
CREATE TABLE meta(key TEXT NOT NULL UNIQUE, value TEXT NOT NULL, proof TEXT NOT NULL);
CREATE VIEW items AS SELECT 1 AS old FROM entries;
CREATE VIEW messages AS SELECT old FROM items;
CREATE VIEW payments AS SELECT old FROM items;
CREATE VIEW balances AS SELECT old FROM payments;
COMMIT`;

const [ANN, BOB, CYD, DAN] = ORIGINS;
const TIME = "1970-01-01T00:00:00.001Z";

/** Two entries of a log. */
function log(origin: string, topic: string, one: string, two: string): Uint8Array[] {
  const first = makeLine({ origin, topic, seq: 1, items: `[${one}]` });
  const place = { origin, topic, seq: 2, first: 2, previous: sha256(first) };
  return [first, makeLine({ ...place, items: `[${two}]` })];
}

const CHAT = log(ANN, "chat", '"one"', '"two"');
const PAID = log(
  BOB,
  "ledger",
  '{"id":"x","from":"a","to":"b","amount":5}',
  '{"from":"b","to":"c","amount":2}',
);
const LESS = makeLine({
  origin: CYD,
  topic: "ledger",
  seq: 1,
  items: '[{"id":"x","from":"e","to":"b","amount":3}]',
});
const FORK = [1, 2].map((one) => makeLine({ origin: DAN, seq: 1, items: `[${one}]` }));

/** Writes a directory as 0.1.0 left it when it was stopped. */
function writeOld(temp: TempDir): Identity {
  Deno.mkdirSync(temp.dir, { mode: 0o700 });
  const { identity } = replaceKey(temp.path("key"), temp.dir);
  Deno.writeFileSync(temp.path("rumor.db"), new Uint8Array(), { mode: 0o600 });
  const db = new DatabaseSync(temp.path("rumor.db"));
  db.exec(VERSION_1);
  const note = (table: string, ...values: NoteValue[]) => {
    const places = values.map(() => "?").join(", ");
    db.prepare(`INSERT INTO ${table} VALUES (${places}, ?)`).run(...values, proofOf(...values));
  };
  const lines = [CHAT[0], PAID[0], CHAT[1], PAID[1], LESS];
  const put = db.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, ?)");
  for (const [arrival, line] of lines.entries()) {
    const number = [CHAT, PAID, [LESS]].findIndex((log) => log.includes(line)) + 1;
    const { s } = JSON.parse(new TextDecoder().decode(line));
    put.run(arrival, number, s, line, sha256(line));
  }
  const head = db.prepare("INSERT INTO logs VALUES (?, ?, ?, ?, ?)");
  head.run(1, ANN, "chat", 2, 2);
  head.run(2, BOB, "ledger", 2, 3);
  head.run(3, CYD, "ledger", 1, 4);
  note("gaps", CYD, "chat", 1, 7);
  note("forks", DAN, "chat", ...FORK);
  note("printed", "chat", 1);
  db.prepare("INSERT INTO forgotten VALUES (1, ?, 'chat', 9, ?)").run(BOB, proofOf(BOB, "chat", 9));
  db.prepare("INSERT INTO quarantine VALUES (1, ?, 'it does not verify', ?)").run(FORK[0], TIME);
  note("meta", "id", identity.id);
  note(
    "meta",
    "guard",
    `${guardOf(temp.path("key"), true)} ${guardOf(temp.path("rumor.db"), false)}`,
  );
  note("meta", "stale", "0");
  note("meta", "open", "0");
  note("meta", "commits", "4");
  note("meta", "dropped", "0");
  db.close();
  Deno.writeTextFileSync(temp.path("signed"), "0000000000000000\n", { mode: 0o600 });
  Deno.writeTextFileSync(temp.path("commits"), "0000000000000004\n", { mode: 0o600 });
  return identity;
}

/** The rows as they were stored. */
function stored(): Pick<StoredRow, "arrival" | "hash">[] {
  return [CHAT[0], PAID[0], CHAT[1], PAID[1], LESS].map((line, arrival) => {
    return { arrival, hash: sha256(line) };
  });
}

const NOTES = {
  gaps: [{ origin: CYD, topic: "chat", from: 1, to: 7 }],
  forks: [{ origin: DAN, topic: "chat", lines: FORK }],
  printed: [["chat", 1]],
  forgotten: [[BOB, "chat", 9]],
  kept: [],
  drop_before: 0,
};

Deno.test("Store.open() makes a database of version 1 its own, and loses nothing", () => {
  using temp = new TempDir();
  const { id } = writeOld(temp);
  const store = openStore(temp.dir);
  assertEquals(store.reports, []);
  assertEquals(store.identity.id, id);
  assertEquals(allRows(store).map(({ arrival, hash }) => ({ arrival, hash })), stored());
  assertEquals({ ...store.restored }, { ...NOTES, stale: false, rows_stale: true } as never);
  store.close();
  const [version] = query(temp.path("rumor.db"), "PRAGMA user_version");
  assertEquals(version, { user_version: 2 });
  assertEquals(query(temp.path("rumor.db"), "SELECT * FROM quarantine").length, 1);
  const again = openStore(temp.dir);
  assertEquals(again.reports, []);
  // Nothing was stored yet, so the rows are still to be written.
  assertEquals({ ...again.restored }, { ...NOTES, stale: false, rows_stale: true } as never);
  again.close();
});

Deno.test("The views of a database of version 1 are right after the first start", () => {
  using temp = new TempDir();
  writeOld(temp);
  const path = temp.path("rumor.db");
  for (let round = 0; round < 2; round++) {
    const store = openStore(temp.dir);
    assertEquals(store.restored.rows_stale, round === 0);
    const { ledger } = new StoreNode(store);
    assertEquals(ledger.by_id.size, 2);
    assertShown(path, ledger);
    store.close();
    assertEquals(query(path, "SELECT * FROM balances"), [
      { account: "b", amount: 1 },
      { account: "c", amount: 2 },
      { account: "e", amount: -3 },
    ]);
    assertEquals(query(path, "SELECT * FROM payments ORDER BY id"), [
      { time: TIME, id: `${BOB.slice(0, 16)}:2`, from: "b", to: "c", amount: 2 },
      { time: TIME, id: "x", from: "e", to: "b", amount: 3 },
    ]);
    assertEquals(query(path, "SELECT text FROM messages"), [{ text: "one" }, { text: "two" }]);
  }
});

Deno.test("A database of version 1 can be read before anything opened it to write", () => {
  using temp = new TempDir();
  writeOld(temp);
  const before = Deno.readFileSync(temp.path("rumor.db"));
  {
    using reader = new StoreReader(temp.dir);
    const rows = [...reader.rows(null)].flat();
    assertEquals(rows.map(({ arrival, hash }) => ({ arrival, hash })), stored());
    const { gaps, forks, printed, forgotten, kept, damaged } = readNotes(reader.db);
    const notes = { gaps, forks, printed, forgotten, kept, drop_before: 0 };
    assertEquals([notes, damaged], [NOTES, []] as never);
    reader.finish();
  }
  assertEquals(Deno.readFileSync(temp.path("rumor.db")), before);
});

Deno.test("What can be read of a damaged database of version 1 is saved", () => {
  using temp = new TempDir();
  writeOld(temp);
  const bytes = Deno.readFileSync(temp.path("rumor.db"));
  Deno.writeFileSync(temp.path("rumor.db"), bytes.fill(0, 0, 100));
  const store = openStore(temp.dir);
  assertStringIncludes(store.reports.join(), "5 entries were saved");
  const { gaps, forks, printed, forgotten, kept } = store.restored;
  const notes = { gaps, forks, printed, forgotten, kept, drop_before: 0 };
  assertEquals(notes, NOTES as never);
  assertShown(temp.path("rumor.db"), new StoreNode(store).ledger);
  store.close();
});
