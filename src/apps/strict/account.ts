/**
 * Accounts: the id of a node, which owns it, or a name under one: `ID` or `ID/NAME`. Whoever asks a
 * node may write `me` for its id.
 */

import type { Id } from "../../core/types.ts";
import { isIdText } from "../../core/data/public_key.ts";

/** The longest name under an id, and the longest id of a payment. */
const WORD_BYTES_MAX = 255;
/** The id of the node that is asked. */
const ME = "me";
/** White space parts the words of a line, so a word has none. */
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNFIT = /[\s\u0000-\u001f\u007f-\u009f]/u;
const encoder = new TextEncoder();

/** What is wrong with a text as an account, or null. */
export function accountFault(text: unknown): string | null {
  const wrong = "an account is the id of a node, or ID/NAME";
  if (typeof text !== "string") return wrong;
  const [owner, name, ...more] = text.split("/");
  if (!isIdText(owner) || more.length > 0) return wrong;
  return name === undefined ? null : wordFault("the name of an account", name);
}

/** The same for what somebody writes, who may say `me`. */
export function accountWordFault(word: string): string | null {
  return accountFault(accountOf(word, "A".repeat(43)));
}

/** The account that a word means at a node with an id. Look-alikes of composed letters become one. */
export function accountOf(word: string, self: Id): string {
  const [owner, ...rest] = word.normalize("NFC").split("/");
  return [owner === ME ? self : owner, ...rest].join("/");
}

/** Who alone may spend what an account has. */
export function ownerOf(account: string): Id {
  return account.split("/", 1)[0];
}

/** What is wrong with a text as a name under an id, or as the id of a payment; or null. */
export function wordFault(what: string, text: unknown): string | null {
  const is_good = typeof text === "string" && text !== "" && text.isWellFormed() &&
    !UNFIT.test(text) && !text.includes("/") && text.normalize("NFC") === text;
  if (!is_good) return `${what} is one word without control characters and slashes`;
  if (encoder.encode(text).length <= WORD_BYTES_MAX) return null;
  return `${what} has at most ${WORD_BYTES_MAX} bytes`;
}
