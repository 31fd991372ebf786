/** How things look on stdout: plain lines, or with `--json` one object a line. */

import { concat } from "@std/bytes/concat";
import type { Gap, Id, Json, Printed } from "../core/types.ts";
import type { Transaction } from "../core/apps/ledger.ts";
import { visible, visibleJson } from "./escape.ts";
import { contentOf, readItem } from "./items.ts";
import { say } from "./output.ts";

const encoder = new TextEncoder();
/** Enough of an id for people to tell a few nodes apart. */
const ID_SHOWN_CHARS = 8;
const NEWLINE = new Uint8Array([0x0a]);

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
  for (const record of records) {
    if (record.kind === "items" && !format.json) {
      const before = clockText(record.clock);
      for (const item of record.items) {
        text += before;
        const line = typeof item === "string" ? item : readItem(item) ?? JSON.stringify(item);
        if (typeof line === "string") text += `${clean(format, oneLine(line))}\n`;
        else {
          flush();
          parts.push(...bytesLine(line, format));
        }
      }
    } else if (record.kind === "items") text += itemObjects(record, format);
    else if (record.kind === "applied") text += appliedLine(record, format);
    else if (format.json) text += jsonLine({ gap: gapObject(record.gap) }, format);
    else say(gapText(record.gap));
  }
  flush();
  return parts.length === 1 ? parts[0] : concat(parts);
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

function clean(format: Format, text: string): string {
  return format.shown ? visible(text) : text;
}

function cleanJson(format: Format, json: string): string {
  return format.shown ? visibleJson(json) : json;
}

/** `[author:3 other:7] `, each with the first characters of its id. */
function clockText(clock: readonly (readonly [Id, number])[] | undefined): string {
  if (clock === undefined) return "";
  return `[${clock.map(([id, seq]) => `${id.slice(0, ID_SHOWN_CHARS)}:${seq}`).join(" ")}] `;
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

function appliedLine(
  { transaction, replaced }: Extract<Printed, { kind: "applied" }>,
  format: Format,
): string {
  if (!format.json) return `${clean(format, transactionText(transaction))}\n`;
  const { id, from, to, amount } = transaction;
  const object = { id, from, to, amount };
  return jsonLine(replaced === null ? object : { ...object, replaces: replaced }, format);
}

/** A line that is no text: as it is for a pipe, cleaned for a terminal. */
function bytesLine(line: Uint8Array, format: Format): Uint8Array[] {
  if (!format.shown && !line.includes(NEWLINE[0])) return [line, NEWLINE];
  return [encoder.encode(`${visible(new TextDecoder("latin1").decode(line))}\n`)];
}
