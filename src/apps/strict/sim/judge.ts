/** A second opinion on payments: what docs/strict.md says of them. It owes the app nothing. */

import type { Json } from "../../../core/types.ts";
import { must } from "../../../sim/campaign/violation.ts";
import { asJudge, type JudgedRecord, type OrderJudge } from "./builds_on.ts";

/** What must hold behind every record. */
export const COVERED = "strict_balances_are_covered";

/** What somebody who reads the branch knows. */
interface Book {
  readonly issuer: string | null;
  readonly issued: bigint;
  readonly balances: ReadonlyMap<string, bigint>;
  /** The keys of what counts, by signer and id. */
  readonly ids: ReadonlyMap<string, string>;
}

/** A payment, or an issue, which comes from nobody. */
interface Payment {
  readonly from: string | null;
  readonly to: string;
  readonly amount: number;
  readonly at: number;
  readonly id: string;
}

/** What may be in a payment's way, and how a campaign counts it. */
const EFFECT_OF = {
  used: "payment_ids_used_again",
  not_owner: null,
  not_issuer: "rival_issues_lost",
  lapsed: "payments_lapsed",
  early: null,
  uncovered: "payments_uncovered",
} as const;
const TAKEN_BACK = "payments_taken_back";

/** What is counted. */
export const EFFECTS: readonly string[] = [
  ...Object.values(EFFECT_OF).filter((name) => name !== null),
  TAKEN_BACK,
];

const LAPSE = 64, WORD_BYTES = 255;
const ID = /^[A-Za-z0-9_-]{43}$/;
const encoder = new TextEncoder();

export const strictJudge: OrderJudge = asJudge<Book>({
  name: "strict",
  initial: { issuer: null, issued: 0n, balances: new Map(), ids: new Map() },
  isForm: (item) => paymentOf(item) !== null,
  take: (book, record, index) => {
    const payment = paymentOf(record.item);
    if (payment === null || obstacle(book, payment, record, index) !== null) return null;
    const after = pay(book, payment, record);
    must(isCovered(after), COVERED, () => `${JSON.stringify(payment)} leaves less than nothing`);
    return after;
  },
  difference: (book, theirs) => differenceOf(book, theirs as Theirs),
  effectOf: (book, record, index, was_in) => {
    if (was_in) return TAKEN_BACK;
    const way = obstacle(book, paymentOf(record.item)!, record, index);
    return way === null ? null : EFFECT_OF[way];
  },
  lossText: (item) => {
    const { from, to, amount, id } = paymentOf(item)!;
    return `the payment ${id} (${from ?? "issued"} ${to} ${amount}) does not count`;
  },
});

/** What the app says. */
type Theirs = Omit<Book, "ids"> & {
  readonly ids: ReadonlyMap<string, { readonly key: string }>;
};

function obstacle(
  { ids, issuer, balances }: Book,
  { from, amount, at, id }: Payment,
  { origin }: JudgedRecord,
  index: number,
): keyof typeof EFFECT_OF | null {
  if (ids.has(`${origin} ${id}`)) return "used";
  if (from !== null && from.slice(0, 43) !== origin) return "not_owner";
  if (from === null && issuer !== null && issuer !== origin) return "not_issuer";
  if (index - at > LAPSE) return "lapsed";
  if (at >= index) return "early";
  return from !== null && (balances.get(from) ?? 0n) < BigInt(amount) ? "uncovered" : null;
}

function pay(book: Book, { from, to, amount, id }: Payment, { origin, key }: JudgedRecord): Book {
  const balances = new Map(book.balances), sum = BigInt(amount);
  const add = (account: string, more: bigint) =>
    balances.set(account, (balances.get(account) ?? 0n) + more);
  if (from !== null) add(from, -sum);
  add(to, sum);
  return {
    issuer: book.issuer ?? origin,
    issued: from === null ? book.issued + sum : book.issued,
    balances,
    ids: new Map(book.ids).set(`${origin} ${id}`, key),
  };
}

/** Nobody is below 0, and all together have what was issued. */
function isCovered({ balances, issued }: Pick<Theirs, "balances" | "issued">): boolean {
  const amounts = [...balances.values()];
  return amounts.every((amount) => amount >= 0n) &&
    amounts.reduce((sum, amount) => sum + amount, 0n) === issued;
}

function differenceOf(book: Book, theirs: Theirs): string | null {
  must(isCovered(theirs), COVERED, () => "a node has balances that are not what was issued");
  if (theirs.issuer !== book.issuer) return `${theirs.issuer} as the issuer, not ${book.issuer}`;
  if (theirs.issued !== book.issued) return `${theirs.issued} issued, not ${book.issued}`;
  for (const account of new Set([...book.balances.keys(), ...theirs.balances.keys()])) {
    const [has, said] = [book, theirs].map(({ balances }) => balances.get(account) ?? 0n);
    if (has !== said) return `${said} for ${account}, not ${has}`;
  }
  for (const [id, key] of book.ids) {
    const said = theirs.ids.get(id)?.key;
    if (said !== key) return `${said} for the payment ${id}, not ${key}`;
  }
  return theirs.ids.size === book.ids.size
    ? null
    : `${theirs.ids.size} payments, not ${book.ids.size}`;
}

function paymentOf(item: Json): Payment | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const fields = item as Record<string, Json>, { k, from = null, to, amount, at, id } = fields;
  const keys = Object.keys(fields).sort().join();
  if (k === "issue" ? keys !== "amount,at,id,k,to" : keys !== "amount,at,from,id,k,to") return null;
  const is_good = (k === "issue" || (k === "pay" && isAccount(from))) && isAccount(to) &&
    isWord(id) && isNumber(amount, 1) && isNumber(at, 0);
  return is_good ? { from, to, amount, at, id } as unknown as Payment : null;
}

function isAccount(value: Json): boolean {
  if (typeof value !== "string") return false;
  const [owner, name, ...more] = value.split("/");
  return ID.test(owner) && more.length === 0 && (name === undefined || isWord(name));
}

/** One word of at most 255 bytes, without slashes. */
function isWord(value: Json): boolean {
  return typeof value === "string" && /^[^\s\p{Cc}/]+$/u.test(value) &&
    encoder.encode(value).length <= WORD_BYTES;
}

function isNumber(value: Json, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && !Object.is(value, -0);
}
