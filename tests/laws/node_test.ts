import { histories } from "../helpers/history.ts";
import { inputIsUnchanged, relaysVerbatim, splittingChangesNothing } from "../helpers/laws.ts";
import { nodeSubject, relayed } from "../helpers/node_subject.ts";

Deno.test("`reduceNode()` leaves its input unchanged", () => {
  inputIsUnchanged(nodeSubject(), 60);
});

Deno.test("`reduceNode()` gives the same however the lines of links are split", () => {
  // What is counted is left out: see the test below.
  splittingChangesNothing({ ...nodeSubject(), view: ({ counts: _, ...state }) => state }, 400);
});

Deno.test({
  name: "`reduceNode()` counts the same however the lines of links are split",
  fn: () =>
    splittingChangesNothing({ ...nodeSubject(), view: ({ counts }) => [...counts].sort() }, 400),
});

Deno.test("`reduceNode()` relays what it received, byte for byte", () => {
  relaysVerbatim(histories(), ({ line }) => line, (all) => relayed(all.map(({ line }) => line)));
});
