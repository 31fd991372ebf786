/** What a node answers of a search, and how it looks on stdout. */

import type { Json } from "../../../core/types.ts";
import { isIdText } from "../../../core/data/public_key.ts";
import { isName } from "../../../core/wire/line.ts";
import type { Rows } from "../../../cli/guest/inquiry.ts";
import { clean, type Format, jsonLine } from "../../../cli/output/line.ts";
import { parseLink } from "../link.ts";
import { readRuns } from "../runs.ts";
import { chunksOf } from "../search/cover.ts";
import { foundLine } from "../search/found.ts";
import type { Row } from "../search/state.ts";

/** What was found since it was asked last. */
export interface News {
  readonly rows: readonly FoundRow[];
  /** `over` where there are no more to come; `unknown` where the node knows of no such search. */
  readonly state: "open" | "over" | "unknown";
  /** Whether somebody has more than is told. */
  readonly more: boolean;
}

/** A file of a holder. */
export interface FoundRow extends Row {
  /** "" for none. */
  readonly holder_name: string;
}

/** What an answer to the question `found` says; null where it makes no sense. */
export function readNews([state, ...rows]: Rows): News | null {
  // It was forgotten, or the request has not shown yet.
  if (state === undefined || state.length === 0) return { rows: [], state: "unknown", more: false };
  const [word, more] = state, read = rows.filter((row) => row.length > 0).map(readRow);
  if ((word !== "open" && word !== "over") || read.includes(null)) return null;
  return { rows: read as readonly FoundRow[], state: word, more: more === "more" };
}

/** The line of what was found: `LINK NAME CHUNKS HOLDER HOLDERNAME`, or an object. */
export function rowLine(row: FoundRow, format: Format): string {
  const { link, name, chunks, has: runs, holder: id, holder_name } = row;
  if (!format.json) return `${clean(format, foundLine(row, holder_name))}\n`;
  const { size } = parseLink(link)!;
  return jsonLine({ link, name, size, chunks, runs, holder: { id, name: holder_name } }, format);
}

function readRow(row: readonly string[]): FoundRow | null {
  const [link, name, runs, holder, holder_name] = row;
  if (row.length < 5 || parseLink(link) === null || !isIdText(holder)) return null;
  if (name === "" || name.includes("\n") || (holder_name !== "" && !isName(holder_name))) {
    return null;
  }
  const chunks = chunksOf(link), value = parseJson(runs);
  if (value === undefined) return null;
  const has = value === null ? null : readRuns(value, chunks);
  return value !== null && has === null ? null : { link, name, chunks, has, holder, holder_name };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
