/** What a line is: an item of any topic of text. */

import type { Json } from "../../core/types.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const NEWLINE = 0x0a;

/** What is wrong with an item that is to be published as a line, or null. */
export function textFault(item: Json): string | null {
  const newline = "a line must not hold a newline";
  if (typeof item === "string") return item.includes("\n") ? newline : null;
  const isObject = typeof item === "object" && item !== null && !Array.isArray(item);
  const { base64 } = isObject ? item as { base64?: Json } : {};
  if (typeof base64 !== "string" || Object.keys(item!).length !== 1 || !BASE64.test(base64)) {
    return 'a line must be text, or {"base64": ...}';
  }
  return Uint8Array.fromBase64(base64).includes(NEWLINE) ? newline : null;
}
