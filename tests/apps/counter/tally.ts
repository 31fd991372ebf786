/** An app that builds on the counter: how often was added, and how high the counter ever stood. */

import { type App, asApp } from "../../../src/core/host/app.ts";
import { COUNTER } from "./state.ts";

/** Where the counter stood after each number, in the order of the counter. */
type Heights = readonly number[];

export const tally: App = asApp<Heights>({
  name: "tally",
  builds_on: [COUNTER],
  initial: () => [],
  reduce: (before, event) => {
    if (event.kind !== "ordered") return [before, []];
    // It follows the order of the other app, and what that takes back.
    const after = before.slice(0, before.length - event.removed.length);
    for (const add of event.added) after.push((after.at(-1) ?? 0) + (add as number));
    return [after, []];
  },
  questions: {
    tally: {
      right: "read",
      names: () => ["added", "highest"],
      row: (heights, name) => {
        return [name, String(name === "added" ? heights.length : Math.max(0, ...heights))];
      },
    },
  },
});
