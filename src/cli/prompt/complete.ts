/**
 * What the program that asks for a line knows of it: which words Tab may complete, which lines are
 * commands. All of it is pure, so a prompt with commands is tested without a terminal, too.
 */

import { graphemesOf, oneWord, padded, widthOf } from "../output/width.ts";

/** More words than this are not read, and a network may have thousands of names. */
const CHOICES_SHOWN_MAX = 100;
const GAP = "  ";

/** Help for who types; what is left out is as if lines meant nothing. */
export interface Assist {
  /** What Tab can do at the cursor; null where it is a character like another. */
  readonly complete?: (text: string, cursor: number) => Completion | null;
  /** Whether a line is a command, which stays on the screen, as nothing else shows it again. */
  readonly isCommand?: (text: string, pasted: boolean) => boolean;
  /**
   * What the further lines of a paste begin with when its first line ends this one. A paste behind
   * `/pm anna ` is for anna, and not its first line alone.
   */
  readonly carry?: (text: string) => string;
}

/** The words that what stands between `from` and the cursor may become. */
export interface Completion {
  readonly from: number;
  readonly words: readonly string[];
}

/** What all words begin with, in whole graphemes. */
export function commonStart(words: readonly string[]): string {
  let common = words[0] ?? "";
  for (const word of words) {
    let shared = "";
    const others = graphemesOf(word)[Symbol.iterator]();
    for (const { segment } of graphemesOf(common)) {
      if (others.next().value?.segment !== segment) break;
      shared += segment;
    }
    common = shared;
  }
  return common;
}

/** The words that begin with what was typed; where none does, those that differ in case alone. */
export function matching(words: readonly string[], typed: string): string[] {
  const exact = words.filter((word) => word.startsWith(typed));
  return exact.length > 0 ? exact : words.filter((word) => beginsAlike(word, typed));
}

/** Whether a word begins with another, in capitals or not. */
export function beginsAlike(word: string, start: string): boolean {
  return word.toLowerCase().startsWith(start.toLowerCase());
}

/** Words side by side, as many in a row as fit on the screen, and safe to show. */
export function choiceRows(words: readonly string[], columns: number): string[] {
  const shown = words.slice(0, CHOICES_SHOWN_MAX).map((word) => oneWord(word));
  const width = Math.max(...shown.map(widthOf)) + GAP.length;
  const in_row = Math.max(1, Math.floor((columns + GAP.length) / width));
  const rows: string[] = [];
  for (let at = 0; at < shown.length; at += in_row) {
    rows.push(shown.slice(at, at + in_row).map((word) => padded(word, width)).join("").trimEnd());
  }
  const more = words.length - shown.length;
  return more > 0 ? [...rows, `... and ${more} more`] : rows;
}
