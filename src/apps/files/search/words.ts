/** Words of a search, and which files they find: text, never a pattern; small letters are large ones. */

import type { Json } from "../../../core/types.ts";
import type { Link } from "../link.ts";
import { SEARCH_WORD_BYTES_MAX, SEARCH_WORDS_MAX } from "../limits.ts";

// deno-lint-ignore no-control-regex -- where text is ASCII, folding is easy
const ASCII = /^[\x00-\x7f]*$/;
const encoder = new TextEncoder();

/**
 * The words in a text, which commas part, or what is wrong with them. Spaces around a word are no part
 * of it.
 */
export function splitWords(text: string): readonly string[] | { readonly fault: string } {
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const fault = wordsFault(words);
  return fault === null ? words : { fault };
}

/** Words as somebody said them, folded and sorted, each once; null where they are none. */
export function readWords(value: Json | undefined): readonly string[] | null {
  if (!Array.isArray(value) || value.length > SEARCH_WORDS_MAX) return null;
  if (!value.every((word) => typeof word === "string") || wordsFault(value) !== null) return null;
  return [...new Set((value as readonly string[]).map(foldText))].sort();
}

/** Whether a file is found by any of some folded words: its name contains one, or one is its link. */
export function matches(words: readonly string[], name: string, link: Link): boolean {
  const text = foldText(name);
  return words.some((word) => text.includes(word) || word === link);
}

/**
 * Text of which case, and how its accents are written, make no difference any more: by upper case and
 * back, letter by letter, so that the two small sigmas are one, and an eszett is two s.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const letters = Array.from(text.normalize("NFC"), (one) => one.toUpperCase().toLowerCase());
  return letters.join("").normalize("NFC");
}

function wordsFault(words: readonly string[]): string | null {
  if (words.length === 0) return "WORD is empty";
  if (words.length > SEARCH_WORDS_MAX) return `more than ${SEARCH_WORDS_MAX} words`;
  for (const word of words) {
    if (word.trim() === "") return "WORD is empty";
    // Folded it may be longer, and so it goes to others. Its length is cheap to see, and comes first.
    const is_long = word.length > SEARCH_WORD_BYTES_MAX ||
      Math.max(bytesOf(word), bytesOf(foldText(word))) > SEARCH_WORD_BYTES_MAX;
    if (is_long) return `WORD has more than ${SEARCH_WORD_BYTES_MAX} bytes`;
    if (!word.isWellFormed()) return "WORD is not valid Unicode";
    if (word.includes(",")) return "WORD has a comma in it";
  }
  return null;
}

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
