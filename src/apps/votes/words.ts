/**
 * Voter ids, choices and the names of elections: words that mean the same however they are spelled.
 * What only looks alike is different.
 */

import type { Json } from "../../core/types.ts";

/** The longest word, in bytes of UTF-8. */
export const WORD_BYTES_MAX = 255;

const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const encoder = new TextEncoder();

/** The one spelling of a word: composed (NFC), without white space around it. */
export function spell(text: string): string {
  return text.normalize("NFC").trim();
}

/** What is wrong with a word, or null; `what` is what it is called. */
export function wordFault(what: string, value: Json | undefined): string | null {
  if (typeof value !== "string" || !value.isWellFormed()) return `${what} is no text`;
  const word = spell(value);
  if (word === "") return `${what} is empty`;
  if (CONTROLS.test(word)) return `${what} has control characters`;
  const is_long = word.length > WORD_BYTES_MAX || encoder.encode(word).length > WORD_BYTES_MAX;
  return is_long ? `${what} has more than ${WORD_BYTES_MAX} bytes` : null;
}
