/** Damaged files: whatever the store gives back was stored, and what is lost is said. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { AppRow, Gap, Kept, StoreEntry } from "../../../../src/core/data/stored.ts";
import { makeIdentity } from "../../../../src/shell/crypto/crypto.ts";
import { type Store, StoreError } from "../../../../src/shell/store/store.ts";
import {
  allRows,
  Author,
  isIntact,
  NO_BATCH,
  openStore,
  TempDir,
  textOf,
} from "../../../helpers/stored.ts";
import { LONG, LONG_ONLY } from "../../../helpers/long.ts";

const FLIPS = LONG ? 300 : 100;
/** A page has eight of the smaller ones. */
const CUT_EVERY_BYTES = LONG ? 512 : 4_096;

interface Fixture {
  readonly temp: TempDir;
  readonly own: readonly StoreEntry[];
  readonly all: readonly StoreEntry[];
}

const GAP: Gap = { topic: "chat", origin: makeIdentity().id, from: 3, to: 7 };

const KEPT: Kept = { app: "private", key: "greeting", value: { "says": ["hello", 1] } };
const ROW: AppRow = { table: "payments", key: "rent", row: [1, "a", "b", 20] };

/** A small directory of a node that was closed properly. Disposed of by the caller. */
function makeFixture(): Fixture {
  const temp = new TempDir();
  const store = openStore(temp.dir);
  const arrivals = { next: 0 };
  const own = new Author(store.identity, "chat", arrivals);
  const other = new Author(makeIdentity(), "ledger", arrivals);
  const mine: StoreEntry[] = [], all: StoreEntry[] = [];
  for (let at = 0; at < 20; at++) {
    mine.push(own.write(at === 7 ? "long ".repeat(3_000) : `line ${at}`));
    all.push(mine[at], other.write({ from: "a", to: "b", amount: at + 1 }));
  }
  const printed = [["chat", 40] as const];
  const batch = { ...NO_BATCH, entries: all, printed, gaps: [GAP], kept: [KEPT], rows: [ROW] };
  assertEquals(store.commit(batch), null);
  store.close();
  return { temp, own: mine, all };
}

/**
 * One directory that is damaged again and again. Its database stays the same file for the system, so
 * that only the damage tells that something is wrong.
 */
