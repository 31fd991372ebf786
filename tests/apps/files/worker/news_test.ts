import { assertEquals } from "@std/assert";
import { News } from "../../../../src/apps/files/worker/news.ts";
import { Stall } from "../../../../src/apps/files/worker/stall.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("`News.more()` tells of a file at once, then five times a second, and of the last, too", () => {
  const clock = new FakeClock(), told: [string, number][] = [];
  const news = new News(clock, (link) => told.push([link, clock.now_ms()]));
  for (let ms = 0; ms < 450; ms += 10) {
    news.more("a");
    clock.advance(10);
  }
  clock.advance(10_000);
  assertEquals(told, [["a", 0], ["a", 200], ["a", 400], ["a", 600]]);
  news.more("a");
  news.more("b");
  assertEquals(told.slice(4).map(([link]) => link), ["a", "b"]);
});

Deno.test("`News.close()` leaves no timer behind", () => {
  const clock = new FakeClock(), news = new News(clock, () => {});
  news.more("a");
  news.close();
  assertEquals(clock.next_ms, null);
});

Deno.test("`Stall.stalled_ms()` counts while something is due and nothing moves", () => {
  const clock = new FakeClock(), stall = new Stall(clock);
  const looks = [[true, 5], [true, 5], [true, 6], [true, 6], [false, 6], [true, 6], [true, 6]];
  const stalled = looks.map(([is_due, bytes]) => {
    clock.advance(10);
    return stall.stalled_ms(is_due as boolean, bytes as number);
  });
  assertEquals(stalled, [0, 10, 0, 10, 0, 10, 20]);
});
