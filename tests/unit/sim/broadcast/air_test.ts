import { assert, assertEquals } from "@std/assert";
import { Agenda } from "../../../../src/sim/broadcast/agenda.ts";
import { Air } from "../../../../src/sim/broadcast/air.ts";

const COUNT = 200;

/** The numbers of messages in the order in which they arrive, all sent on one link at once. */
function arrivals(loss: number): number[] {
  const air = new Air({ spread: "flood", latency_ms: [1, 100], loss, seed: 1 });
  const link = { last_ms: 0 }, arrived: number[] = [];
  for (let number = 0; number < COUNT; number++) {
    air.send("payload", link, () => arrived.push(number));
  }
  air.run();
  assertEquals(air.takeTraffic(), { payload: COUNT, have: 0, prune: 0, graft: 0 });
  assertEquals(air.takeTraffic().payload, 0);
  return arrived;
}

Deno.test("`Air.send()` keeps the order of a link where nothing is lost", () => {
  assertEquals(arrivals(0), Array.from({ length: COUNT }, (_, number) => number));
});

Deno.test("`Air.send()` loses about as much as it is told, and then keeps no order", () => {
  const arrived = arrivals(0.25);
  assert(Math.abs(arrived.length - 0.75 * COUNT) < 0.1 * COUNT, `${arrived.length}`);
  assert(arrived.some((number, at) => at > 0 && number < arrived[at - 1]));
});

Deno.test("`Agenda.run()` does what is due in order, also what is asked for meanwhile", () => {
  const agenda = new Agenda(), done: string[] = [];
  const note = (name: string) => () => done.push(`${name} at ${agenda.now_ms}`);
  agenda.at(5, note("late"));
  agenda.at(2, () => {
    note("first")();
    agenda.at(2, note("at once"));
    agenda.at(3, note("next"));
  });
  agenda.at(2, note("second"));
  agenda.run(5);
  assertEquals([done, agenda.now_ms], [[
    ...["first at 2", "second at 2", "at once at 2", "next at 3"],
  ], 5]);
  agenda.run();
  assertEquals(done.at(-1), "late at 5");
});
