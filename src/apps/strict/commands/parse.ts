/** Payments as people write them. */

import { accountWordFault, wordFault } from "../account.ts";
import { readAmount } from "../items.ts";
import type { IssueWish, PayWish } from "../requests.ts";

/** What is wrong with words, in a form that no payment has. */
export type Fault = { readonly fault: string };

/** Makes a payment of the words FROM, TO, AMOUNT and perhaps ID. */
export function payOf(words: readonly string[]): PayWish | Fault {
  if (words.length < 3 || words.length > 4) {
    const count = words.length === 1 ? "1 word" : `${words.length} words`;
    return { fault: `FROM TO AMOUNT [ID] is expected, not ${count}` };
  }
  const [from, ...rest] = words, fault = faultIn("FROM", from);
  if (fault !== null) return { fault };
  const issue = issueOf(rest);
  return "fault" in issue ? issue : { ...issue, k: "pay", from };
}

/** Makes an issue of the words ACCOUNT, AMOUNT and perhaps ID. */
export function issueOf([to, amount_text, id]: readonly string[]): IssueWish | Fault {
  const fault = faultIn("TO", to) ??
    (id === undefined ? null : wordFault("ID", id.normalize("NFC")));
  if (fault !== null) return { fault };
  const amount = readAmount(amount_text);
  if (typeof amount === "string") return { fault: amount };
  return { k: "issue", to, amount, ...(id === undefined ? {} : { id }) };
}

function faultIn(what: string, word: string): string | null {
  const fault = accountWordFault(word);
  return fault === null ? null : `${what}: ${fault}`;
}
