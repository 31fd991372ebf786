/** The counter in SQL. */

import { STEPS } from "./state.ts";

/** What each origin added. */
export const COUNTER_VIEWS = `
CREATE VIEW counter AS
SELECT json_extract(row, '$[0]') AS origin, sum(json_extract(row, '$[2]')) AS added
FROM app_rows WHERE tbl = '${STEPS}' GROUP BY 1 ORDER BY 1;`;
