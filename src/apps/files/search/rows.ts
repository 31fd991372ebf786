/** What an own search found. */

import type { Id } from "../../../core/types.ts";
import { SEARCH_ENOUGH, SEARCH_ROWS_MAX } from "../limits.ts";
import type { Link } from "../link.ts";
import { chunksOf, joinRuns, wholeOrRuns } from "./cover.ts";
import type { HeldFile } from "./messages.ts";
import type { Found, Row, Search } from "./state.ts";
import { matches } from "./words.ts";

/** Adds what a node has to what was found; `rows` are those that are new. */
export function addFiles(
  before: Search,
  holder: Id,
  files: Iterable<HeldFile>,
): { readonly search: Search; readonly rows: readonly Row[] } {
  const rows: Row[] = [], found = new Map<Link, Found>(before.found);
  let { more } = before;
  for (const file of files) {
    const { name, link } = file;
    // Others may answer whatever they like.
    if (!matches(before.words, name, link)) continue;
    const known = found.get(link), chunks = chunksOf(link), has = wholeOrRuns(file.has, chunks);
    if (has !== null && (before.whole || has.length === 0)) continue;
    const is_new = !known?.holders.has(holder);
    if (is_new && before.rows.length + rows.length >= SEARCH_ROWS_MAX) {
      more = true;
      continue;
    }
    found.set(link, addHolder(known, holder, has, chunks));
    if (is_new) rows.push({ link, name, chunks, has, holder });
  }
  return { search: { ...before, rows: before.rows.append(rows), found, more }, rows };
}

/** Whether so much is known that nobody else need be asked. */
export function isEnough({ found }: Search): boolean {
  let full = 0;
  for (const { together } of found.values()) if (together === null) full++;
  return full >= SEARCH_ENOUGH;
}

function addHolder(
  known: Found | undefined,
  holder: Id,
  has: HeldFile["has"],
  chunks: number,
): Found {
  const { holders = new Set<Id>(), together = [] } = known ?? {};
  const all = together === null || has === null ? null : joinRuns(together, has);
  return { holders: new Set(holders).add(holder), together: wholeOrRuns(all, chunks) };
}
