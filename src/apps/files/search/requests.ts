/** What guests, and the user at the prompt, want of searches. */

import type { Json, Source } from "../../../core/types.ts";
import { isCount } from "../../../core/log/entry.ts";
import { SEARCH_BUDGET_MAX, SEARCH_KEY_CHARS_MAX } from "../limits.ts";
import { fieldsOf } from "./messages.ts";
import type { SearchWish } from "./turn.ts";
import { readWords } from "./words.ts";

/** A search that somebody asks for. */
export type SearchRequest = {
  readonly k: "search";
  /**
   * What a guest calls it, which then asks the question `found` by it: letters, digits, - and _, that
   * nobody else thinks of. The user at the prompt is told what is found, and needs none.
   */
  readonly key?: string;
  readonly words: readonly string[];
  /** Asks once, and so many nodes; without it, more and more until enough is found. */
  readonly budget?: number;
  /** Only holders of everything count. */
  readonly whole?: boolean;
};

const KEY = new RegExp(`^[A-Za-z0-9_-]{1,${SEARCH_KEY_CHARS_MAX}}$`);

/** Whether a request is for the searches, however bad it is. */
export function isSearchRequest(request: Json): boolean {
  return fieldsOf(request).k === "search";
}

/** The search that a request wants, or what is wrong with it. */
export function readSearchRequest(request: Json, source: Source): SearchWish | string {
  const { key, words: said, budget, whole = false } = fieldsOf(request), words = readWords(said);
  if (words === null) return "a search needs words";
  if (typeof whole !== "boolean") return "whole is true or false";
  if (budget !== undefined && (!isCount(budget, 1) || budget > SEARCH_BUDGET_MAX)) {
    return `a budget is a whole number from 1 to ${SEARCH_BUDGET_MAX}`;
  }
  const rest = { words, budget: budget ?? null, whole, keeps_on: false, source };
  // No guest can mean that one.
  if (source.kind === "local") return { ...rest, key: `prompt ${source.tag}` };
  const is_key = typeof key === "string" && KEY.test(key);
  return is_key ? { ...rest, key } : "a search needs a key of letters and digits";
}
