/** How wide text is on a terminal, and text of others as part of a row. */

// Not `unicodeWidth()` of @std/cli: the npm build has its code without the table that it reads.
import stringWidth from "string-width";
import { visible } from "./escape.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The graphemes of a text, and where each begins. */
export function graphemesOf(text: string): Intl.Segments {
  return segmenter.segment(text);
}

/** Columns that a text takes on a terminal. What switches colours and weights takes none. */
export function widthOf(text: string): number {
  return text.length === 1 && text >= " " && text <= "~" ? 1 : stringWidth(text);
}

/** Text with spaces behind it, up to a width in columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Text of others as part of a row: nothing in it moves the cursor, not even a tab. */
export function oneWord(text: string): string {
  return visible(text).replaceAll("\t", "\\t");
}
