/**
 * What a node prints, as bytes: plain lines, or with `--json` one object a line. Pure: each piece
 * says on which stream it belongs, and others write it.
 */

import { concat } from "@std/bytes/concat";
import type { AppModule } from "../../apps/app.ts";
import type { Id, Json, Printed } from "../../core/types.ts";
import type { Gap } from "../../core/data/stored.ts";
import { ID_START_CHARS } from "../../core/membership/people.ts";
import { contentOf, readItem } from "../input/items.ts";
import { visible } from "./escape.ts";
import { clean, type Format, jsonLine, saidLine } from "./line.ts";

const encoder = new TextEncoder();
const NEWLINE = 0x0a;
/** How a line for one alone begins; what shows nothing may stand in between. */
const LIKE_PRIVATE = /^\p{DI}*\[\p{DI}*p\p{DI}*m\p{DI}*\p{Zs}/u;

/** How records are printed. */
export interface RecordFormat extends Format {
  /** Who knows what records of apps look like. */
  readonly apps: readonly AppModule[];
  /** The app whose records alone stand on stdout; those of others go to stderr. */
  readonly only?: string;
}

/** Whole lines for one of the streams: stdout or stderr. */
export interface Piece {
  readonly to: "out" | "err";
  readonly bytes: Uint8Array;
}

/**
 * The pieces of records, in their order, each as long as can be. Gaps in plain form go to stderr.
 * What goes to stderr is always safe to show, as nothing there may command a terminal.
 */
export function formatRecords(records: readonly Printed[], format: RecordFormat): Piece[] {
  const sheet = new Sheet();
  const beside: RecordFormat = { ...format, shown: true };
  for (const record of records) {
    const to = streamOf(record, format);
    sheet.turnTo(to);
    addRecord(sheet, record, to === "err" ? beside : format);
  }
  return sheet.pieces();
}

/** What people call somebody: its name, or the beginning of its id where it has none. */
export function labelOf(id: Id, name: string): string {
  return name === "" ? id.slice(0, ID_START_CHARS) : name;
}

function streamOf(record: Printed, { json, only }: RecordFormat): Piece["to"] {
  if (record.kind === "gap") return json ? "out" : "err";
  return record.kind === "record" && only !== undefined && record.app !== only ? "err" : "out";
}

function addRecord(sheet: Sheet, record: Printed, format: RecordFormat): void {
  if (record.kind === "record") {
    const { show } = format.apps.find(({ app }) => app.name === record.app) ?? {};
    return sheet.addAll(show?.(record.record, format) ?? []);
  }
  if (record.kind === "gap") {
    sheet.text += format.json
      ? jsonLine({ gap: gapObject(record.gap) }, format)
      : saidLine(gapText(record.gap));
  } else if (format.json) sheet.text += itemObjects(record, format);
  else {
    const guard = format.shown ? publicLine : (line: string) => line;
    sheet.addAll(plainLines(record.items, format, clockText(record.clock), guard));
  }
}

/** Items as plain lines, each behind the same words; those that are no text are the bytes that they are. */
export function plainLines(
  items: readonly Json[],
  format: Format,
  before: string,
  guard: (line: string) => string = (line) => line,
): (string | Uint8Array)[] {
  const parts: (string | Uint8Array)[] = [];
  let text = "";
  for (const item of items) {
    const line = typeof item === "string" ? item : readItem(item) ?? JSON.stringify(item);
    if (typeof line === "string") text += `${before}${guard(clean(format, oneLine(line)))}\n`;
    else if (format.shown || line.includes(NEWLINE)) text += `${before}${guard(bytesText(line))}\n`;
    else {
      parts.push(text + before, line);
      text = "\n";
    }
  }
  parts.push(text);
  return parts;
}

/** Gathers text and bytes for the two streams; lives only as long as one call. */
class Sheet {
  /** Text that is not encoded yet. To add to it is what costs least. */
  text = "";
  #to: Piece["to"] = "out";
  #parts: Uint8Array[] = [];
  readonly #pieces: Piece[] = [];

  /** What is added next goes to this stream. */
  turnTo(to: Piece["to"]): void {
    if (to !== this.#to) this.#end();
    this.#to = to;
  }

  /** Adds text and bytes. */
  addAll(parts: Iterable<string | Uint8Array>): void {
    for (const part of parts) {
      if (typeof part === "string") this.text += part;
      else {
        this.#encode();
        this.#parts.push(part);
      }
    }
  }

  pieces(): Piece[] {
    this.#end();
    return this.#pieces;
  }

  #end(): void {
    this.#encode();
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#pieces.push({ to: this.#to, bytes: parts.length === 1 ? parts[0] : concat(parts) });
    this.#parts = [];
  }

  #encode(): void {
    if (this.text !== "") this.#parts.push(encoder.encode(this.text));
    this.text = "";
  }
}

/** What is missing, for people. */
function gapText({ topic, origin, from, to }: Gap): string {
  const entries = from === to ? `entry ${from}` : `entries ${from} to ${to}`;
  return `rumor: gap: ${entries} of ${origin} in ${topic} are no longer kept by anybody here`;
}

/** Only a lying node sends a newline within a line; it must not look like two lines. */
function oneLine(line: string): string {
  return line.includes("\n") ? line.replaceAll("\n", "\\x0a") : line;
}

/** A line for everybody; to a person it must not look like one that is for this node alone. */
function publicLine(line: string): string {
  return LIKE_PRIVATE.test(line) ? line.replace("[", "\\x5b") : line;
}

/** `[author:3 other:7] `, each with the first characters of its id. */
function clockText(clock: readonly (readonly [Id, number])[] | undefined): string {
  if (clock === undefined) return "";
  return `[${clock.map(([id, seq]) => `${id.slice(0, ID_START_CHARS)}:${seq}`).join(" ")}] `;
}

function gapObject({ topic, origin, from, to }: Gap): Json {
  return { topic, from: origin, first_entry: from, last_entry: to };
}

/** The items of an entry, an object each. */
export function itemObjects(record: Extract<Printed, { kind: "items" }>, format: Format): string {
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

/** A line that is no text, for a terminal, or where it holds a newline. */
function bytesText(line: Uint8Array): string {
  // No decoder does this: what is called latin1 is windows-1252, which makes letters of 0x80 to 0x9f.
  return visible(Array.from(line, (byte) => String.fromCharCode(byte)).join(""));
}
