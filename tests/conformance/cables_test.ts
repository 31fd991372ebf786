import { Cables, type Host } from "../../src/sim/cables.ts";
import { Clock } from "../../src/sim/clock.ts";
import { Dice } from "../../src/sim/dice.ts";
import { conform } from "./suite.ts";

/** Events of the virtual clock after which what was waited for will never come. */
const STEPS_MAX = 100_000;

conform("`Cables`", (near, far) => {
  const clock = new Clock(new Dice(1), 0);
  const shape = {
    latency_ms: [1, 20] as const,
    bytes_per_ms: Infinity,
    stalled: false,
    blocked: false,
  };
  const cables = new Cables(clock, new Dice(2), shape, () => {});
  const host = (name: string, handler: Host["handler"]) => {
    const made = { name, address: `${name}:1`, handler, alive: true };
    cables.listen(made);
    return made;
  };
  const here = host("near", near), there = host("far", far);
  return Promise.resolve({
    address: there.address,
    nowhere: "nobody:1",
    dial: (address: string) => cables.dial(here, address),
    until: (condition: () => boolean) => {
      for (let steps = 0; !condition(); steps++) {
        if (steps > STEPS_MAX) throw new Error("It never happens");
        clock.step();
      }
      return Promise.resolve();
    },
    end: () => Promise.resolve(),
  });
});
