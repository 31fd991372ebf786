/** Where a cursor may stand: between graphemes, never within one; and where words begin and end. */

import { graphemesOf } from "../output/width.ts";

/** The first place at or after an index that is not within a grapheme. */
export function boundary(text: string, index: number): number {
  const found = graphemesOf(text).containing(index);
  if (found === undefined || found.index === index) return index;
  return found.index + found.segment.length;
}

/** Where the grapheme before an index begins. */
export function previous(text: string, index: number): number {
  return graphemesOf(text).containing(index - 1)?.index ?? index;
}

/** Where the grapheme at an index ends. */
export function next(text: string, index: number): number {
  return boundary(text, Math.min(index + 1, text.length));
}

/** A word is what stands between spaces, as for Ctrl-W in a shell. */
export function wordLeft(text: string, index: number): number {
  let at = index;
  while (at > 0 && isSpace(text[at - 1])) at--;
  while (at > 0 && !isSpace(text[at - 1])) at--;
  return boundary(text, at);
}

/** The end of the word at or after an index. */
export function wordRight(text: string, index: number): number {
  let at = index;
  while (at < text.length && isSpace(text[at])) at++;
  while (at < text.length && !isSpace(text[at])) at++;
  return boundary(text, at);
}

function isSpace(character: string): boolean {
  return /\s/.test(character);
}
