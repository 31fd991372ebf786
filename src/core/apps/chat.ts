/** What a line is: an item of any topic of text. */

import type { Json } from "../types.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const NEWLINE = 0x0a;

/** What is wrong with an item that a user wants to send as a line, or null. */
export function textFault(item: Json): string | null {
  if (typeof item !== "string" && base64Of(item) === null) {
    return 'a line must be text, or {"base64": ...}';
  }
  return holdsNewline(item) ? "a line must not hold a newline" : null;
}

/** Whether an item would be printed as more than one line. What is no text is printed as JSON. */
export function holdsNewline(item: Json): boolean {
  if (typeof item === "string") return item.includes("\n");
  const base64 = base64Of(item);
  return base64 !== null && Uint8Array.fromBase64(base64).includes(NEWLINE);
}

function base64Of(item: Json): string | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const { base64 } = item as { base64?: Json };
  const fits = typeof base64 === "string" && Object.keys(item).length === 1 && BASE64.test(base64);
  return fits ? base64 : null;
}
