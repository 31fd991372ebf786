/** When a node may have signed more than its directory holds. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { makeIdentity } from "../../../../src/shell/crypto/crypto.ts";
import type { Store } from "../../../../src/shell/store/store.ts";
import { Process } from "../../../../tools/process.ts";
import { allRows, Author, NO_BATCH, openStore, TempDir } from "../../../helpers/stored.ts";

/** The next start, with what is done in it; gives what it was told. */
function start(dir: string, work: (store: Store) => void = () => {}): Store["restored"] {
  const store = openStore(dir);
  try {
    work(store);
    return store.restored;
  } finally {
    store.close();
  }
}

/** A directory whose node signed and stored three entries. */
function used(temp: TempDir): void {
  start(temp.dir, (store) => write(store, 3));
}

function write(store: Store, count: number): void {
  const author = new Author(store.identity, "chat", { next: 0 });
  for (let at = 0; at < count; at++) {
    assertEquals(store.commit({ ...NO_BATCH, entries: [author.write(`${at}`)] }), null);
  }
}

Deno.test("Store is not stale after a clean end, again and again", () => {
  using temp = new TempDir();
  used(temp);
  for (let round = 0; round < 3; round++) assertEquals(start(temp.dir).stale, false);
});

Deno.test("Store is not stale after kill -9, and has all that was committed", async () => {
  using temp = new TempDir();
  const script = fileURLToPath(new URL("../../../helpers/store_child.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../../../deno.json", import.meta.url));
  const command = [Deno.execPath(), "run", "-A", "--no-check", "--config", config, script];
  {
    await using child = new Process([...command, temp.dir, "25"]);
    await child.waitForStdout((line) => line === "stored");
    child.signal("SIGKILL");
    await child.status();
  }
  assert(Deno.statSync(temp.path("rumor.db-wal")).size > 0);
  const restored = start(temp.dir, (store) => {
    assertEquals(store.reports, []);
    assertEquals(allRows(store).length, 25);
  });
  assertEquals(restored.stale, false);
  assertEquals(start(temp.dir).stale, false);
});

Deno.test("Store never has an empty log beside it while it is open", () => {
  using temp = new TempDir();
  for (let round = 0; round < 2; round++) {
    start(temp.dir, () => assert(Deno.statSync(temp.path("rumor.db-wal")).size > 0));
  }
});

Deno.test("Store is stale when its files are a copy, until the node signs again", () => {
  using temp = new TempDir();
  used(temp);
  const copy = temp.copy("copy");
  // As long as nothing was signed, the question is open.
  assertEquals(start(copy).stale, true);
  const sign = (store: Store) => {
    const author = new Author(store.identity, "other", { next: 50 });
    assertEquals(store.commit({ ...NO_BATCH, entries: [author.write("signed")] }), null);
  };
  assertEquals(start(copy, sign).stale, true);
  assertEquals(start(copy).stale, false);
});

Deno.test({
  name: "Store is stale when the key was copied back in place",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using temp = new TempDir();
    used(temp);
    const path = temp.path("key");
    const key = Deno.readFileSync(path), before = changed(path);
    // The system tells the time of a change in whole seconds.
    while (changed(path) === before) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      Deno.writeFileSync(path, key);
    }
    assertEquals(start(temp.dir).stale, true);
  },
});

Deno.test("Store stays stale while only what others sent is stored", () => {
  using temp = new TempDir();
  used(temp);
  const copy = temp.copy("copy");
  const peer = { id: "A".repeat(43), sign: () => "A".repeat(86) };
  const entry = new Author(peer, "chat", { next: 9 }).write("from a peer");
  for (let round = 0; round < 2; round++) {
    const { stale } = start(copy, (store) => {
      // A proof of identity is no entry.
      store.identity.sign(new TextEncoder().encode("rumor proof"));
      assertEquals(store.commit({ ...NO_BATCH, entries: [entry] }), null);
    });
    assertEquals(stale, true);
  }
});

Deno.test("Store is no longer stale after renew()", () => {
  using temp = new TempDir();
  used(temp);
  const copy = temp.copy("copy");
  assertEquals(start(copy, (store) => void store.renew()).stale, true);
  assertEquals(start(copy).stale, false);
});

Deno.test("Store is stale when the write-ahead log of a crashed node is gone or empty", () => {
  for (const lose of [(path: string) => Deno.removeSync(path), emptyFile]) {
    using temp = new TempDir();
    // Nothing was signed yet, so that no count tells; and the end before was a clean one.
    assertEquals(start(temp.dir).stale, false);
    crash(temp, () => {});
    lose(temp.path("rumor.db-wal"));
    assertEquals(start(temp.dir).stale, true);
  }
});

