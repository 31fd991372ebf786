/** The entries of a data directory. */

import { decodeEntry, type Entry, hashedBytes } from "../../core/log/entry.ts";
import type { StoredRow } from "../../core/data/stored.ts";
import { sha256 } from "../../shell/crypto/crypto.ts";

/** Entries as they were stored; what is damaged is counted and left out. */
export class EntryReader {
  damaged = 0;

  /** The good entries of some rows. */
  read(rows: readonly StoredRow[]): Entry[] {
    const entries: Entry[] = [];
    for (const { line, hash } of rows) {
      const bytes = hashedBytes(line);
      const entry = sha256(bytes) === hash ? decodeEntry(bytes) : "bad-hash";
      if (typeof entry === "string") this.damaged++;
      else entries.push(entry);
    }
    return entries;
  }
}
