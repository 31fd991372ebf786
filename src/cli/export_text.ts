/** The forms of `rumor export` besides ndjson: CSV, and the journal of hledger. */

import type { Transaction } from "../core/apps/ledger.ts";
import type { Id, Topic } from "../core/types.ts";
import type { Content } from "./items.ts";
import { visible } from "./escape.ts";

/** A payment that counts, and when it was made. */
export interface Payment {
  readonly transaction: Transaction;
  readonly time_ms: number;
}

/** One line of another topic. */
export interface Message {
  readonly topic: Topic;
  readonly origin: Id;
  readonly seq: number;
  readonly time_ms: number;
  readonly content: Content;
}

export const MESSAGES_HEADER = "topic,from,seq,time,text,base64\n";
export const PAYMENTS_HEADER = "id,from,to,amount\n";

/** A row of CSV by RFC 4180, but that it ends in a newline alone. */
export function csvRow(fields: readonly (string | number)[], shown: boolean): string {
  const cells = fields.map((field) => {
    const text = typeof field === "string" && shown ? visible(field) : String(field);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${cells.join(",")}\n`;
}

/** The row of a line: what is not text stands in the last column. */
export function messageRow(message: Message, shown: boolean): string {
  const { topic, origin, seq, time_ms, content } = message;
  const text = "text" in content
    ? content.text
    : "item" in content
    ? JSON.stringify(content.item)
    : "";
  const base64 = "base64" in content ? content.base64 : "";
  return csvRow([topic, origin, seq, new Date(time_ms).toISOString(), text, base64], shown);
}

/** The row of a payment. */
export function paymentRow({ transaction }: Payment, shown: boolean): string {
  const { id, from, to, amount } = transaction;
  return csvRow([id, from, to, amount], shown);
}

/**
 * A transaction in hledger's journal: the date in UTC, the id as description, and what each account
 * gets. Amounts have no commodity.
 */
export function journalEntry({ transaction, time_ms }: Payment, shown: boolean): string {
  const { id, from, to, amount } = transaction;
  const day = new Date(time_ms).toISOString().slice(0, 10);
  const text = `${day} ${description(id)}\n${posting(to, amount)}${posting(from, -amount)}\n`;
  return shown ? text.split("\n").map(visible).join("\n") : text;
}

function posting(account: string, amount: number): string {
  // hledger would take the first character for a mark or a comment; behind a mark it does not.
  const mark = /^[*!;]/.test(account) ? "* " : "";
  return `    ${mark}${accountName(account)}  ${amount}\n`;
}

/**
 * An account as hledger takes it. It means something else by a name in brackets, whatever stands
 * around it; so the first bracket is spelled `%28` or `%5B`, and a name that begins so has `%25`.
 */
function accountName(name: string): string {
  return /^(\(.*\)|\[.*\]|%(28|5B|25).*)$/s.test(name) ? percent(name[0]) + name.slice(1) : name;
}

/** A `;` would begin a comment, in which a tag can change the date; a bracket, a code. */
function description(id: string): string {
  return id.replace(/^[(*!]|[;%]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
