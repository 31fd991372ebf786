import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RELAY_BYTES, RELAY_DELAY_MAX_MS, RELAY_PEERS_MIN } from "../../../../src/core/limits.ts";
import { decideRelay, FLOOD_START, noteDelivered } from "../../../../src/core/spread/flood.ts";
import { check } from "../../../helpers/check.ts";

Deno.test("`decideRelay()` sends at once what is own, or much, or for few peers", () => {
  const peers = RELAY_PEERS_MIN;
  const decide = (flood: typeof FLOOD_START, peers: number) => decideRelay(flood, 5, peers, 1);
  assert(decide(FLOOD_START, peers).relay);
  assert(decide(noteDelivered(FLOOD_START, 1, true), peers).relay);
  assert(decide(noteDelivered(FLOOD_START, RELAY_BYTES, false), peers).relay);
  assert(decide(noteDelivered(FLOOD_START, 1, false), peers - 1).relay);
  assert(!decide(noteDelivered(FLOOD_START, 1, false), peers).relay);
});

Deno.test("`decideRelay()` lets what is relayed wait a moment that is drawn once", () => {
  check(
    fc.property(fc.integer(), fc.nat(2 ** 40), (random, now_ms) => {
      const waiting = noteDelivered(FLOOD_START, 1, false);
      const first = decideRelay(waiting, now_ms, 9, random);
      const pause_ms = first.flood.due_ms - now_ms;
      assert(!first.relay && pause_ms >= 1 && pause_ms <= RELAY_DELAY_MAX_MS, String(pause_ms));
      const more = noteDelivered(first.flood, 1, false);
      const second = decideRelay(more, now_ms + pause_ms - 1, 9, first.random);
      assertEquals([second.relay, second.flood, second.random], [false, more, first.random]);
      const third = decideRelay(second.flood, now_ms + pause_ms, 9, first.random);
      assertEquals([third.relay, third.flood], [true, FLOOD_START]);
    }),
  );
});
