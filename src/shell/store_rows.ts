/** Stored entries in order of their arrival, a batch at a time, so that memory stays bounded. */

import type { DatabaseSync } from "node:sqlite";
import type { StoredRow } from "../core/types.ts";

/** Rows that are read at once, and about how many bytes. */
const BATCH_ROWS = 1_000;
const BATCH_BYTES = 4_194_304;

/** The entries of a topic, or of all. */
export function* readRows(db: DatabaseSync, topic: string | null): Generator<StoredRow[]> {
  const wanted = topic === null ? "" : "AND log IN (SELECT log FROM logs WHERE topic = $topic)";
  const given: Record<string, string> = topic === null ? {} : { topic };
  const rows = db.prepare(
    `SELECT arrival, CAST(line || x'0a' AS BLOB) AS line, hash FROM entries
     WHERE arrival > $after ${wanted} ORDER BY arrival LIMIT ${BATCH_ROWS}`,
  );
  for (let after = -1;;) {
    const batch: StoredRow[] = [];
    let bytes = 0;
    for (const row of rows.iterate({ after, ...given }) as Iterable<unknown>) {
      batch.push(row as StoredRow);
      bytes += (row as StoredRow).line.length;
      if (bytes >= BATCH_BYTES) break;
    }
    if (batch.length === 0) return;
    after = batch[batch.length - 1].arrival;
    yield batch;
  }
}
