/**
 * Records: what a chain orders. A record is one item of an ordinary signed entry in the topic
 * `records`. A block carries the exact lines of these entries, so it can be checked by whoever knows
 * no log of theirs, and whatever else their origins signed.
 */

import type { Id, Json } from "../../core/types.ts";
import { decodeEntry, hashedBytes, isCount, signedBytes } from "../../core/log/entry.ts";

/** The topic of what waits to be ordered. */
export const RECORDS = "records";
/** The longest entry whose items are taken as records. */
export const RECORD_LINE_BYTES_MAX = 16_384;
/** The longest own item, as JSON: with all that an entry has besides, its line is not longer. */
export const RECORD_ITEM_BYTES_MAX = 12_288;

/** One record. */
export interface ChainRecord {
  /** The hash of its entry's line and its place in the entry: the same record has the same key. */
  readonly key: string;
  readonly origin: Id;
  readonly item: Json;
  /** The line of its entry, without the newline. */
  readonly line: string;
  /** Which of the entry's items it is, from 0. */
  readonly place: number;
}

/** Entries with those of their items that are meant: what a block orders, in this order. */
export type RecordLines = readonly (readonly [line: string, places: readonly number[]])[];

/** What checking a record takes. */
export interface RecordEnv {
  readonly sha256: (bytes: Uint8Array) => string;
  readonly verify: (key: Id, bytes: Uint8Array, signature: string) => boolean;
}

const encoder = new TextEncoder();

/** The records of an entry's line (without newline), or why it has none. Its signature is checked. */
export function readRecords(line: string, env: RecordEnv): ChainRecord[] | string {
  const bytes = encoder.encode(line);
  if (bytes.length > RECORD_LINE_BYTES_MAX) return "a record's entry is too long";
  const entry = decodeEntry(bytes);
  if (typeof entry === "string") return `a record's entry is none: ${entry}`;
  if (entry.topic !== RECORDS) return `a record's entry is of another topic than ${RECORDS}`;
  if (!env.verify(entry.origin, signedBytes(entry), entry.signature)) {
    return "a record's signature is wrong";
  }
  return recordsOf(entry, line, env.sha256(hashedBytes(entry.line)));
}

/** The records of an entry that was checked before; `hash` is that of its line. */
export function recordsOf(
  { origin, items }: { readonly origin: Id; readonly items: readonly Json[] },
  line: string,
  hash: string,
): ChainRecord[] {
  return items.map((item, place) => ({ key: `${hash}:${place}`, origin, item, line, place }));
}

/** The lines of records, each line once as long as its records stand together. */
export function linesOf(records: readonly ChainRecord[]): RecordLines {
  const lines: [string, number[]][] = [];
  for (const { line, place } of records) {
    const last = lines.at(-1);
    if (last?.[0] === line) last[1].push(place);
    else lines.push([line, [place]]);
  }
  return lines;
}

/** The records in a block's data, in their order, or what is wrong with the data. */
export function recordsIn(data: Json, env: RecordEnv): ChainRecord[] | string {
  if (!Array.isArray(data)) return "its data is no list of records";
  const records: ChainRecord[] = [];
  for (const part of data) {
    if (!isRecordLine(part)) return "its data is no list of records";
    const [line, places] = part, read = readRecords(line, env);
    if (typeof read === "string") return read;
    for (const place of places) {
      if (place >= read.length) return "a record's entry has fewer items";
      records.push(read[place]);
    }
  }
  return records;
}

function isRecordLine(value: Json): value is [string, number[]] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string" &&
    Array.isArray(value[1]) && value[1].length > 0 && value[1].every((place) => isCount(place, 0));
}
