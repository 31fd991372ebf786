/** Looks at the lines of a read: entries and control lines, checked for their form, not acted on. */

import { decodeEntry, type Entry, looksLikeEntry, peekHeader } from "../log/entry.ts";
import { type LogState, seenLog } from "../log/slice.ts";
import { decodeLine, type Line } from "./line.ts";

/** A line that was looked at; `bytes` counts its newline, too. */
export type Decoded =
  | { readonly kind: "entry"; readonly entry: Entry; readonly bytes: number }
  | { readonly kind: "seen"; readonly log: number; readonly seq: number; readonly bytes: number }
  | { readonly kind: "control"; readonly line: Line; readonly bytes: number }
  | { readonly kind: "fault"; readonly code: string; readonly fatal: boolean };

/** Looks at a line (without newline). Never throws. */
export function decodeAny(log: LogState, line: Uint8Array): Decoded {
  // The newline belongs to the line where bytes are counted.
  const bytes = line.length + 1;
  if (!looksLikeEntry(line)) return decodeControl(line);
  const header = peekHeader(line);
  const log_index = header === null ? -1 : seenLog(log, header, line);
  if (log_index >= 0) return { kind: "seen", log: log_index, seq: header!.seq, bytes };
  const entry = decodeEntry(line, header);
  if (typeof entry !== "string") return { kind: "entry", entry, bytes };
  return { kind: "fault", code: entry, fatal: true };
}

/** Looks at a line that is no entry. */
export function decodeControl(line: Uint8Array): Decoded {
  const control = decodeLine(line);
  if (typeof control !== "string") {
    return { kind: "control", line: control, bytes: line.length + 1 };
  }
  return { kind: "fault", code: control, fatal: control !== "unknown-kind" };
}
