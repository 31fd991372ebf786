import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { OpenRequests } from "../../../../src/cli/node/open_requests.ts";

Deno.test("`OpenRequests` tells each who waits how his request ended, in any order", async () => {
  const open = new OpenRequests(), tags: number[] = [];
  const ends = ["one", "two"].map(() => open.send((tag) => void tags.push(tag)));
  assertNotEquals(tags[0], tags[1]);
  assert(open.end(tags[1], "refused"));
  assert(open.end(tags[0], null));
  assertEquals(await Promise.all(ends), [null, "refused"]);
});

Deno.test("`OpenRequests` leaves to others what nobody here waits for", async () => {
  const open = new OpenRequests();
  assertEquals(open.end(1, null), false);
  let tag = 0;
  const end = open.send((number) => tag = number);
  assertEquals(open.end(tag + 1, "of somebody else"), false);
  assertEquals(open.end(tag, "first"), true);
  assertEquals(open.end(tag, "again"), false);
  assertEquals(await end, "first");
});

Deno.test("`OpenRequests` hears of an end that comes while the request is sent", async () => {
  const open = new OpenRequests();
  assertEquals(await open.send((tag) => void open.end(tag, "at once")), "at once");
});

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
