import { assertEquals } from "@std/assert";
import { makeLine, ORIGINS } from "../../../helpers/history.ts";
import { drive, driveAll, linesEvent, linkedNode } from "../../../helpers/node_subject.ts";

const [, , , dan] = ORIGINS;
const decoder = new TextDecoder();

Deno.test("`sendWanted()` sends an entry that is kept, and counts one that is not", () => {
  const line = makeLine({ origin: dan, seq: 1, items: '["one"]' });
  const want = (seq: number) => JSON.stringify({ k: "want", o: dan, t: "chat", s: seq });
  const [node] = driveAll(linkedNode(), [linesEvent(1, line)]);
  const [after, effects] = drive(node, linesEvent(2, want(1), want(2)));
  const lines = effects.flatMap((effect) => effect.kind === "send" ? effect.lines : []);
  assertEquals(lines.map((one) => decoder.decode(one)), [`${decoder.decode(line)}\n`]);
  assertEquals(after.counts.get("wanted-unknown"), 1);
});
