/** Pieces of both streams, to where they belong. */

import type { Piece } from "./format.ts";
import { stderr } from "./stderr.ts";
import { stdout } from "./stdout.ts";

/** Writes pieces in order; resolves when they are written or nobody reads any more. */
export async function writePieces(pieces: readonly Piece[]): Promise<void> {
  // All begin at once: a stream that nobody reads must not hold back the other.
  await Promise.all(pieces.map(({ to, bytes }) => streamOf(to).write(bytes)));
}

/** Writes pieces at once, for a terminal. */
export function writePiecesNow(pieces: readonly Piece[]): void {
  for (const { to, bytes } of pieces) streamOf(to).writeNow(bytes);
}

function streamOf(to: Piece["to"]) {
  return to === "out" ? stdout : stderr;
}
