/**
 * Payments that the user of this node wants: completed here (who `me` is, an id, which block was the
 * last), held against what the branch and what waits before them leave, and handed to the chain.
 */

import type { Id, Json, Source } from "../../core/types.ts";
import type { AppOut, AppView } from "../../core/host/app.ts";
import { accountOf } from "./account.ts";
import { CHAIN, type ChainOffer, comingItems, refusalText } from "./builds_on.ts";
import { isStrict, paySame, readItem, type StrictItem } from "./items.ts";
import { applyStrict, countedAs, LAPSE_BLOCKS, STRICT, type Strict, usedText } from "./strict.ts";

/** A payment as its user says it, which is to be so deep in the chain. */
export type StrictRequest = {
  readonly item: PayWish | IssueWish;
  readonly depth: number;
};

/** Money that is to enter; the account may begin with `me`. */
export type IssueWish = {
  readonly k: "issue";
  readonly to: string;
  readonly amount: number;
  /** Made by the node where there is none. */
  readonly id?: string;
};

/** A payment; both accounts may begin with `me`. */
export type PayWish = Omit<IssueWish, "k"> & { readonly k: "pay"; readonly from: string };

type Fields = { readonly [key: string]: Json };

/** Characters of an id that was made: about 95 bits, which nobody meets by chance. */
const MADE_ID_CHARS = 16;
const encoder = new TextEncoder();

/** What is done about a request; `made` says how many came before it. */
export function takeRequest(
  { request, source }: { readonly request: Json; readonly source: Source },
  view: AppView,
  made: number,
): AppOut {
  const offer = view.below(CHAIN) as ChainOffer | null | undefined;
  // The chain says itself that there is none.
  if (!offer) return { kind: "pass", to: CHAIN, request, source };
  const wish = complete(request, offer, view, made);
  const item = typeof wish === "string" ? wish : settle(wish, offer, view);
  if (typeof item === "string") return { kind: "answer", source, why: item };
  return { kind: "pass", to: CHAIN, request: { ...request as Fields, item, once: true }, source };
}

/** The item that a request means, or what is wrong with the request. */
function complete(
  request: Json,
  { tree: { best } }: ChainOffer,
  { self, now_ms, env }: AppView,
  made: number,
): StrictItem | string {
  const { item = null } = (request ?? {}) as { readonly item?: Json };
  if (!isStrict(item)) return "a payment is expected";
  const fields = { ...item as Fields, at: best.block.index };
  for (const name of ["from", "to"]) {
    const word = Object.hasOwn(fields, name) ? (fields as Fields)[name] : null;
    if (typeof word === "string") Object.assign(fields, { [name]: accountOf(word, self) });
  }
  if (Object.hasOwn(fields, "id")) {
    const { id } = fields as Fields;
    return readItem({ ...fields, id: typeof id === "string" ? id.normalize("NFC") : id });
  }
  const hash = env.sha256(encoder.encode(`payment ${made} of ${self} at ${now_ms}`));
  return readItem({ ...fields, id: hash.replace(/[-_]/g, "").slice(0, MADE_ID_CHARS) });
}

/**
 * The item that is handed over: the one of the same id that counts or waits already, where it pays the
 * same; so whoever did not hear how it ended may try again. Else this one, or why it is refused.
 */
function settle(item: StrictItem, offer: ChainOffer, view: AppView): StrictItem | string {
  const { best } = offer.tree, index = best.block.index + 1, { self } = view;
  const state = best.states.get(STRICT) as Strict;
  const known = countedAs(state, self, item.id)?.item ?? waitingAs(item.id, offer, self);
  if (known !== undefined) return paySame(known, item) ? known : usedText(known);
  let after = state;
  for (const { origin, item, key } of waiting(offer, self)) {
    const taken = applyStrict(after, { origin, item, key }, index);
    if ("state" in taken) after = taken.state;
  }
  const taken = applyStrict(after, { origin: self, item, key: "" }, index);
  return "state" in taken ? item : refusalText({ view }, taken);
}

/** What waits to be ordered, in the order in which it came; own records that are on their way last. */
function* waiting({ pool, waits }: ChainOffer, self: Id) {
  for (const { origin, item, key } of pool.values()) {
    if (isStrict(item)) yield { origin, item, key };
  }
  for (const item of comingItems({ waits })) {
    if (isStrict(item)) yield { origin: self, item, key: "" };
  }
}

/** An own payment of an id that waits and has not lapsed. */
function waitingAs(id: string, offer: ChainOffer, self: Id): StrictItem | undefined {
  const { index } = offer.tree.best.block;
  for (const { origin, item } of waiting(offer, self)) {
    const read = readItem(item);
    if (typeof read === "string" || origin !== self || read.id !== id) continue;
    if (index < read.at + LAPSE_BLOCKS) return read;
  }
  return undefined;
}
