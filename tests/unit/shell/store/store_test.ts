import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { StoreBatch } from "../../../../src/core/data/stored.ts";
import { makeIdentity } from "../../../../src/shell/crypto/crypto.ts";
import { type Store, StoreError } from "../../../../src/shell/store/store.ts";
import { FORGOTTEN_MAX } from "../../../../src/shell/store/schema.ts";
import {
  allRows,
  Author,
  isIntact,
  NO_BATCH,
  openStore,
  TempDir,
  textOf,
} from "../../../helpers/stored.ts";

const encoder = new TextEncoder();
const is_windows = Deno.build.os === "windows";

/** Opens, works, closes. */
function withStore<T>(dir: string, work: (store: Store) => T): T {
  const store = openStore(dir);
  try {
    return work(store);
  } finally {
    store.close();
  }
}

function commit(store: Store, batch: Partial<StoreBatch>): void {
  assertEquals(store.commit({ ...NO_BATCH, ...batch }), null);
}

Deno.test("Store.open() makes the directory, with a key that only its owner can read", () => {
  using temp = new TempDir();
  const id = withStore(temp.dir, (store) => {
    assertEquals(store.reports, []);
    assertEquals(store.restored.stale, false);
    return store.identity.id;
  });
  assertEquals(temp.names(), ["key", "lock", "rumor.db", "signed"]);
  if (!is_windows) {
    assertEquals(Deno.statSync(temp.dir).mode! & 0o777, 0o700);
    assertEquals(Deno.statSync(temp.path("key")).mode! & 0o777, 0o600);
    assertEquals(Deno.statSync(temp.path("rumor.db")).mode! & 0o777, 0o600);
  }
  assertEquals(withStore(temp.dir, (store) => store.identity.id), id);
});

Deno.test("Store gives back what was committed, byte for byte and in order", () => {
  using temp = new TempDir();
  const arrivals = { next: 0 };
  const ann = new Author(makeIdentity(), "chat", arrivals);
  const ben = new Author(makeIdentity(), "ledger", arrivals);
  const entries = [
    ann.write("one"),
    ben.write({ from: "a", to: "b", amount: 5 }),
    ann.write("two\u0000", "\u{1f600}", "x".repeat(20_000)),
    ann.write(),
  ];
  const gap = { topic: "chat", origin: ben.identity.id, from: 1, to: 7 };
  const fork = {
    origin: ann.identity.id,
    topic: "chat",
    lines: [entries[0].line, entries[2].line] as const,
  };
  const kept = { app: "private", key: "one", value: { a: "\u{1f600}" } };
  withStore(temp.dir, (store) => {
    commit(store, { entries: entries.slice(0, 2), gaps: [gap], forks: [fork] });
    commit(store, { entries: entries.slice(2), printed: [["chat", 3], ["ledger", 1]] });
    commit(store, { printed: [["chat", 4]], kept: [kept, { ...kept, key: "gone" }] });
    commit(store, { kept: [{ ...kept, value: ["newer"] }, { ...kept, key: "gone", value: null }] });
  });
  withStore(temp.dir, (store) => {
    const rows = allRows(store);
    assertEquals(rows.map(({ arrival }) => arrival), [0, 1, 2, 3]);
    assertEquals(textOf(rows), textOf(entries));
    assert(rows.every(isIntact));
    assertEquals(store.restored, {
      gaps: [gap],
      forks: [fork],
      printed: [["ledger", 1], ["chat", 4]],
      kept: [{ ...kept, value: ["newer"] }],
      forgotten: [],
      drop_before: 0,
      stale: false,
      rows_stale: false,
    });
  });
});

Deno.test("Store.rows() gives everything in batches that are bounded in rows and in bytes", () => {
  using temp = new TempDir();
  const author = new Author(makeIdentity(), "chat", { next: 0 });
  withStore(temp.dir, (store) => {
    commit(store, { entries: author.writeAll(Array.from({ length: 2_345 }, (_, at) => `${at}`)) });
    commit(store, { entries: author.writeAll(Array(60).fill("x".repeat(200_000))) });
    const sizes = [...store.rows()].map((rows) => {
      return { rows: rows.length, bytes: rows.reduce((sum, { line }) => sum + line.length, 0) };
    });
    assertEquals(sizes.reduce((sum, { rows }) => sum + rows, 0), 2_405);
    assert(sizes.every(({ rows, bytes }) => rows <= 1_000 && bytes < 4_300_000), "too large");
    assertEquals(allRows(store).map(({ arrival }) => arrival), [...Array(2_405).keys()]);
  });
});

