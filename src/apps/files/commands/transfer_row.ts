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
  if (row === undefined || row.length < FIELDS.length) return null;
  const [how, why, link, name, path, ...counts] = row;
  const numbers = counts.slice(0, FIELDS.length - 5).map(Number);
  if (!numbers.every((one) => Number.isFinite(one) && one >= 0)) return null;
  const [bytes_here, bytes, files_here, files, bytes_per_s, holders] = numbers;
  const texts = { how, why, link, name, path };
  return { ...texts, bytes_here, bytes, files_here, files, bytes_per_s, holders };
}
