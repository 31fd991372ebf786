import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TOPICS_PER_GUEST_MAX } from "../../../../src/core/data/limits.ts";
import { check } from "../../../helpers/check.ts";
import { GUEST, say, withGuest } from "../../../helpers/guest.ts";
import { histories } from "../../../helpers/history.ts";
import { driveAll, linesEvent } from "../../../helpers/node_subject.ts";

Deno.test("`subscribe()` gives exactly the last items that were asked for", () => {
  check(
    fc.property(histories(), fc.nat(20), (written, history) => {
      const lines = written.map(({ line }) => line);
      const [node] = driveAll(withGuest(), [linesEvent(1, ...lines)]);
      const { heard } = say(node, { k: "want", t: "chat", history });
      const [{ k, skip }, ...entries] = heard;
      assertEquals(k, "from");
      const items = written.flatMap(({ entry }) => entry.items);
      const got = entries.flatMap(({ b }) => b).slice(skip);
      const wanted = Math.min(history, items.length);
      // An entry without items may stand before the first one that counts.
      assertEquals(JSON.stringify(got), JSON.stringify(items.slice(items.length - wanted)));
    }),
    200,
  );
});

Deno.test("`subscribe()` closes a guest that follows too many topics", () => {
  const wants = Array.from(
    { length: TOPICS_PER_GUEST_MAX + 1 },
    (_, at) => ({ k: "want", t: `t${at}` }),
  );
  const { after, heard } = say(withGuest(), ...wants);
  assertEquals(heard.at(-1).code, "too-many-topics");
  assert(!after.session.links.has(GUEST));
});