class Patient implements Disposable {
  readonly #fixture = makeFixture();
  readonly #path = this.#fixture.temp.path("rumor.db");
  readonly #kept = `${this.#path}.kept`;
  readonly bytes = Deno.readFileSync(this.#path);
  readonly #signed = Deno.readFileSync(this.#fixture.temp.path("signed"));
  readonly #commits = Deno.readFileSync(this.#fixture.temp.path("commits"));

  constructor() {
    Deno.linkSync(this.#path, this.#kept);
  }

  /** Starts with these bytes as the database. */
  try(bytes: Uint8Array, what: string): Outcome {
    const { temp } = this.#fixture;
    for (const name of temp.names()) {
      if (name.startsWith("rumor.db") && name !== "rumor.db.kept") Deno.removeSync(temp.path(name));
    }
    Deno.linkSync(this.#kept, this.#path);
    Deno.writeFileSync(this.#path, bytes);
    Deno.writeFileSync(temp.path("signed"), this.#signed);
    Deno.writeFileSync(temp.path("commits"), this.#commits);
    return check(this.#fixture, what);
  }

  [Symbol.dispose](): void {
    this.#fixture.temp[Symbol.dispose]();
  }
}

/** What a start made of a damaged file. */
type Outcome = "whole" | "noticed" | "told" | "refused";

/** Starts, checks what must always hold, and that the node can go on. */
function check({ temp, own, all }: Fixture, what: string): Outcome {
  let store: Store;
  try {
    store = openStore(temp.dir);
  } catch (error) {
    // A flipped byte may say that the schema is newer; then nothing is touched.
    assert(error instanceof StoreError, `${what}: ${(error as Error).stack}`);
    assertStringIncludes(error.message, "schema version", what);
    return "refused";
  }
  try {
    const { reports, restored } = store;
    assert(reports.every((report) => !report.includes("\n")), what);
    const rows = allRows(store);
    const good = textOf(rows.filter(isIntact));
    const stored = new Set(textOf(all));
    assert(good.every((text) => stored.has(text)), `${what}: an entry that was never stored`);
    // Entries whose rows fail their hash are the core's to notice; all others must be told of.
    const failing = rows.length - rows.filter(isIntact).length;
    if (good.length + failing < all.length) assert(reports.length > 0, `${what}: lost in silence`);
    const here = new Set(good);
    const lost_own = textOf(own).some((text) => !here.has(text));
    if (lost_own && failing === 0) assert(restored.stale, `${what}: not stale`);
    if (what === "not damaged") assert(!restored.stale && reports.length === 0, reports.join());
    for (const [topic, position] of restored.printed) assertEquals([topic, position], ["chat", 40]);
    for (const gap of restored.gaps) assertEquals(gap, GAP, what);
    for (const kept of restored.kept) assertEquals(kept, KEPT, what);
    const notes = restored.printed.length + restored.gaps.length + restored.kept.length;
    if (notes < 3) assert(reports.length > 0, what);
    const more = new Author(makeIdentity(), "chat", { next: 1_000 }).write("goes on");
    assertEquals(store.commit({ ...NO_BATCH, entries: [more] }), null, what);
    assertEquals(textOf(allRows(store)).at(-1), textOf([more])[0], what);
    return reports.length > 0 ? "told" : failing > 0 ? "noticed" : "whole";
  } finally {
    store.close();
  }
}

Deno.test("Store.open() is not stale in these tests unless something is damaged", () => {
  using patient = new Patient();
  for (let round = 0; round < 2; round++) {
    assertEquals(patient.try(patient.bytes, "not damaged"), "whole");
  }
});

Deno.test(`Store.open() goes on after a truncation at every ${CUT_EVERY_BYTES} bytes`, () => {
  using patient = new Patient();
  const outcomes = new Set<Outcome>();
  for (let at = 0; at < patient.bytes.length; at += CUT_EVERY_BYTES) {
    outcomes.add(patient.try(patient.bytes.slice(0, at), `cut at ${at}`));
  }
  assertEquals([...outcomes], ["told"]);
});

Deno.test("Store.open() goes on after a flipped byte, wherever it is", () => {
  using patient = new Patient();
  const outcomes: Record<Outcome, number> = { whole: 0, noticed: 0, told: 0, refused: 0 };
  for (let round = 0; round < FLIPS; round++) {
    const bytes = patient.bytes.slice();
    // Spread evenly, and each bit in turn, so that a failure comes again.
    const at = Math.floor(bytes.length * round / FLIPS) + round % 97;
    bytes[at] ^= 1 << round % 8;
    outcomes[patient.try(bytes, `byte ${at}`)]++;
  }
  // Else nothing was tried here.
  assert(Math.min(outcomes.told, outcomes.noticed) > FLIPS / 50, JSON.stringify(outcomes));
});

Deno.test("Store.open() goes on after a flipped byte in the header", LONG_ONLY, () => {
  using patient = new Patient();
  for (let at = 0; at < 100; at++) {
    const bytes = patient.bytes.slice();
    bytes[at] ^= 0x41;
    const outcome = patient.try(bytes, `header byte ${at}`);
    assert(outcome !== "refused" || (at >= 62 && at < 64), `header byte ${at}: ${outcome}`);
  }
});

Deno.test("Store saves every entry of a database whose first page is lost", () => {
  const fixture = makeFixture();
  using temp = fixture.temp;
  const bytes = Deno.readFileSync(temp.path("rumor.db"));
  Deno.writeFileSync(temp.path("rumor.db"), bytes.fill(0, 0, 4_096));
  const store = openStore(temp.dir);
  const [report] = store.reports;
  assertMatch(
    report,
    /^rumor.db was damaged: 40 entries were saved, the rest is fetched again from peers; the damaged file is kept as .*rumor\.db\.damaged-[0-9TZ]+$/,
  );
  assertEquals(textOf(allRows(store)), textOf(fixture.all));
  assertEquals(store.restored.printed, [["chat", 40]]);
  assertEquals(store.restored.gaps, [GAP]);
  assertEquals(store.restored.kept, [KEPT]);
  assertEquals(store.restored.stale, true);
  // What apps made of entries is made again, of those that were saved.
  assertEquals(store.restored.rows_stale, true);
  store.close();
  const aside = report.slice(report.indexOf("kept as ") + "kept as ".length);
  assertEquals(Deno.readFileSync(aside), bytes);
});

Deno.test("Store saves no entry that is not what was stored", () => {
  const { temp, all } = makeFixture();
  using _ = temp;
  const bytes = Deno.readFileSync(temp.path("rumor.db"));
  const text = new TextDecoder("latin1").decode(bytes);
  // Also where SQLite left a copy when it moved rows to another page.
  const places = [...text.matchAll(/"line 3"/g)].map(({ index }) => index);
  assert(places.length > 0);
  for (const at of places) bytes[at + 6] = 0x39;
  Deno.writeFileSync(temp.path("rumor.db"), bytes.fill(0, 0, 100));
  const store = openStore(temp.dir);
  assertStringIncludes(store.reports.join(), "39 entries were saved");
  const lost = all.findIndex(({ line }) => new TextDecoder().decode(line).includes('"line 3"'));
  assertEquals(textOf(allRows(store)), textOf(all.filter((_, index) => index !== lost)));
  store.close();
});

/** How many entries SQLite gives of a file, by any way that it has, and skipping what it cannot read. */
function countBySqlite(path: string, arrivals: number): number {
  const found = new Set<number>();
  const read = (from: string, ...values: number[]) => {
    const db = new DatabaseSync(path);
    try {
      const query = db.prepare(`SELECT arrival, line FROM entries ${from}`);
      for (const { arrival } of query.iterate(...values)) found.add(arrival as number);
    } catch {
      // It gives up here; what it gave before counts.
    } finally {
      db.close();
    }
  };
  read("NOT INDEXED");
  read("ORDER BY arrival DESC");
  read("ORDER BY log, seq");
  read("ORDER BY log DESC, seq DESC");
  for (let at = 0; at < arrivals; at++) {
    read("WHERE arrival = ?", at);
    read("WHERE arrival >= ? ORDER BY arrival LIMIT 1", at);
  }
  return found.size;
}

Deno.test("Store saves entries of which SQLite reads none, because the page above them is lost", () => {
  const fixture = makeFixture();
  using temp = fixture.temp;
  const path = temp.path("rumor.db");
  assertEquals(countBySqlite(path, fixture.all.length), fixture.all.length);
  const db = new DatabaseSync(path);
  const { rootpage } = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'")
    .get()!;
  db.close();
  const bytes = Deno.readFileSync(path);
  const at = (Number(rootpage) - 1) * 4_096;
  // A page above others, not one with rows; any byte of its first would do.
  assertEquals(bytes[at], 0x05);
  bytes[at] ^= 0x40;
  Deno.writeFileSync(path, bytes);
  assertEquals(countBySqlite(path, fixture.all.length), 0);
  // A node that was alone acknowledged them all, and no peer has any of them.
  const store = openStore(temp.dir);
  assertStringIncludes(store.reports.join(), "40 entries were saved");
  assertEquals(textOf(allRows(store)), textOf(fixture.all));
  store.close();
});

Deno.test("Store does not believe a number that is not the one it wrote", () => {
  for (
    const [change, left] of [
      ["UPDATE printed SET position = position - 1", { printed: [], gaps: [GAP], kept: [KEPT] }],
      ["UPDATE gaps SET last = last + 1", { printed: [["chat", 40]], gaps: [], kept: [KEPT] }],
      ["UPDATE kept SET value = '2'", { printed: [["chat", 40]], gaps: [GAP], kept: [] }],
    ] as const
  ) {
    const { temp } = makeFixture();
    using _ = temp;
    const db = new DatabaseSync(temp.path("rumor.db"));
    db.exec(change);
    db.close();
    const store = openStore(temp.dir);
    assertEquals(store.reports, [
      "rumor.db had damage in 1 of its notes: lines may be printed again",
    ]);
    const { printed, gaps, kept } = store.restored;
    assertEquals({ printed, gaps, kept }, left as never);
    store.close();
    const next = openStore(temp.dir);
    assertEquals(next.reports, []);
    next.close();
  }
});

Deno.test("Store saves what was only in the write-ahead log of a damaged database", () => {
  using temp = new TempDir();
  const store = openStore(temp.dir);
  const author = new Author(store.identity, "chat", { next: 0 });
  const entries = author.writeAll(["one", "two ".repeat(2_000), "three"]);
  assertEquals(store.commit({ ...NO_BATCH, entries }), null);
  const main = Deno.readFileSync(temp.path("rumor.db"));
  const log = Deno.readFileSync(temp.path("rumor.db-wal"));
  store.close();
  Deno.writeFileSync(temp.path("rumor.db"), main.fill(0xff, 0, 1_000));
  Deno.writeFileSync(temp.path("rumor.db-wal"), log);
  const next = openStore(temp.dir);
  assertEquals(textOf(allRows(next)), textOf(entries));
  assertEquals(temp.names().filter((name) => name.endsWith("-wal")).length, 2);
  next.close();
});

Deno.test("Store does not bring back what was dropped or forgotten before the damage", () => {
  using temp = new TempDir();
  const store = openStore(temp.dir);
  const arrivals = { next: 0 };
  const [ann, ben] = [1, 2].map(() => new Author(makeIdentity(), "chat", arrivals));
  const texts = Array.from({ length: 200 }, (_, at) => `${at} ${"x".repeat(400)}`);
  const entries = [...ann.writeAll(texts), ...ben.writeAll(texts)];
  const { id } = ann.identity;
  assertEquals(store.commit({ ...NO_BATCH, entries }), null);
  assertEquals(store.commit({ ...NO_BATCH, forgotten: [[id, "chat", 200]] }), null);
  assertEquals(store.commit({ ...NO_BATCH, drop_before: 300 }), null);
  store.close();
  const bytes = Deno.readFileSync(temp.path("rumor.db"));
  Deno.writeFileSync(temp.path("rumor.db"), bytes.fill(0, 0, 100));
  const next = openStore(temp.dir);
  assertEquals(textOf(allRows(next)), textOf(entries.slice(300)));
  assertEquals(next.restored.forgotten, [[id, "chat", 200]]);
  assertEquals(next.restored.drop_before, 300);
  next.close();
});

Deno.test("Store saves what it can at the next start when damage shows only in writing", () => {
  const fixture = makeFixture();
  using temp = fixture.temp;
  const entries = new Author(makeIdentity(), "chat", { next: 100 }).writeAll(
    Array(500).fill("x".repeat(500)),
  );
  const db = new DatabaseSync(temp.path("rumor.db"));
  db.exec("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(60000)); DROP TABLE t");
  const { freelist_count } = db.prepare("PRAGMA freelist_count").get()!;
  assert(Number(freelist_count) > 10);
  db.close();
  // The first page of the list of free pages says that a page is free that is in use.
  const bytes = Deno.readFileSync(temp.path("rumor.db"));
  const view = new DataView(bytes.buffer);
  const list = (view.getUint32(32) - 1) * 4_096;
  for (let at = 8; at < 48; at += 4) view.setUint32(list + at, 0xffff_0000);
  Deno.writeFileSync(temp.path("rumor.db"), bytes);
  const next = openStore(temp.dir);
  assertEquals(next.reports, []);
  const fault = next.commit({ ...NO_BATCH, entries });
  assertEquals(fault, "rumor.db is damaged; start this node again, to save what can be read");
  assertEquals(textOf(allRows(next)), textOf(fixture.all));
  next.close();
  const last = openStore(temp.dir);
  assertStringIncludes(last.reports.join(), "40 entries were saved");
  assertEquals(last.commit({ ...NO_BATCH, entries }), null);
  last.close();
  const after = openStore(temp.dir);
  assertEquals(after.reports, []);
  after.close();
});

Deno.test("Store notices rows that are gone, of its own and of others", () => {
  for (const [gone, stale] of [[38, true], [39, false]] as const) {
    const fixture = makeFixture();
    using temp = fixture.temp;
    const db = new DatabaseSync(temp.path("rumor.db"));
    db.exec(`DELETE FROM entries WHERE arrival = ${gone}`);
    db.close();
    const store = openStore(temp.dir);
    assertEquals(store.reports, [
      "rumor.db had lost entries: they are fetched again from peers",
    ]);
    assertEquals(store.restored.stale, stale);
    store.close();
    const next = openStore(temp.dir);
    // Said once; but the own entry is still missing.
    assertEquals(next.reports, []);
    assertEquals(next.restored.stale, stale);
    next.close();
  }
});
