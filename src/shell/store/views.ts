/**
 * Views for people, in SQL that Debian's `sqlite3` (3.40) knows. What apps made of the entries stands in
 * the table `app_rows`, as their reducers wrote it; apps bring the views of those.
 */

import { PRESENCE } from "../../core/log/slice.ts";

/** What apps want of the store. */
export interface StoredApps {
  /** Topics that never drop anything. */
  readonly whole: readonly string[];
  /** Topics whose items are no lines. */
  readonly folded: readonly string[];
  /** Statements that make views of the rows that apps wrote. */
  readonly views: string;
}

/** A store for a node without apps. */
export const NO_APPS: StoredApps = { whole: [], folded: [], views: "" };

/**
 * All items, with what their entry says. The keys are looked up as rows, because a path like `$.b`
 * does not find a key that was written with escapes. A line that is damaged has no items.
 */
const ITEMS = `
CREATE VIEW items AS
SELECT arrival, origin, topic, item.key AS place, time_ms, first + item.key AS seq, item.type,
  item.value
FROM (
  SELECT entries.arrival, origin, topic,
    max(part.value) FILTER (WHERE part.key = 'w') AS time_ms,
    CAST(max(part.value) FILTER (WHERE part.key = 'i') AS INTEGER) AS first,
    max(part.value) FILTER (WHERE part.key = 'b') AS items
  FROM entries JOIN logs USING (log), json_each(
    CASE WHEN json_valid(CAST(line AS TEXT)) THEN CAST(line AS TEXT) ELSE '{}' END) AS part
  GROUP BY entries.arrival
), json_each(items) AS item;`;

/** Items that are lines: those of topics that no app folds. */
function messages(folded: readonly string[]): string {
  const others = [...folded, PRESENCE].map((topic) => `'${topic}'`).join(", ");
  return `
CREATE VIEW messages AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', time_ms / 1000.0, 'unixepoch') AS time, origin AS "from", topic,
  seq,
  CASE type
    WHEN 'text' THEN value
    WHEN 'object' THEN
      coalesce((SELECT value FROM json_each(items.value) WHERE key = 'base64' AND type = 'text'), value)
    WHEN 'true' THEN 'true'
    WHEN 'false' THEN 'false'
    WHEN 'null' THEN 'null'
    ELSE value
  END AS text
FROM items WHERE topic NOT IN (${others}) ORDER BY arrival, place;`;
}

/** All views. */
export function viewsOf({ folded, views }: StoredApps): string {
  return ITEMS + messages(folded) + views;
}
