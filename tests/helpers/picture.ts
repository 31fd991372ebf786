/** Pictures of values: text that is equal exactly where the values are. */

import { assertEquals } from "@std/assert";

/** The value as text, with maps, sets, bytes and numbers that JSON does not have. */
export function picture(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (part instanceof Map) return { map: [...part] };
    if (part instanceof Set) return { set: [...part] };
    // Of the engine, as `encodeHex()` takes fifteen times as long, and a law needs many pictures.
    if (part instanceof Uint8Array) return { bytes: part.toHex() };
    if (typeof part === "bigint") return { bigint: String(part) };
    if (typeof part === "number" && !Number.isFinite(part)) return { number: String(part) };
    if (part === undefined) return { undefined: true };
    return part;
  }) ?? "";
}

/** Both have the same picture; the difference is shown as values. */
export function assertSamePicture(actual: unknown, expected: unknown, message?: string): void {
  const [a, b] = [picture(actual), picture(expected)];
  if (a !== b) assertEquals(JSON.parse(a), JSON.parse(b), message);
}
