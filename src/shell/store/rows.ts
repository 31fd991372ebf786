/** Stored entries in order of their arrival, a batch at a time, so that memory stays bounded. */

import type { DatabaseSync } from "node:sqlite";
import type { StoredRow } from "../../core/data/stored.ts";

/** Rows that are read at once, and about how many bytes. */
const BATCH_ROWS = 1_000;
const BATCH_BYTES = 4_194_304;
/** Larger batches are read row by row, whose sizes are known before the next. */
const JOINED_BYTES_MAX = 1_048_576;
const HASH_CHARS = 43;
const NEWLINE = 0x0a;
const encoder = new TextEncoder();

/** The entries of a topic, or of all. */
export function* readRows(db: DatabaseSync, topic: string | null): Generator<StoredRow[]> {
  const reader = new RowReader(db, topic);
  for (let after = -1;;) {
    // Most rows are small: a thousand of them joined cost a fraction of a thousand one by one.
    const joined = reader.bytes(after) <= JOINED_BYTES_MAX ? reader.joined(after) : null;
    const batch = joined ?? reader.single(after);
    if (batch.length === 0) return;
    yield batch;
    after = batch[batch.length - 1].arrival;
  }
}

class RowReader {
  readonly #given: Record<string, string>;
  readonly #single;
  readonly #joined;
  readonly #bytes;

  constructor(db: DatabaseSync, topic: string | null) {
    const wanted = topic === null ? "" : "AND log IN (SELECT log FROM logs WHERE topic = $topic)";
    this.#given = topic === null ? {} : { topic };
    const from =
      `FROM entries WHERE arrival > $after ${wanted} ORDER BY arrival LIMIT ${BATCH_ROWS}`;
    this.#single = db.prepare(`SELECT arrival, CAST(line || x'0a' AS BLOB) AS line, hash ${from}`);
    // length() reads no line.
    this.#bytes = db.prepare(`SELECT total(length(line)) AS bytes FROM (SELECT line ${from})`);
    this.#joined = db.prepare(
      `SELECT group_concat(arrival, ' ') AS arrivals, group_concat(hash, '') AS hashes,
       group_concat(CAST(line AS TEXT), x'0a') AS lines, total(length(line)) AS bytes
       FROM (SELECT arrival, line, hash ${from})`,
    );
  }

  /** How large the next rows are. */
  bytes(after: number): number {
    return this.#bytes.get({ after, ...this.#given })!.bytes as number;
  }

  /** Row by row, up to a number of bytes. */
  single(after: number): StoredRow[] {
    const batch: StoredRow[] = [];
    let bytes = 0;
    for (const row of this.#single.iterate({ after, ...this.#given }) as Iterable<unknown>) {
      batch.push(row as StoredRow);
      bytes += (row as StoredRow).line.length;
      if (bytes >= BATCH_BYTES) break;
    }
    return batch;
  }

  /** All at once; null where something is damaged, so that the rows must be told apart by themselves. */
  joined(after: number): StoredRow[] | null {
    const row = this.#joined.get({ after, ...this.#given })!;
    if (row.lines === null) return [];
    const arrivals = (row.arrivals as string).split(" ").map(Number);
    const bytes = encoder.encode(`${row.lines}\n`), hashes = row.hashes as string;
    if (bytes.length !== row.bytes as number + arrivals.length) return null;
    if (hashes.length !== arrivals.length * HASH_CHARS) return null;
    const batch: StoredRow[] = [];
    let start = 0;
    for (const [at, arrival] of arrivals.entries()) {
      const end = bytes.indexOf(NEWLINE, start) + 1;
      if (end === 0) return null;
      const hash = hashes.slice(at * HASH_CHARS, (at + 1) * HASH_CHARS);
      batch.push({ arrival, line: bytes.subarray(start, end), hash });
      start = end;
    }
    return start === bytes.length ? batch : null;
  }
}
