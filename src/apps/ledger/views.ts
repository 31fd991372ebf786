/** The ledger in SQL: views of the rows that its reducer wrote, so that no rule stands twice. */

import { PAYMENTS } from "./app.ts";

/** What counts, in the order in which this node applied it. */
const PAYMENTS_VIEW = `
CREATE VIEW payments AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(row, '$[0]') / 1000.0, 'unixepoch') AS time,
  key AS id, json_extract(row, '$[1]') AS "from", json_extract(row, '$[2]') AS "to",
  json_extract(row, '$[3]') AS amount
FROM app_rows WHERE tbl = '${PAYMENTS}' ORDER BY place;`;

/** Sums beyond 64 bits are text, exact to the last digit. */
const BALANCES_VIEW = `
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

/** All views of the ledger. */
export const LEDGER_VIEWS = PAYMENTS_VIEW + BALANCES_VIEW;
