import { assert, assertEquals } from "@std/assert";
import { nextRandom } from "../../../../src/core/data/random.ts";

Deno.test("`nextRandom()` spreads evenly over [0, 1), and repeats for the same seed", () => {
  const counts = new Array(10).fill(0);
  let random = 7;
  for (let draw = 0; draw < 10_000; draw++) {
    const [value, next] = nextRandom(random);
    assert(value >= 0 && value < 1);
    assertEquals(nextRandom(random), [value, next]);
    counts[Math.floor(value * 10)]++;
    random = next;
  }
  for (const count of counts) assert(Math.abs(count - 1_000) < 150, String(counts));
});
