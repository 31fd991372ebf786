import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  RELAY_BYTES,
  RELAY_DELAY_MAX_MS,
  RELAY_PEERS_MIN,
} from "../../../../src/core/data/limits.ts";
import { decideRelay, NO_BACKOFF, noteDelivered } from "../../../../src/core/broadcast/backoff.ts";
import { check } from "../../../helpers/check.ts";

Deno.test("`decideRelay()` sends at once what is own, or much, or for few peers", () => {
  const peers = RELAY_PEERS_MIN;
  const decide = (backoff: typeof NO_BACKOFF, peers: number) => decideRelay(backoff, 5, peers, 1);
  assert(decide(NO_BACKOFF, peers).relay);
  assert(decide(noteDelivered(NO_BACKOFF, 1, true), peers).relay);
  assert(decide(noteDelivered(NO_BACKOFF, RELAY_BYTES, false), peers).relay);
  assert(decide(noteDelivered(NO_BACKOFF, 1, false), peers - 1).relay);
  assert(!decide(noteDelivered(NO_BACKOFF, 1, false), peers).relay);
});

Deno.test("`decideRelay()` lets what is relayed wait a moment that is drawn once", () => {
  check(
    fc.property(fc.integer(), fc.nat(2 ** 40), (random, now_ms) => {
      const waiting = noteDelivered(NO_BACKOFF, 1, false);
      const first = decideRelay(waiting, now_ms, 9, random);
      const pause_ms = first.backoff.due_ms - now_ms;
      assert(!first.relay && pause_ms >= 1 && pause_ms <= RELAY_DELAY_MAX_MS, String(pause_ms));
      const more = noteDelivered(first.backoff, 1, false);
      const second = decideRelay(more, now_ms + pause_ms - 1, 9, first.random);
      assertEquals([second.relay, second.backoff, second.random], [false, more, first.random]);
      const third = decideRelay(second.backoff, now_ms + pause_ms, 9, first.random);
      assertEquals([third.relay, third.backoff], [true, NO_BACKOFF]);
    }),
  );
});

Deno.test("`decideRelay()` lets everything wait as long as the user said, but not if it is much", () => {
  const decide = (bytes: number, now_ms: number, due_ms = Infinity) =>
    decideRelay({ bytes, due_ms }, now_ms, 1, 1, 50);
  const { backoff, relay } = decide(1, 5);
  assertEquals([backoff.due_ms, relay], [55, false]);
  assertEquals(decide(2, 54, 55).relay, false);
  assertEquals(decide(2, 55, 55).relay, true);
  assertEquals(decide(RELAY_BYTES, 5).relay, true);
  assertEquals(decide(0, 5).relay, true);
});
