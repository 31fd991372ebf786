/** Between a line of text and an item of the log, both ways. */

import type { Json } from "../../core/types.ts";
import { ITEM_BYTES_MAX } from "../../core/data/limits.ts";

/** Why a line is no item. */
export interface Fault {
  readonly fault: string;
}

/** Makes an item of a line's text, or says what is wrong with it. */
export type ReadLine = (text: string) => Json | Fault | undefined;

/** Whether a line is no item; no app's items look so. */
export function isFault(item: unknown): item is Fault {
  return typeof item === "object" && item !== null && Object.keys(item).join() === "fault";
}

/** A text this long as JSON goes as base64, which is shorter than its escapes. */
const TEXT_JSON_BYTES_MAX = 180_000;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

// Bytes become text by the engine's own `toBase64()`: 0.13 us for 60 bytes, where `encodeBase64()` of
// @std/encoding takes 1.9 us, and each line of `--encoding base64` goes through it.

/** An item of a line of text. */
export function textItem(text: string): Json {
  // Only many escapes or wide characters make a line much longer than its text.
  if (text.length * 6 < TEXT_JSON_BYTES_MAX) return text;
  const bytes = encoder.encode(text);
  return encoder.encode(JSON.stringify(text)).length <= TEXT_JSON_BYTES_MAX
    ? text
    : { base64: bytes.toBase64() };
}

/** Why a single line is refused, or null. */
export function lineFault(text: string): string | null {
  if (text.includes("\n")) return "a line must not hold a newline";
  if (text.length * 3 <= ITEM_BYTES_MAX) return null;
  const { length } = encoder.encode(text);
  return length > ITEM_BYTES_MAX ? tooLong(length) : null;
}

/** The text of an item, or its bytes where it is not text, or null where it is no line at all. */
export function readItem(item: Json): string | Uint8Array | null {
  if (typeof item === "string") return item;
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const { base64 } = item as { base64?: Json };
  if (typeof base64 !== "string") return null;
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(base64);
  } catch {
    return null;
  }
  try {
    const text = utf8.decode(bytes);
    return text.includes("\n") ? bytes : text;
  } catch {
    return bytes;
  }
}

/** What an item is as a part of a JSON object: text, bytes that are no text, or no line at all. */
export type Content = { readonly text: string } | { readonly base64: string } | {
  readonly item: Json;
};

/** An item as a part of a JSON object. */
export function contentOf(item: Json): Content {
  const line = readItem(item);
  if (typeof line === "string") return { text: line };
  return line === null ? { item } : { base64: line.toBase64() };
}

/** What is said of a line of so many bytes. */
export function tooLong(bytes: number): string {
  return `${bytes} bytes, but a line has at most ${ITEM_BYTES_MAX}`;
}
