import { assert, assertEquals, assertLess } from "@std/assert";
import {
  EVICT_MS,
  HELLO_TIMEOUT_MS,
  LINE_BYTES_MAX,
  PING_MS,
  SILENCE_MS,
} from "../../../src/core/data/limits.ts";
import {
  TRACKER_PEERS_PER_MS,
  TRACKER_UNREAD_BYTES_MAX,
  TRACKER_WATCH_MS,
} from "../../../src/tracker/limits.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import { Crowd } from "../../helpers/crowd.ts";

Deno.test("`reduceTracker()` pings who says nothing, and removes who does not answer", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann"), bob = crowd.join("bob");
  crowd.pass(PING_MS + TRACKER_WATCH_MS);
  for (const link of [ann, bob]) assertEquals(crowd.heard(link, "ping").length, 1);
  crowd.answerPing(ann);
  crowd.forget();
  crowd.pass(SILENCE_MS - PING_MS - 2 * TRACKER_WATCH_MS);
  assertEquals(crowd.byeOf(bob), undefined);
  crowd.answerPing(ann);
  crowd.pass(3 * TRACKER_WATCH_MS);
  assertEquals([crowd.byeOf(ann), crowd.byeOf(bob)], [undefined, "silent"]);
});

Deno.test("`reduceTracker()` waits longer for who has much to read", () => {
  const crowd = new Crowd();
  const host = "h".repeat(253);
  // So many that the list alone is worth asking about.
  const peers = Array.from(
    { length: 300 },
    (_, at) => crowd.join(`n${at}`, { address: `${host}:${at + 1}` }),
  );
  crowd.pass(PING_MS + TRACKER_WATCH_MS);
  for (const peer of peers) crowd.answerPing(peer);
  const ann = crowd.join("ann");
  crowd.pass(SILENCE_MS + TRACKER_WATCH_MS);
  assertEquals([crowd.byeOf(peers[0]), crowd.byeOf(ann)], ["silent", undefined]);
  assertEquals(crowd.heard(ann, "ping").length, 1);
  crowd.pass(EVICT_MS - SILENCE_MS - 2 * TRACKER_WATCH_MS);
  assertEquals(crowd.byeOf(ann), undefined);
  crowd.pass(2 * TRACKER_WATCH_MS);
  assertEquals(crowd.byeOf(ann), "silent");
});

Deno.test("`reduceTracker()` drops nobody for the time in which it was stopped itself", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann"), stranger = crowd.open();
  crowd.pass(PING_MS + TRACKER_WATCH_MS);
  crowd.now_ms += 30_000;
  crowd.tick();
  assertEquals([crowd.byeOf(ann), crowd.byeOf(stranger)], [undefined, undefined]);
  crowd.pass(SILENCE_MS - 1);
  assertEquals([crowd.byeOf(ann), crowd.byeOf(stranger)], [undefined, undefined]);
  crowd.pass(1 + TRACKER_WATCH_MS);
  assertEquals([crowd.byeOf(ann), crowd.byeOf(stranger)], ["silent", "timeout"]);
});

Deno.test("`reduceTracker()` closes who does not greet in time, however it dawdles", () => {
  const crowd = new Crowd();
  const silent = crowd.open(), half = crowd.open();
  crowd.say(half, crowd.hello("ann"));
  crowd.pass(HELLO_TIMEOUT_MS - 1);
  assertEquals([crowd.byeOf(silent), crowd.byeOf(half)], [undefined, undefined]);
  crowd.say(half, { k: "unheard-of" });
  crowd.pass(1 + TRACKER_WATCH_MS);
  assertEquals([crowd.byeOf(silent), crowd.byeOf(half)], ["timeout", "timeout"]);
  assertEquals([crowd.state.strangers, crowd.state.hosts.size], [0, 0]);
});

Deno.test("`reduceTracker()` closes who talks, but reads nothing of what it is sent", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann");
  const began_ms = crowd.now_ms, address = `${"h".repeat(253)}:1`;
  for (let at = 0; !crowd.closed.has(ann) && at < 20_000; at++) {
    // The same come again and again.
    for (const odd of [0, 1]) crowd.join(`n${at % 60}-${odd}x`, { address, host: "far" });
    if (at % 50 === 0) crowd.say(ann, { k: "have", c: {} });
    crowd.pass(1);
  }
  assertEquals(crowd.heard(ann, "ping").length, 1, "it was asked");
  assertEquals(crowd.byeOf(ann), "stuck");
  assertLess(crowd.now_ms - began_ms, EVICT_MS, "it was not waited for");
  const bytes = crowd.sent.get(ann)!.reduce((sum, line) => sum + line.length, 0);
  assertLess(bytes, TRACKER_UNREAD_BYTES_MAX + LINE_BYTES_MAX);
});

Deno.test("`reduceTracker()` closes who talks, but leaves a ping unanswered for long", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann");
  crowd.pass(PING_MS + TRACKER_WATCH_MS);
  const asked_ms = crowd.now_ms;
  while (crowd.byeOf(ann) === undefined && crowd.now_ms < asked_ms + 2 * EVICT_MS) {
    crowd.say(ann, { k: "pong", x: 1 });
    crowd.pass(PING_MS);
  }
  assertEquals(crowd.byeOf(ann), "stuck");
  assert(crowd.now_ms >= asked_ms + EVICT_MS - TRACKER_WATCH_MS, "not before");
});

Deno.test("`reduceTracker()` makes the pause between rounds longer the more there are", () => {
  const crowd = new Crowd();
  const peers = 1_000;
  for (let at = 0; at < peers; at++) crowd.join(`n${at}`);
  crowd.pass(1_000);
  const first = crowd.join("ann");
  crowd.tick();
  crowd.join("bob");
  crowd.forget();
  crowd.pass(peers / TRACKER_PEERS_PER_MS);
  assertEquals(crowd.heard(first, "peers"), []);
  crowd.pass(1);
  assertEquals(crowd.heard(first, "peers"), [{ k: "peers", p: [[fakeId("bob"), "bob:7000"]] }]);
});
