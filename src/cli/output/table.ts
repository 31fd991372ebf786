/** How what a node answers is shown: a table, or objects; and times in it. */

import { visible, visibleJson } from "./escape.ts";

/** Rows as lines, aligned where a terminal shows them; - where there is nothing to say. */
export function tableText(rows: readonly (readonly string[])[], shown: boolean): string {
  const cells = rows.map((row) =>
    row.map((text) => text === "" ? "-" : shown ? visible(text) : text)
  );
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column].length))
  );
  return cells.map((row) =>
    `${row.map((text, at) => shown ? text.padEnd(widths[at]) : text).join(" ").trimEnd()}\n`
  ).join("");
}

/** Objects as JSON, one a line. */
export function objectsText(objects: readonly unknown[], shown: boolean): string {
  return objects.map((object) => {
    const json = JSON.stringify(object);
    return `${shown ? visibleJson(json) : json}\n`;
  }).join("");
}

/** The time as RFC 3339, of milliseconds that a node wrote; "" where they are none. */
export function timeText(ms_text: string): string {
  const time_ms = ms_text === "" ? NaN : Number(ms_text);
  return Math.abs(time_ms) <= 8.64e15 ? new Date(time_ms).toISOString() : "";
}
