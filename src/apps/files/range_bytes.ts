/** How much of a file somebody asks for, or says to have. */

import { PIECE_CHUNKS } from "./limits.ts";
import { type Link, parseLink } from "./link.ts";
import type { Range } from "./tasks.ts";
import { isRange, levelsOf, spanOf } from "./tree.ts";

/**
 * The bytes of chunks that may be asked for at once; null where the link is none, the file has no such
 * chunks, or they are more than `PIECE_CHUNKS`.
 */
export function rangeBytes(link: Link, range: Range): number | null {
  const parts = parseLink(link);
  const levels = parts === null ? [] : levelsOf(parts.size);
  if (!isRange(range, levels) || range.count > PIECE_CHUNKS) return null;
  return spanOf(levels[range.level], range.first, range.count).bytes;
}

/** How many chunks a file is cut into; 0 where the link is none. */
export function chunksOf(link: Link): number {
  const parts = parseLink(link);
  return parts === null ? 0 : levelsOf(parts.size)[0].chunks;
}
