import { assertEquals } from "@std/assert";
import { OpenRequests } from "../../../../src/cli/node/talking.ts";

Deno.test("`OpenRequests` tells how each ended, and when few enough are left", async () => {
  const open = new OpenRequests(), tags: number[] = [];
  const ended = [1, 2, 3].map(() => open.send((tag) => tags.push(tag)));
  let is_below = false;
  const below = open.fewerThan(3).then(() => is_below = true);
  await open.fewerThan(4);
  assertEquals([open.end(99, null), is_below], [false, false]);
  assertEquals(open.end(tags[1], "no"), true);
  await below;
  assertEquals(await open.settled(1), 2);
  assertEquals([open.end(tags[0], null), open.end(tags[2], null), open.end(tags[2], null)], [
    ...[true, true, false],
  ]);
  assertEquals(await open.settled(60_000), 0);
  assertEquals(await Promise.all(ended), [null, "no", null]);
});
