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
  // length() reads no line.
  const end = db.prepare(
    `SELECT min(arrival) AS first, max(arrival) FILTER (WHERE total < ${BATCH_BYTES}) AS last FROM (
       SELECT arrival, sum(length(line)) OVER (ORDER BY arrival) AS total FROM (
         SELECT arrival, line FROM entries WHERE arrival > $after ${wanted}
         ORDER BY arrival LIMIT ${BATCH_ROWS}))`,
  );
  const rows = db.prepare(
    `SELECT arrival, CAST(line || x'0a' AS BLOB) AS line, hash FROM entries
     WHERE arrival > $after AND arrival <= $last ${wanted} ORDER BY arrival`,
  );
  for (let after = -1;;) {
    const found = end.get({ after, ...given });
    if (found === undefined || found.first === null) return;
    const last = (found.last ?? found.first) as number;
    yield rows.all({ after, last, ...given }) as unknown as StoredRow[];
    after = last;
  }
}