Deno.test("Store.commit() replaces an entry that is stored already", () => {
  using temp = new TempDir();
  const author = new Author(makeIdentity(), "chat", { next: 0 });
  const [one, two] = author.writeAll(["one", "two"]);
  withStore(temp.dir, (store) => {
    commit(store, { entries: [one, two] });
    commit(store, { entries: [{ ...one, arrival: 9 }] });
    assertEquals(allRows(store).map(({ arrival }) => arrival), [1, 9]);
    commit(store, { entries: [{ ...one, arrival: 9 }] });
    assertEquals(allRows(store).length, 2);
  });
});

Deno.test("Store.commit() drops old entries, but not the ledger's and the newest of a log", () => {
  using temp = new TempDir();
  const arrivals = { next: 0 };
  const [ann, ben] = [1, 2].map(() => new Author(makeIdentity(), "chat", arrivals));
  const payer = new Author(makeIdentity(), "ledger", arrivals);
  const payment = { from: "a", to: "b", amount: 1 };
  const kept = (store: Store) => allRows(store).map(({ arrival }) => arrival);
  withStore(temp.dir, (store) => {
    commit(store, { entries: [ann.write("0"), ben.write("1"), payer.write(payment)] });
    commit(store, { entries: [payer.write(payment), ann.write("4"), ann.write("5")] });
    commit(store, { drop_before: 5 });
    assertEquals(kept(store), [1, 2, 3, 5]);
    // What stayed only because it was the newest goes when there is a newer one.
    commit(store, { entries: [ben.write("6")] });
    assertEquals(kept(store), [2, 3, 5, 6]);
  });
  withStore(temp.dir, (store) => {
    assertEquals(store.restored.drop_before, 5);
    commit(store, { entries: [ann.write("7")], drop_before: 7 });
    assertEquals(kept(store), [2, 3, 6, 7]);
    assertEquals(store.reports, []);
  });
});

Deno.test("Store.commit() forgets logs as a whole, and remembers which", () => {
  using temp = new TempDir();
  const arrivals = { next: 0 };
  const [ann, ben] = [1, 2].map(() => new Author(makeIdentity(), "chat", arrivals));
  const { id } = ann.identity;
  withStore(temp.dir, (store) => {
    commit(store, {
      entries: [ann.write("0"), ben.write("1"), ann.write("2")],
      gaps: [{ topic: "chat", origin: id, from: 1, to: 1 }],
    });
    commit(store, { forgotten: [[id, "chat", 2]] });
    assertEquals(allRows(store).map(({ arrival }) => arrival), [1]);
    // It goes on later, and what was before stays forgotten.
    commit(store, { forgotten: [[id, "chat", 3]], entries: [ann.write("3"), ann.write("4")] });
    assertEquals(allRows(store).map(({ arrival }) => arrival), [1, 4]);
  });
  withStore(temp.dir, (store) => {
    assertEquals(store.restored.forgotten, [[id, "chat", 3]]);
    assertEquals(store.restored.gaps, []);
    assertEquals(store.reports, []);
  });
});

Deno.test("Store remembers only the newest of what is forgotten", () => {
  using temp = new TempDir();
  const name = (at: number) => String(at).padStart(43, "a");
  const forgotten = Array.from({ length: FORGOTTEN_MAX + 10 }, (_, at) => {
    return [name(at), "chat", at] as const;
  });
  withStore(temp.dir, (store) => commit(store, { forgotten }));
  withStore(temp.dir, ({ restored }) => {
    assertEquals(restored.forgotten.length, FORGOTTEN_MAX);
    assertEquals(restored.forgotten[0], forgotten[10]);
    assertEquals(restored.forgotten.at(-1), forgotten.at(-1));
  });
});

Deno.test("Store.quarantine() moves rows aside; a later start does not give them", () => {
  using temp = new TempDir();
  const author = new Author(makeIdentity(), "chat", { next: 0 });
  withStore(temp.dir, (store) => {
    commit(store, { entries: author.writeAll(["0", "1", "2"]) });
    store.quarantine([1, 2, 77]);
    assertEquals(allRows(store).map(({ arrival }) => arrival), [0]);
    commit(store, { entries: [author.write("3")] });
  });
  withStore(temp.dir, (store) => {
    assertEquals(store.reports, []);
    assertEquals(store.restored.stale, false);
    assertEquals(allRows(store).map(({ arrival }) => arrival), [0, 3]);
  });
});

