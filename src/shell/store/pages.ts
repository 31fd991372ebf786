/**
 * Rows of a damaged database, page by page, without SQLite: that gives up a whole table where one page
 * above it is bad, and the whole file where its first bytes are. Only leaf pages of tables are read.
 * Measured: with one flipped bit in the topmost page of the entries, SQLite reads none of 2,000 by any
 * query, and this all of them; where blocks are lost, or the end, it never reads less. A node that is
 * alone acknowledges what nobody else has, so this is worth its lines.
 * The format: https://www.sqlite.org/fileformat2.html, sections 1.6, 2.1 and 4.1.
 */

import { PAGE_BYTES } from "./schema.ts";

/** A value of a row. */
export type Value = null | number | string | Uint8Array;
/** A row and its number. */
export interface Row {
  readonly rowid: number;
  readonly values: readonly Value[];
}

const LEAF = 0x0d;
/** The first page begins with the header of the file. */
const FILE_HEADER_BYTES = 100;
const LEAF_HEADER_BYTES = 8;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** No row of ours has more; a longer one is damage. */
const PAYLOAD_BYTES_MAX = 1_048_576;
const COLUMNS_MAX = 16;
/** What of a payload stays on its page, section 1.6; nothing of a page is reserved. */
const LOCAL_BYTES_MAX = PAGE_BYTES - 35;
const LOCAL_BYTES_MIN = Math.floor((PAGE_BYTES - 12) * 32 / 255) - 23;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The pages of a database: those of its write-ahead log before those of its main file. */
class Pages {
  readonly #main: Deno.FsFile;
  readonly #wal: Deno.FsFile | null;
  /** Where in the log the newest version of a page is. */
  readonly #frames = new Map<number, number>();
  readonly count: number;

  constructor(path: string) {
    this.#main = Deno.openSync(path);
    let wal: Deno.FsFile | null = null;
    try {
      wal = Deno.openSync(`${path}-wal`);
    } catch {
      // There is none.
    }
    this.#wal = wal;
    const in_main = Math.ceil(this.#main.statSync().size / PAGE_BYTES);
    this.count = Math.max(in_main, wal === null ? 0 : this.#readLog(wal));
  }

  /** A page; what is missing of it is 0. */
  read(number: number): Uint8Array {
    const at = this.#frames.get(number);
    return at === undefined
      ? readAt(this.#main, (number - 1) * PAGE_BYTES, PAGE_BYTES)
      : readAt(this.#wal!, at, PAGE_BYTES);
  }

  close(): void {
    this.#main.close();
    this.#wal?.close();
  }

  /**
   * Finds the frames of the last round, up to the last that ends a transaction: what is behind it was
   * never promised to anybody. Rows are checked by their hash, so no checksum is needed here.
   */
  #readLog(wal: Deno.FsFile): number {
    const header = new DataView(readAt(wal, 0, WAL_HEADER_BYTES).buffer);
    const salt = header.getBigUint64(16), frame_bytes = FRAME_HEADER_BYTES + PAGE_BYTES;
    const frames = Math.floor((wal.statSync().size - WAL_HEADER_BYTES) / frame_bytes);
    let waiting: [number, number][] = [], count = 0;
    for (let frame = 0; frame < frames; frame++) {
      const at = WAL_HEADER_BYTES + frame * frame_bytes;
      const view = new DataView(readAt(wal, at, FRAME_HEADER_BYTES).buffer);
      if (view.getBigUint64(8) !== salt) continue;
      waiting.push([view.getUint32(0), at + FRAME_HEADER_BYTES]);
      if (view.getUint32(4) === 0) continue;
      for (const [page, place] of waiting) {
        this.#frames.set(page, place);
        count = Math.max(count, page);
      }
      waiting = [];
    }
    return count;
  }
}

/** All rows that can be read, in no order; some may be older versions of others. */
export function* readPages(path: string): Generator<Row> {
  const pages = new Pages(path);
  try {
    for (let number = 1; number <= pages.count; number++) {
      const page = pages.read(number);
      const start = number === 1 ? FILE_HEADER_BYTES : 0;
      if (page[start] !== LEAF) continue;
      const cells = page[start + 3] << 8 | page[start + 4];
      for (let cell = 0; cell < cells; cell++) {
        const pointer = start + LEAF_HEADER_BYTES + cell * 2;
        if (pointer + 2 > PAGE_BYTES) break;
        const row = readCell(pages, page, page[pointer] << 8 | page[pointer + 1]);
        if (row !== null) yield row;
      }
    }
  } finally {
    pages.close();
  }
}

function readCell(pages: Pages, page: Uint8Array, start: number): Row | null {
  const cursor = { bytes: page, at: start };
  const size = readVarint(cursor), rowid = readVarint(cursor);
  if (!(size >= 1 && size <= PAYLOAD_BYTES_MAX) || !Number.isSafeInteger(rowid)) return null;
  const payload = readPayload(pages, page, cursor.at, size);
  if (payload === null) return null;
  const values = readRecord(payload);
  return values === null ? null : { rowid, values };
}

/** What stands on the page, and on the chain of pages behind it. */
function readPayload(
  pages: Pages,
  page: Uint8Array,
  start: number,
  size: number,
): Uint8Array | null {
  const most = LOCAL_BYTES_MIN + (size - LOCAL_BYTES_MIN) % (PAGE_BYTES - 4);
  const local = size <= LOCAL_BYTES_MAX ? size : most <= LOCAL_BYTES_MAX ? most : LOCAL_BYTES_MIN;
  if (start + local + (local < size ? 4 : 0) > PAGE_BYTES) return null;
  if (local === size) return page.subarray(start, start + size);
  const payload = new Uint8Array(size);
  payload.set(page.subarray(start, start + local));
  let next = uint32(page, start + local);
  for (let at = local; at < size; at += PAGE_BYTES - 4) {
    if (next < 2 || next > pages.count) return null;
    const more = pages.read(next);
    payload.set(more.subarray(4, 4 + Math.min(PAGE_BYTES - 4, size - at)), at);
    next = uint32(more, 0);
  }
  return payload;
}

function readRecord(payload: Uint8Array): Value[] | null {
  const head = { bytes: payload, at: 0 };
  const head_bytes = readVarint(head);
  if (!(head_bytes <= payload.length)) return null;
  const values: Value[] = [];
  let at = head_bytes;
  while (head.at < head_bytes) {
    const type = readVarint(head);
    const bytes = valueBytes(type);
    if (!(at + bytes <= payload.length) || values.length === COLUMNS_MAX) return null;
    values.push(readValue(type, payload.subarray(at, at + bytes)));
    at += bytes;
  }
  return head.at === head_bytes ? values : null;
}

/** Bytes of a value; NaN where there is no such type. */
function valueBytes(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type] ?? NaN;
}

function readValue(type: number, bytes: Uint8Array): Value {
  if (type >= 12) return type % 2 === 0 ? bytes.slice() : utf8.decode(bytes);
  if (type === 0 || type === 7) return null;
  if (type >= 8) return type - 8;
  let value = (bytes[0] << 24) >> 24;
  for (const byte of bytes.subarray(1)) value = value * 256 + byte;
  return value;
}

/** A number of 1 to 9 bytes; NaN where it does not fit. */
function readVarint(cursor: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let count = 1; count <= 8; count++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) return NaN;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return value;
  }
  return NaN;
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function readAt(file: Deno.FsFile, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let at = 0; at < length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null || count === 0) break;
    at += count;
  }
  return bytes;
}
