import { assert, assertEquals } from "@std/assert";
import { TRACKER_GUEST_MS, TRACKER_WATCH_MS } from "../../../src/tracker/limits.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import { Crowd } from "../../helpers/crowd.ts";

const GUEST = { k: "hello", v: 1, network: "rumor", guest: true };

Deno.test("`reduceTracker()` answers a guest who is there, a line at a time", () => {
  const crowd = new Crowd();
  const since_ms = crowd.now_ms;
  for (let at = 0; at < 900; at++) crowd.join(`n${at}`, { label: `label-${at}` });
  crowd.join("ann");
  const guest = crowd.open();
  crowd.say(guest, GUEST);
  assertEquals(crowd.heard(guest)[0].tracker, true);
  const rows: string[][] = [];
  for (let more = true, lines = 0; more && lines < 9; lines++) {
    crowd.say(guest, { k: "ask", i: 7, q: "peers" });
    const answer = crowd.heard(guest, "answer").at(-1);
    assertEquals(answer.i, 7);
    rows.push(...answer.r);
    more = answer.more ?? false;
    // Who leaves meanwhile is still in the answer that has begun.
    crowd.vanish(1);
  }
  assert(crowd.heard(guest, "answer").length > 1);
  assertEquals(rows.length, 901);
  const time = String(since_ms);
  assertEquals(rows[3], [fakeId("n3"), "label-3", "n3:7000", "alive", time, "direct"]);
  assertEquals(rows[900], [fakeId("ann"), "", "ann:7000", "alive", time, "direct"]);
  crowd.say(guest, { k: "ask", i: 7, q: "peers" });
  assertEquals(crowd.heard(guest, "answer").at(-1).r.length < 901, true, "it begins again");
});

Deno.test("`reduceTracker()` tells a guest that wants lines to go elsewhere, and an idle one to go", () => {
  const cases: [Record<string, unknown>, string | undefined, string | undefined][] = [
    [{ k: "want", t: "chat" }, "bad-order", undefined],
    [{ k: "ask", i: 1, q: "balances", a: [] }, "bad-order", undefined],
    [{ k: "publish", i: 5, t: "chat", b: ["x"] }, undefined, "refused"],
    [{ k: "ping", x: 5 }, undefined, "pong"],
  ];
  for (const [line, code, answer] of cases) {
    const crowd = new Crowd();
    const guest = crowd.open();
    crowd.say(guest, GUEST, line);
    assertEquals(crowd.byeOf(guest), code);
    if (answer !== undefined) assertEquals(crowd.heard(guest, answer).length, 1);
    crowd.pass(TRACKER_GUEST_MS - 1);
    assertEquals(crowd.byeOf(guest), code);
    crowd.pass(1 + TRACKER_WATCH_MS);
    assertEquals(crowd.byeOf(guest), code ?? "timeout");
  }
});