Deno.test("Store.commit() says why it did not, changes nothing, and works the next time", () => {
  using temp = new TempDir();
  const author = new Author(makeIdentity(), "chat", { next: 0 });
  withStore(temp.dir, (store) => {
    commit(store, { entries: [author.write("0")] });
    const entries = author.writeAll(["1", "2"]);
    // A value that SQLite refuses in the middle of a transaction, as a disk might.
    const broken = { topic: "chat", origin: null as unknown as string, from: 1, to: 2 };
    const drop_before = 1;
    const fault = store.commit({ ...NO_BATCH, entries, gaps: [broken], drop_before });
    assertStringIncludes(fault ?? "", "the disk cannot be written: ");
    assertEquals(allRows(store).length, 1);
    commit(store, { entries });
    assertEquals(allRows(store).length, 3);
    commit(store, { drop_before });
    assertEquals(allRows(store).length, 2);
  });
  withStore(temp.dir, (store) => assertEquals(store.reports, []));
});

Deno.test("Store.open() refuses a second one, and says who has it", () => {
  using temp = new TempDir();
  withStore(temp.dir, () => {
    const error = assertThrows(() => openStore(temp.dir), StoreError);
    assertEquals(error.message, `${temp.dir} is in use by process ${Deno.pid}`);
  });
  withStore(temp.dir, () => {});
});

Deno.test("Store.open() refuses a newer schema, and leaves every byte as it is", async () => {
  using temp = new TempDir();
  withStore(temp.dir, () => {});
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(temp.path("rumor.db"));
  db.exec("PRAGMA user_version = 99; CREATE TABLE new(column)");
  db.close();
  const before = temp.names().map((name) => [name, Deno.readFileSync(temp.path(name))]);
  const error = assertThrows(() => openStore(temp.dir), StoreError);
  assertStringIncludes(error.message, "has schema version 99, but this program knows 2");
  assertEquals(temp.names().map((name) => [name, Deno.readFileSync(temp.path(name))]), before);
});

Deno.test("Store.open() refuses the database of another program, and leaves it as it is", async () => {
  using temp = new TempDir();
  Deno.mkdirSync(temp.dir);
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(temp.path("rumor.db"));
  db.exec("CREATE TABLE theirs(column)");
  db.close();
  const before = Deno.readFileSync(temp.path("rumor.db"));
  const error = assertThrows(() => openStore(temp.dir), StoreError);
  assertStringIncludes(error.message, "is a database of another program");
  assertEquals(Deno.readFileSync(temp.path("rumor.db")), before);
  assertEquals(temp.names(), ["rumor.db"]);
});

Deno.test({
  name: "Store.open() refuses a key that others can read, and says what to run",
  ignore: is_windows,
  fn: () => {
    using temp = new TempDir();
    withStore(temp.dir, () => {});
    for (const mode of [0o640, 0o604, 0o660]) {
      Deno.chmodSync(temp.path("key"), mode);
      const error = assertThrows(() => openStore(temp.dir), StoreError);
      assertEquals(
        error.message,
        `${temp.path("key")} can be read by others; run: chmod 600 ${temp.path("key")}`,
      );
    }
  },
});

Deno.test("Store.open() says in one line why a path cannot be a directory", () => {
  using temp = new TempDir();
  Deno.writeTextFileSync(temp.dir, "");
  for (const path of [temp.dir, `${temp.dir}/below`]) {
    const error = assertThrows(() => openStore(path), StoreError);
    assertStringIncludes(error.message, path);
    assert(!error.message.includes("\n"), error.message);
  }
});

Deno.test("Store.renew() makes a new key and keeps the old one aside", () => {
  using temp = new TempDir();
  const id = withStore(temp.dir, (store) => {
    const before = store.identity;
    const after = store.renew();
    assert(before.id !== after.id);
    assertEquals(store.identity.id, after.id);
    return after.id;
  });
  const [old] = temp.names().filter((name) => name.startsWith("key.old-"));
  if (!is_windows) assertEquals(Deno.statSync(temp.path(old)).mode! & 0o777, 0o600);
  withStore(temp.dir, (store) => {
    assertEquals(store.identity.id, id);
    assertEquals(store.restored.stale, false);
  });
});

Deno.test("Store.identity signs as the key in the file", () => {
  using temp = new TempDir();
  const bytes = encoder.encode("anything");
  const one = withStore(temp.dir, ({ identity }) => identity.sign(bytes));
  const jwk = JSON.parse(Deno.readTextFileSync(temp.path("key")));
  assertEquals(makeIdentity(jwk).sign(bytes), one);
});
