import { histories, makeLine, ORIGINS } from "../helpers/history.ts";
import { inputIsUnchanged, relaysVerbatim, splittingChangesNothing } from "../helpers/laws.ts";
import {
  driveAll,
  linesEvent,
  linkedNode,
  nodeSubject,
  NOW_MS,
  relayed,
} from "../helpers/node_subject.ts";
import { assertSamePicture } from "../helpers/picture.ts";

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

Deno.test("`reduceNode()` gives the same again for a state that it went on from", () => {
  const base = linkedNode({ spread: "tree" });
  const entry = linesEvent(2, makeLine({ origin: ORIGINS[3], seq: 1, items: '["hello"]' }));
  const first = driveAll(base, [entry]);
  for (const link of [1, 2, 3]) {
    driveAll(base, [{ kind: "closed", now_ms: NOW_MS, link }]);
    assertSamePicture(driveAll(base, [entry]), first, `link ${link} was closed in between`);
  }
});
