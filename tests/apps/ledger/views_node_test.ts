/** What SQL shows of the ledger is what the node knows, whatever happens to its store. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { sha256 } from "../../../src/shell/crypto/crypto.ts";
import { Store } from "../../../src/shell/store/store.ts";
import { check } from "../../helpers/check.ts";
import { makeLine, ORIGINS, transactionItem } from "../../helpers/history.ts";
import { openStore, TempDir } from "../../helpers/stored.ts";
import { assertShown, query, StoreNode } from "../../helpers/store_node.ts";

const [ANN, BOB] = ORIGINS;

/** Lines of one log of the ledger, an entry each. */
function ledgerLines(origin: string, items: readonly string[]): Uint8Array[] {
  let previous = "";
  return items.map((item, at) => {
    const place = { origin, topic: "ledger", seq: at + 1, first: at + 1, previous };
    const line = makeLine({ ...place, items: `[${item}]` });
    previous = sha256(line);
    return line;
  });
}

/** The lines of all logs, each log in its order. */
function interleaved(logs: Uint8Array[][], turns: Iterator<number>): Uint8Array[] {
  const left = logs.map((log) => [...log]);
  const lines: Uint8Array[] = [];
  while (left.some((log) => log.length > 0)) {
    const line = left[turns.next().value!].shift();
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

/** Payments of two origins; bob's first takes back ann's. */
const OF_ANN = ledgerLines(ANN, [
  '{"id":"x","from":"a","to":"b","amount":5}',
  '{"from":"b","to":"c","amount":2}',
  '{"from":"c","to":"d","amount":1}',
]);
const OF_BOB = ledgerLines(BOB, [
  '{"id":"x","from":"e","to":"b","amount":3}',
  '{"from":"e","to":"a","amount":9007199254740991}',
]);

/** A run of a node: starts, compares, works, compares, and ends. */
function run(temp: TempDir, work: (machine: StoreNode) => void, what = ""): StoreNode {
  const store = openStore(temp.dir);
  try {
    const machine = new StoreNode(store);
    assertShown(temp.path("rumor.db"), machine.ledger, `${what}: at the start`);
    work(machine);
    assertShown(temp.path("rumor.db"), machine.ledger, what);
    return machine;
  } finally {
    store.close();
  }
}

/** A directory in which all payments are. */
function paid(temp: TempDir): void {
  run(temp, (machine) => {
    machine.hear(...OF_ANN);
    machine.hear(...OF_BOB);
  });
  assertEquals(payments(temp), 4);
}

function payments(temp: TempDir): number {
  return query(temp.path("rumor.db"), "SELECT count(*) AS count FROM payments")[0].count as number;
}

function change(temp: TempDir, statement: string): void {
  const db = new DatabaseSync(temp.path("rumor.db"));
  db.exec(statement);
  db.close();
}

Deno.test("The views of the ledger follow a node through its payments and restarts", () => {
  let taken_back = 0, compared = 0;
  check(
    fc.property(
      fc.array(fc.array(transactionItem, { maxLength: 5 }), { minLength: 3, maxLength: 3 }),
      fc.infiniteStream(fc.nat(2)),
      fc.integer({ min: 1, max: 4 }),
      (items, turns, runs) => {
        using temp = new TempDir();
        const history = interleaved(
          items.map((list, who) => ledgerLines(ORIGINS[who], list)),
          turns,
        );
        const size = Math.max(1, Math.ceil(history.length / runs));
        for (let at = 0; at < history.length; at += size) {
          const { ledger } = run(temp, (machine) => {
            for (const line of history.slice(at, at + size)) {
              machine.hear(line);
              assertShown(temp.path("rumor.db"), machine.ledger);
            }
          });
          compared += ledger.by_id.size;
          for (const { replaced } of ledger.applied.from()) if (replaced !== null) taken_back++;
        }
        run(temp, () => {});
      },
    ),
    10,
  );
  assert(compared > 0 && taken_back > 0, `${compared} compared, ${taken_back} taken back`);
});

Deno.test("The views of the ledger show a payment that was taken back as the one that counts", () => {
  using temp = new TempDir();
  run(temp, (machine) => machine.hear(...OF_ANN));
  const shown = () => query(temp.path("rumor.db"), "SELECT * FROM payments WHERE id = 'x'");
  const time = "1970-01-01T00:00:00.001Z";
  assertEquals(shown(), [{ time, id: "x", from: "a", to: "b", amount: 5 }]);
  run(temp, (machine) => machine.hear(...OF_BOB));
  assertEquals(shown(), [{ time, id: "x", from: "e", to: "b", amount: 3 }]);
});

Deno.test("The rows of a store that was closed properly are not written again", () => {
  using temp = new TempDir();
  paid(temp);
  const rows = () => query(temp.path("rumor.db"), "SELECT * FROM app_rows");
  const before = rows();
  const store = openStore(temp.dir);
  assertEquals(store.restored.rows_stale, false);
  store.close();
  run(temp, () => {});
  assertEquals(rows(), before);
});

Deno.test("The views of the ledger are made anew of what was saved of a damaged store", () => {
  using temp = new TempDir();
  paid(temp);
  const bytes = Deno.readFileSync(temp.path("rumor.db"));
  Deno.writeFileSync(temp.path("rumor.db"), bytes.fill(0, 0, 4_096));
  const { store } = run(temp, () => {}, "damaged");
  assertStringIncludes(store.reports.join(), "entries were saved");
  assertEquals([store.restored.rows_stale, payments(temp)], [true, 4]);
});

Deno.test("The views of the ledger forget payments whose entries are lost", () => {
  using temp = new TempDir();
  paid(temp);
  change(
    temp,
    `DELETE FROM entries WHERE log = (SELECT log FROM logs WHERE origin = '${BOB}') AND seq = 2`,
  );
  const { store } = run(temp, () => {}, "lost");
  assertStringIncludes(store.reports.join(), "had lost entries");
  assertEquals([store.restored.rows_stale, payments(temp)], [true, 3]);
});

Deno.test("The views of the ledger are made anew when entries are set aside", () => {
  using temp = new TempDir();
  paid(temp);
  change(
    temp,
    `UPDATE entries SET hash = hash || 'x'
     WHERE log = (SELECT log FROM logs WHERE origin = '${BOB}') AND seq = 1`,
  );
  // Both entries of bob, as the second follows the first; ann's payment counts again.
  const { store } = run(temp, () => {}, "set aside");
  assertEquals([store.restored.rows_stale, payments(temp)], [false, 3]);
  const next = run(temp, () => {}, "after that");
  assertEquals([next.store.restored.rows_stale, payments(temp)], [false, 3]);
  // They come back from a peer.
  run(temp, (machine) => machine.hear(...OF_BOB), "fetched again");
  assertEquals(payments(temp), 4);
});

Deno.test("The views of the ledger show what was set aside again once it was fetched", () => {
  using temp = new TempDir();
  paid(temp);
  change(temp, "UPDATE entries SET hash = hash || 'x'");
  run(temp, (machine) => {
    assertEquals([machine.ledger.by_id.size, payments(temp)], [0, 0]);
    machine.hear(...OF_ANN).hear(...OF_BOB);
    assertEquals(machine.ledger.by_id.size, 4);
  });
  run(temp, () => {}, "after that");
});

Deno.test("The views are those of the apps that a program has, and are filled at its first start", () => {
  using temp = new TempDir();
  const views = () =>
    query(temp.path("rumor.db"), "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
      .map(({ name }) => name);
  paid(temp);
  const all = ["balances", "items", "messages", "payments"];
  assertEquals(views(), all);
  // A program without apps, or with others.
  Store.open(temp.dir).close();
  assertEquals(views(), ["items", "messages"]);
  const { store } = run(temp, () => {}, "with the apps again");
  assertEquals([store.restored.rows_stale, payments(temp)], [true, 4]);
  assertEquals(views(), all);
});

Deno.test("The rows are written anew as long as that did not succeed", () => {
  using temp = new TempDir();
  paid(temp);
  // As in a store in which something was lost.
  change(temp, "DELETE FROM entries WHERE arrival = (SELECT max(arrival) FROM entries)");
  for (let round = 0; round < 2; round++) {
    // It ends before it stored anything.
    const store = openStore(temp.dir);
    assertEquals(store.restored.rows_stale, true);
    store.close();
  }
  const { store } = run(temp, () => {});
  assertEquals([store.restored.rows_stale, payments(temp)], [true, 3]);
});