Deno.test("Store is not stale where the same crash lost nothing", () => {
  using temp = new TempDir();
  crash(temp, (store) => write(store, 3));
  assertEquals(start(temp.dir, (store) => assertEquals(allRows(store).length, 3)).stale, false);
});

Deno.test("Store is stale when the database is older than the count of signed entries", () => {
  using temp = new TempDir();
  used(temp);
  const old = Deno.readFileSync(temp.path("rumor.db"));
  start(temp.dir, (store) => {
    const author = new Author(store.identity, "more", { next: 10 });
    assertEquals(store.commit({ ...NO_BATCH, entries: [author.write("newer")] }), null);
  });
  // Written in place, so that only the count tells.
  Deno.writeFileSync(temp.path("rumor.db"), old);
  assertEquals(start(temp.dir).stale, true);
});

Deno.test("Store says once that it lost what others sent last, and is not stale", () => {
  using temp = new TempDir();
  used(temp);
  const old = Deno.readFileSync(temp.path("rumor.db"));
  const entry = new Author(makeIdentity(), "chat", { next: 3 }).write("from a peer");
  start(temp.dir, (store) => assertEquals(store.commit({ ...NO_BATCH, entries: [entry] }), null));
  Deno.writeFileSync(temp.path("rumor.db"), old);
  const lost = "rumor.db had lost what was stored last: it is fetched again from peers";
  for (const reports of [[lost], []]) {
    const { stale } = start(temp.dir, (store) => assertEquals(store.reports, reports));
    assertEquals(stale, false);
  }
});

Deno.test("Store is stale when the count of signed entries is gone or no number", () => {
  for (const text of [null, "", "12", "000000000000000x\n"]) {
    using temp = new TempDir();
    used(temp);
    if (text === null) Deno.removeSync(temp.path("signed"));
    else Deno.writeTextFileSync(temp.path("signed"), text);
    assertEquals(start(temp.dir).stale, true);
  }
});

Deno.test("Store is stale when the database is gone, and says so", () => {
  using temp = new TempDir();
  used(temp);
  Deno.removeSync(temp.path("rumor.db"));
  const restored = start(temp.dir, ({ reports }) => {
    assertEquals(reports, ["rumor.db was missing: its entries are fetched again from peers"]);
  });
  assertEquals(restored.stale, true);
  // Also when that start was cut off.
  assertEquals(start(temp.dir).stale, true);
});

Deno.test("Store makes a new key where it is missing or broken, says so, and is not stale", () => {
  for (const text of [null, "", "{}", '{"kty":"OKP","crv":"Ed25519","x":"AAAA","d":"AAAA"}']) {
    using temp = new TempDir();
    used(temp);
    const { x } = JSON.parse(Deno.readTextFileSync(temp.path("key")));
    if (text === null) Deno.removeSync(temp.path("key"));
    else Deno.writeTextFileSync(temp.path("key"), text);
    const restored = start(temp.dir, (store) => {
      assert(store.identity.id !== x);
      assertStringIncludes(store.reports.join(), text === null ? "was missing" : "was broken");
      assertEquals(allRows(store).length, 3);
    });
    assertEquals(restored.stale, false);
    assertEquals(temp.names().some((name) => name.startsWith("key.old-")), text !== null);
  }
});

Deno.test("Store notices a flipped byte in either half of the key", () => {
  using temp = new TempDir();
  used(temp);
  const good = Deno.readTextFileSync(temp.path("key"));
  for (const name of ["x", "d"]) {
    const jwk = JSON.parse(good);
    jwk[name] = `${jwk[name].slice(0, 5)}${jwk[name][5] === "A" ? "B" : "A"}${jwk[name].slice(6)}`;
    Deno.writeTextFileSync(temp.path("key"), JSON.stringify(jwk));
    start(temp.dir, ({ reports }) => assertStringIncludes(reports.join(), "the key was broken"));
  }
});

Deno.test("Store is stale when the newest of its own entries is set aside", () => {
  using temp = new TempDir();
  used(temp);
  assertEquals(start(temp.dir, (store) => store.quarantine([1])).stale, false);
  assertEquals(start(temp.dir, (store) => store.quarantine([2])).stale, false);
  assertEquals(start(temp.dir).stale, true);
});

/** Leaves the files as a killed process does: they are read while it is open, and put back. */
function crash(temp: TempDir, work: (store: Store) => void): void {
  const files = new Map<string, Uint8Array>();
  start(temp.dir, (store) => {
    work(store);
    for (const name of ["rumor.db", "rumor.db-wal"]) {
      files.set(name, Deno.readFileSync(temp.path(name)));
    }
  });
  for (const [name, bytes] of files) Deno.writeFileSync(temp.path(name), bytes);
}

/** When a file, or what is known of it, changed last. */
function changed(path: string): number {
  return Deno.statSync(path).ctime!.getTime();
}

function emptyFile(path: string): void {
  Deno.truncateSync(path);
}
