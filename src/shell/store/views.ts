/**
 * Views for people: the same answers as the program gives, in SQL that Debian's `sqlite3` (3.40)
 * knows. `payments` keeps to `reduceLedger()` in src/core/apps/ledger.ts, rule by rule; a test compares
 * them.
 */

import { NAME_BYTES_MAX } from "../../core/data/limits.ts";

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

const MESSAGES = `
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
FROM items WHERE topic NOT IN ('ledger', 'presence') ORDER BY arrival, place;`;

/** White space and control characters, as a set for GLOB; NUL is looked for apart. */
const UNFIT = "char(1) || '-' || char(32) || char(127) || '-' || char(160) || char(5760) || " +
  "char(8192) || '-' || char(8202) || char(8232, 8233, 8239, 8287, 12288, 65279)";

/** Whether a value may name an account or a transaction. */
function fits(column: string): string {
  return `${column}_type = 'text' AND ${column} != '' AND
    length(CAST(${column} AS BLOB)) <= ${NAME_BYTES_MAX} AND
    ${column} NOT GLOB '*[' || ${UNFIT} || ']*'`;
}

/** One field of an item, and its type. */
function field(name: string): string {
  return `max(field.value) FILTER (WHERE field.key = '${name}') AS ${name}_,
    max(field.type) FILTER (WHERE field.key = '${name}') AS ${name}_type`;
}

/**
 * Text in the order of JavaScript, by UTF-16 units: a character beyond the basic plane becomes its two
 * surrogates, which sort before the last characters of that plane.
 */
function sortKey(column: string): string {
  return `CASE WHEN ${column} NOT GLOB '*[' || char(65536) || '-' || char(1114111) || ']*'
    THEN ${column} ELSE (
      WITH RECURSIVE made(at, text) AS (
        SELECT 1, '' UNION ALL
        SELECT at + 1, text || CASE WHEN unicode(substr(${column}, at, 1)) < 65536
          THEN substr(${column}, at, 1)
          ELSE char(55296 + (unicode(substr(${column}, at, 1)) - 65536) / 1024) ||
            char(56320 + (unicode(substr(${column}, at, 1)) - 65536) % 1024) END
        FROM made WHERE at <= length(${column}))
      SELECT text FROM made ORDER BY at DESC LIMIT 1) END`;
}

const PAYMENTS = `
CREATE VIEW payments AS
WITH fields AS (
  SELECT arrival, place, time_ms, substr(origin, 1, 16) || ':' || seq AS made_id,
    items.value AS item, ${["id", "from", "to", "amount"].map(field).join(", ")}
  FROM items, json_each(items.value) AS field
  WHERE topic = 'ledger' AND items.type = 'object' GROUP BY arrival, place
), named AS (
  SELECT arrival, place, time_ms, made_id, item,
    from_ AS "from", from_type, to_ AS "to", to_type, amount_ AS amount, amount_type,
    coalesce(id_, made_id) AS id, coalesce(id_type, 'text') AS id_type
  FROM fields
), valid AS (
  SELECT id, "from", "to", CAST(amount AS INTEGER) AS amount, arrival, place, time_ms FROM (
    SELECT id, id_type, made_id, "from" AS payer, from_type AS payer_type, "to" AS payee,
      to_type AS payee_type, "from", "to", amount, amount_type, arrival, place, time_ms, item
    FROM named)
  WHERE ${fits("id")} AND ${fits("payer")} AND ${fits("payee")} AND payer != payee
    AND amount_type IN ('integer', 'real') AND amount BETWEEN 1 AND 9007199254740991
    AND CAST(amount AS INTEGER) = amount
    AND (id = made_id OR id NOT GLOB
      '${"[A-Za-z0-9_-]".repeat(16)}:[0-9]*' OR substr(id, 18) GLOB '*[^0-9]*')
    AND instr(replace(item, '\\\\', ''), '\\u0000') = 0
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY amount, ${sortKey('"from"')},
    ${sortKey('"to"')}, arrival, place) AS rank
  FROM valid
)
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', time_ms / 1000.0, 'unixepoch') AS time, id, "from", "to", amount
FROM ranked WHERE rank = 1 ORDER BY arrival, place;`;

/** Sums beyond 64 bits are text, exact to the last digit. */
const BALANCES = `
CREATE VIEW balances AS
WITH moved(account, amount) AS (
  SELECT "from", -amount FROM payments UNION ALL SELECT "to", amount FROM payments
), halves AS (
  SELECT account, sum(amount / 1000000000) AS high, sum(amount % 1000000000) AS low
  FROM moved GROUP BY account
), carried AS (
  SELECT account, high + low / 1000000000 AS high, low % 1000000000 AS low FROM halves
), signed AS (
  SELECT account,
    high + CASE WHEN high > 0 AND low < 0 THEN -1 WHEN high < 0 AND low > 0 THEN 1 ELSE 0 END
      AS high,
    low + CASE WHEN high > 0 AND low < 0 THEN 1000000000 WHEN high < 0 AND low > 0
      THEN -1000000000 ELSE 0 END AS low
  FROM carried
)
SELECT account, CASE WHEN abs(high) < 9000000000 THEN high * 1000000000 + low
  ELSE printf('%d%09d', high, abs(low)) END AS amount
FROM signed ORDER BY account;`;

/** All views. */
export const VIEWS = ITEMS + MESSAGES + PAYMENTS + BALANCES;
