/** What searches say to each other: a request, and an answer to one. */

import type { Id, Json } from "../../../core/types.ts";
import { isIdText } from "../../../core/data/public_key.ts";
import { isCount } from "../../../core/log/entry.ts";
import { bytesOf } from "../../../core/unicast/packets.ts";
import { FILE_NAME_BYTES_MAX, FOUND_BYTES_MAX, FOUND_ROWS_MAX, FOUND_RUNS_MAX } from "../limits.ts";
import { type Link, parseLink } from "../link.ts";
import { readRuns, type Runs } from "../runs.ts";
import { chunksOf, wholeOrRuns } from "./cover.ts";
import { matches, readWords } from "./words.ts";

/** A file that somebody has, or has pieces of. */
export interface HeldFile {
  /** Base name. */
  readonly name: string;
  readonly link: Link;
  /** Which of its chunks; null for all. */
  readonly has: Runs | null;
}

/** Who has what is to be asked: `origin`, by a number that it uses once. */
export interface SearchMessage {
  readonly origin: Id;
  readonly number: number;
  /** Folded and sorted. */
  readonly words: readonly string[];
  /** How many nodes it may still reach, this one included. */
  readonly budget: number;
}

/** What one node has of what was asked for. */
export interface FoundMessage {
  readonly origin: Id;
  readonly number: number;
  /** Who has it, by its own word and that of all who handed the answer on. */
  readonly holder: Id;
  readonly files: readonly HeldFile[];
  /** Whether more files match than there are in the answer. */
  readonly more: boolean;
}

const encoder = new TextEncoder();
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNFIT_IN_NAMES = /[\u0000-\u001f\u007f-\u009f\u2028\u2029/\\]/;

/** A request, as it goes to a neighbour. */
export function searchItem({ origin, number, words, budget }: SearchMessage): Json {
  return { k: "search", o: origin, n: number, words, budget };
}

/** A request of a neighbour; null where it makes no sense. */
export function readSearch(item: Fields): SearchMessage | null {
  const { o: origin, n: number, budget } = item, words = readWords(item.words);
  if (!isIdText(origin) || !isCount(number, 1) || words === null) return null;
  return isCount(budget, 1) ? { origin, number, words, budget } : null;
}

/** What this node has of what was asked for; null where that is nothing. */
export function foundItem(
  { origin, number, words }: Pick<SearchMessage, "origin" | "number" | "words">,
  holder: Id,
  held: Iterable<HeldFile>,
): Json {
  const files: Json[] = [];
  let bytes = 0, more = false;
  for (const { name, link, has } of held) {
    if (!matches(words, name, link)) continue;
    const runs = wholeOrRuns(has, chunksOf(link))?.slice(0, FOUND_RUNS_MAX) ?? null;
    if (runs?.length === 0) continue;
    const file: Json = { name, link, has: runs };
    bytes += bytesOf([file]);
    // What stands around the files needs some bytes, too.
    more = files.length >= FOUND_ROWS_MAX || bytes > FOUND_BYTES_MAX - 256;
    if (more) break;
    files.push(file);
  }
  if (files.length === 0) return null;
  return { k: "found", o: origin, n: number, by: holder, files, ...(more && { more }) };
}

/** An answer; null where it makes no sense, or is larger than any. */
export function readFound(item: Fields): FoundMessage | null {
  const { o: origin, n: number, by: holder, files, more = false } = item;
  if (!isIdText(origin) || !isCount(number, 1) || !isIdText(holder)) return null;
  if (!Array.isArray(files) || files.length === 0 || files.length > FOUND_ROWS_MAX) return null;
  if (typeof more !== "boolean" || bytesOf([item as Json]) > FOUND_BYTES_MAX) return null;
  const held = (files as readonly Json[]).map(readHeld);
  if (held.includes(null)) return null;
  return { origin, number, holder, files: held as readonly HeldFile[], more };
}

function readHeld(value: Json): HeldFile | null {
  const { name, link, has } = fieldsOf(value);
  if (!isFileName(name) || typeof link !== "string" || parseLink(link) === null) return null;
  if (has === undefined) return null;
  const chunks = chunksOf(link), runs = has === null ? null : readRuns(has, chunks);
  if (has !== null && (runs === null || runs.length > FOUND_RUNS_MAX)) return null;
  return { name, link, has: wholeOrRuns(runs, chunks) };
}

/** What no honest node calls a file would be obeyed by a terminal, or lead out of a directory. */
function isFileName(name: Json | undefined): name is string {
  return typeof name === "string" && name !== "" && name.length <= FILE_NAME_BYTES_MAX &&
    name.isWellFormed() && !UNFIT_IN_NAMES.test(name) &&
    encoder.encode(name).length <= FILE_NAME_BYTES_MAX;
}

/** The fields of an object, or none. */
export type Fields = { readonly [key: string]: Json | undefined };

/** The fields of what should be an object. */
export function fieldsOf(value: Json): Fields {
  const is_object = typeof value === "object" && value !== null && !Array.isArray(value);
  return is_object ? value as Fields : {};
}
