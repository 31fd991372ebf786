import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import type { Json } from "../../../../src/core/types.ts";
import { Handing } from "../../../../src/cli/node/handing.ts";
import { OpenRequests } from "../../../../src/cli/node/open_requests.ts";

const TO = { app: "strict", after: { app: "chain", request: { k: "newest" } } };

/** An app that answers when it is told to, and whoever hands it items. */
function stage() {
  const requests = new OpenRequests(), wanted: [string, Json, number][] = [], said: string[] = [];
  const request = (app: string, item: Json) =>
    requests.send((tag) => void wanted.push([app, item, tag]));
  const handing = new Handing({ requests, request, complain: (text) => said.push(text) });
  return { requests, wanted, said, handing };
}

Deno.test("`Handing` hands nothing over before what must be answered first, which it asks for once", async () => {
  const { requests, wanted, handing } = stage();
  const handed = Promise.all(["a", "b"].map((item, at) => handing.hand(TO, item, at + 1)));
  assertEquals(wanted.map(([app]) => app), ["chain"]);
  requests.end(wanted[0][2], null);
  await handed;
  assertEquals(wanted.map(([app, item]) => [app, item]), [
    ["chain", { k: "newest" }],
    ["strict", "a"],
    ["strict", "b"],
  ]);
});

Deno.test("`Handing` says of a line that was refused why, in the order in which that happens", async () => {
  const { requests, wanted, said, handing } = stage();
  const first = handing.hand(TO, "a", 7);
  requests.end(wanted[0][2], "an error that the items will meet, too");
  await first;
  await handing.hand(TO, "b", 8);
  const [[, , a], [, , b]] = wanted.slice(1);
  requests.end(b, "not enough");
  requests.end(a, null);
  await requests.settled(60_000);
  assertEquals(said, ["line 8: not enough"]);
});

Deno.test("`Handing` hands no more over while 256 wait for how they end", async () => {
  const { requests, wanted, handing } = stage();
  const first = handing.hand(TO, 0, 1);
  requests.end(wanted[0][2], null);
  await first;
  for (let at = 1; at < 256; at++) await handing.hand(TO, at, at + 1);
  const more = handing.hand(TO, 256, 257);
  // It has every turn that it could need.
  await delay(0);
  assertEquals(wanted.length, 257);
  requests.end(wanted[9][2], null);
  await more;
  assertEquals(wanted.at(-1)!.slice(0, 2), ["strict", 256]);
});
