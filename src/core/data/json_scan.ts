/**
 * A look at JSON before it is parsed. `JSON.parse` accepts any depth and keeps the last of two equal
 * keys without a word; both are refused here, where that costs one pass over the bytes.
 */

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a;
const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d;

/** Deepest nesting, and how many keys (colons outside of strings) the bytes hold. */
export function scanJson(bytes: Uint8Array): { depth: number; keys: number } {
  let depth = 0, deepest = 0, keys = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      while (++at < bytes.length && bytes[at] !== QUOTE) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === COLON) keys++;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return { depth: deepest, keys };
}

/** How many keys a parsed value has, in all its objects; fewer than were written means repeated. */
export function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) { for (const part of value) count += countKeys(part); }
  else {
    const parts = Object.values(value);
    count = parts.length;
    for (const part of parts) count += countKeys(part);
  }
  return count;
}

/** Whether every string in a parsed value is free of lone surrogates. */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([key, part]) => key.isWellFormed() && isWellFormed(part));
}
