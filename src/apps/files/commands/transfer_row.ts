/** How far a transfer is, as a node answers. It is believed what it says, but not that it makes sense. */

import type { Ask } from "../../../cli/guest/inquiry.ts";

/** The order of the fields in a row. */
const FIELDS = [
  "how",
  "why",
  "link",
  "name",
  "path",
  "bytes_here",
  "bytes",
  "files_here",
  "files",
  "bytes_per_s",
  "holders",
] as const;

export interface TransferRow {
  /** How it ended: done, bad, nobody or incomplete; "" while it is under way. */
  readonly how: string;
  readonly why: string;
  readonly link: string;
  readonly name: string;
  readonly path: string;
  readonly bytes_here: number;
  readonly bytes: number;
  readonly files_here: number;
  readonly files: number;
  readonly bytes_per_s: number;
  readonly holders: number;
}

/** Asks how far a transfer is; null where the answer makes no sense. */
export async function askTransfer(ask: Ask, key: string): Promise<TransferRow | null> {
  const [row] = await ask({ q: "transfer", a: [key] });
  return row === undefined ? null : readTransfer(row);
}

/** What a row says of a transfer; null where it makes no sense. */
export function readTransfer(row: readonly string[]): TransferRow | null {
  if (row.length < FIELDS.length) return null;
  const [how, why, link, name, path] = row, numbers = readCounts(row.slice(5, FIELDS.length));
  if (numbers === null) return null;
  const [bytes_here, bytes, files_here, files, bytes_per_s, holders] = numbers;
  const texts = { how, why, link, name, path };
  return { ...texts, bytes_here, bytes, files_here, files, bytes_per_s, holders };
}

/** Whole numbers from 0 on, as a node says them; null where they are none. */
export function readCounts(texts: readonly string[]): number[] | null {
  return texts.every((text) => /^[0-9]{1,16}$/.test(text)) ? texts.map(Number) : null;
}
