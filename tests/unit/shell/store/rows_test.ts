/** Rows are read many at once; damage in one of them must not touch the others. */

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { makeIdentity } from "../../../../src/shell/crypto/crypto.ts";
import {
  allRows,
  Author,
  isIntact,
  NO_BATCH,
  openStore,
  TempDir,
} from "../../../helpers/stored.ts";

const ROWS = 7;

/** What became of rows: for each arrival, the bytes that now stand in its line. */
type Damage = Readonly<Record<number, readonly number[]>>;

const DAMAGES: readonly (readonly [what: string, damage: Damage])[] = [
  ["a byte that is no UTF-8", { 3: [0xff] }],
  ["half a character at the end of a line", { 3: [0x78, 0xe4, 0xb8] }],
  ["a surrogate", { 3: [0xed, 0xa0, 0x80] }],
  ["NUL in a line", { 3: [0x78, 0x00, 0x79] }],
  ["NUL in the last line", { [ROWS - 1]: [0x78, 0x00, 0x79] }],
  ["a newline in a line", { 3: [0x78, 0x0a, 0x79] }],
  ["a line of nothing", { 3: [] }],
  // What one has too many, the other seems to lack.
  ["a newline in one line and NUL in another", { 1: [0x0a], [ROWS - 2]: [0x78, 0x00] }],
];

for (const [what, damage] of DAMAGES) {
  Deno.test(`Store.rows() gives each row as it is stored, also with ${what}`, () => {
    using temp = new TempDir();
    const store = openStore(temp.dir);
    const author = new Author(makeIdentity(), "chat", { next: 0 });
    const entries = author.writeAll(Array.from({ length: ROWS }, (_, at) => `line ${at}`));
    assertEquals(store.commit({ ...NO_BATCH, entries }), null);
    store.close();
    const db = new DatabaseSync(temp.path("rumor.db"));
    const change = db.prepare("UPDATE entries SET line = ? WHERE arrival = ?");
    for (const [arrival, bytes] of Object.entries(damage)) {
      change.run(new Uint8Array(bytes), Number(arrival));
    }
    db.close();
    const next = openStore(temp.dir);
    const rows = allRows(next);
    next.close();
    assertEquals(
      rows.map(({ arrival, line }) => [arrival, [...line]]),
      entries.map(({ arrival, line }) => [
        arrival,
        damage[arrival] ? [...damage[arrival], 0x0a] : [...line],
      ]),
    );
    for (const row of rows) assert(isIntact(row) !== row.arrival in damage, `row ${row.arrival}`);
  });
}
