/** How things look on stdout: plain lines, or with `--json` one object a line. */

import { concat } from "@std/bytes/concat";
import type { Gap, Id, Json, Printed } from "../../core/types.ts";
import type { Transaction } from "../../core/apps/ledger.ts";
import { ID_START_CHARS } from "../../core/membership/people.ts";
import { visible, visibleJson } from "./escape.ts";
import { contentOf, readItem } from "../input/items.ts";
import { say } from "./output.ts";

const encoder = new TextEncoder();
const NEWLINE = new Uint8Array([0x0a]);
/** How a line for one alone begins; what shows nothing may stand in between. */
const LIKE_PRIVATE = /^\p{DI}*\[\p{DI}*p\p{DI}*m\p{DI}*\p{Zs}/u;

/** What makes bytes of records. */
export interface Format {
  readonly json: boolean;
  /** Whether a terminal shows it: then what it would obey is escaped. A pipe gets it as it is. */
  readonly shown: boolean;
}

/** The bytes of records, each line with its newline. Gaps in plain form go to stderr. */
export function formatRecords(records: readonly Printed[], format: Format): Uint8Array {
  const parts: Uint8Array[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") parts.push(encoder.encode(text));
    text = "";
  };
  const plain = (items: readonly Json[], before: string, guard: (line: string) => string) => {
    for (const item of items) {
      text += before;
      const line = typeof item === "string" ? item : readItem(item) ?? JSON.stringify(item);
      if (typeof line === "string") text += `${guard(clean(format, oneLine(line)))}\n`;
      else if (format.shown || line.includes(NEWLINE[0])) text += `${guard(bytesText(line))}\n`;
      else {
        flush();
        parts.push(line, NEWLINE);
      }
    }
  };
  for (const record of records) {
    if (record.kind === "applied") text += appliedLine(record, format);
    else if (record.kind === "gap") {
      if (format.json) text += jsonLine({ gap: gapObject(record.gap) }, format);
      else say(gapText(record.gap));
    } else if (format.json) {
      text += record.kind === "items"
        ? itemObjects(record, format)
        : privateObjects(record, format);
    } else if (record.kind === "items") {
      plain(record.items, clockText(record.clock), format.shown ? publicLine : (line) => line);
    } else {
      const label = clean(format, labelOf(record.from, record.name));
      plain(record.items, `[pm from ${label}] `, (line) => line);
    }
  }
  flush();
  return parts.length === 1 ? parts[0] : concat(parts);
}

/** What people call somebody: its name, or the beginning of its id where it has none. */
export function labelOf(id: Id, name: string): string {
  return name === "" ? id.slice(0, ID_START_CHARS) : name;
}

/** `ID FROM TO AMOUNT`. */
export function transactionText({ id, from, to, amount }: Transaction): string {
  return `${id} ${from} ${to} ${amount}`;
}

/** Balances as `ACCOUNT AMOUNT`: aligned for a terminal, plain otherwise, or as JSON. */
export function formatBalances(
  rows: readonly (readonly [string, bigint | string])[],
  format: Format & { readonly align: boolean },
): string {
  if (format.json) {
    // Amounts can pass 2^53: they are written as they are, not as a rounded number.
    return rows.map(([account, amount]) =>
      `${cleanJson(format, `{"account":${JSON.stringify(account)},"amount":${amount}}`)}\n`
    ).join("");
  }
  const names = rows.map(([account]) => clean(format, account));
  const amounts = rows.map(([, amount]) => String(amount));
  const name_width = format.align ? Math.max(0, ...names.map((name) => name.length)) : 0;
  const amount_width = format.align ? Math.max(0, ...amounts.map((text) => text.length)) : 0;
  return names.map((name, row) =>
    `${name.padEnd(name_width)} ${amounts[row].padStart(amount_width)}\n`
  ).join("");
}

/** What is missing, for stderr. */
export function gapText({ topic, origin, from, to }: Gap): string {
  const entries = from === to ? `entry ${from}` : `entries ${from} to ${to}`;
  return `rumor: gap: ${entries} of ${origin} in ${topic} are no longer kept by anybody here`;
}

function jsonLine(value: unknown, format: Format): string {
  return `${cleanJson(format, JSON.stringify(value))}\n`;
}

/** Only a lying node sends a newline within a line; it must not look like two lines. */
function oneLine(line: string): string {
  return line.includes("\n") ? line.replaceAll("\n", "\\x0a") : line;
}

/** A line for everybody; to a person it must not look like one that is for this node alone. */
function publicLine(line: string): string {
  return LIKE_PRIVATE.test(line) ? line.replace("[", "\\x5b") : line;
}

function clean(format: Format, text: string): string {
  return format.shown ? visible(text) : text;
}

function cleanJson(format: Format, json: string): string {
  return format.shown ? visibleJson(json) : json;
}

/** `[author:3 other:7] `, each with the first characters of its id. */
function clockText(clock: readonly (readonly [Id, number])[] | undefined): string {
  if (clock === undefined) return "";
  return `[${clock.map(([id, seq]) => `${id.slice(0, ID_START_CHARS)}:${seq}`).join(" ")}] `;
}

function gapObject({ topic, origin, from, to }: Gap): Json {
  return { topic, from: origin, first_entry: from, last_entry: to };
}

function itemObjects(record: Extract<Printed, { kind: "items" }>, format: Format): string {
  const time = new Date(record.time_ms).toISOString();
  // The entry is known after these of others, and after all entries of its own origin before it.
  const cause = {
    entry: record.entry,
    after: Object.fromEntries(record.deps),
    ...(record.clock === undefined ? {} : { clock: Object.fromEntries(record.clock) }),
  };
  let text = "", seq = record.first;
  for (const item of record.items) {
    const object = { topic: record.topic, from: record.origin, seq: seq++, time, ...cause };
    text += jsonLine({ ...object, ...contentOf(item) }, format);
  }
  return text;
}

function privateObjects(
  { from, name, time_ms, items }: Extract<Printed, { kind: "private" }>,
  format: Format,
): string {
  const object = { private: true, from, name, time: new Date(time_ms).toISOString() };
  return items.map((item) => jsonLine({ ...object, ...contentOf(item) }, format)).join("");
}

function appliedLine(
  { transaction, replaced }: Extract<Printed, { kind: "applied" }>,
  format: Format,
): string {
  if (!format.json) return `${clean(format, transactionText(transaction))}\n`;
  const { id, from, to, amount } = transaction;
  const object = { id, from, to, amount };
  return jsonLine(replaced === null ? object : { ...object, replaces: replaced }, format);
}

/** A line that is no text, for a terminal, or where it holds a newline. */
function bytesText(line: Uint8Array): string {
  return visible(new TextDecoder("latin1").decode(line));
}
