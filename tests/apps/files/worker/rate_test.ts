import { assert, assertEquals } from "@std/assert";
import { Rate } from "../../../../src/apps/files/worker/rate.ts";
import { FakeClock } from "./fake_clock.ts";

/** Sends in slices for as long as it is let, and counts. */
class Sender {
  sent_bytes = 0;

  constructor(rate: Rate, done: () => boolean) {
    const send = async () => {
      while (!done()) {
        await rate.take(rate.slice_bytes);
        this.sent_bytes += rate.slice_bytes;
      }
    };
    send();
  }
}

/** Lets time pass from timer to timer, each late by so much; what waits goes on in between. */
async function pass(clock: FakeClock, ms: number, late_ms: number): Promise<void> {
  for (const end_ms = clock.now_ms() + ms; clock.now_ms() < end_ms;) {
    for (let at = 0; at < 10; at++) await Promise.resolve();
    clock.advance(Math.max(0, (clock.next_ms ?? end_ms) - clock.now_ms()) + late_ms);
  }
}

for (const [count, late_ms] of [[3, 0], [3, 1], [3, 15], [1, 1], [1, 15]]) {
  Deno.test(`\`Rate.take()\` lets out to ${count} what it may, timers late by ${late_ms} ms`, async () => {
    const clock = new FakeClock(), rate = new Rate(10_000_000, clock);
    let is_over = false;
    const senders = Array.from({ length: count }, () => new Sender(rate, () => is_over));
    await pass(clock, 2_000, late_ms);
    is_over = true;
    const sent = senders.map(({ sent_bytes }) => sent_bytes);
    const sum = sent.reduce((one, other) => one + other);
    assert(sum >= 2_000 * 9_900, `${sum}`);
    // What may be made up for, and what is on its way.
    assert(sum <= clock.now_ms() * 10_000 + 600_000, `${sum}`);
    assert(Math.max(...sent) - Math.min(...sent) <= 2 * rate.slice_bytes, `${sent}`);
    await pass(clock, 100, 0);
  });
}

Deno.test("`Rate.take()` lets out a slice about every 10 ms", async () => {
  const clock = new FakeClock(), rate = new Rate(1_000_000, clock);
  assertEquals(rate.slice_bytes, 10_000);
  let sent = 0;
  for (let at = 0; at < 100; at++) rate.take(rate.slice_bytes)?.then(() => sent++) ?? sent++;
  const before = sent;
  for (let step = 1; step <= 20; step++) {
    clock.advance(10);
    await Promise.resolve();
    assertEquals(sent, before + step);
  }
});

Deno.test("`Rate.take()` never waits without a limit", () => {
  const rate = new Rate(null, new FakeClock());
  for (let at = 0; at < 1_000; at++) assertEquals(rate.take(rate.slice_bytes), null);
});
