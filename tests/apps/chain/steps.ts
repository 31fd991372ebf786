/** A small app on the chain: numbers that rise by 1, handed over by itself only. */

import { CHAIN } from "../../../src/apps/chain/options.ts";
import { asRule } from "../../../src/apps/chain/order.ts";
import type { Json } from "../../../src/core/types.ts";
import { tinyApp } from "../../helpers/tiny_app.ts";

/** A number has its place behind the one before it; until then it waits. */
export const STEPS = tinyApp("steps", undefined, {
  builds_on: [CHAIN],
  order: asRule<number>({
    name: "steps",
    kinds: ["step"],
    initial: 0,
    fault: () => null,
    guarded: true,
    apply: (last, { item }) => {
      const { step } = item as { readonly step: number };
      if (step === last + 1) return { state: step };
      return { refused: `it is ${step > last ? "too early" : "over"}`, later: step > last };
    },
    label: () => "a step",
  }),
});

/** The record of a number. */
export function step(step: number): Json {
  return { k: "step", step };
}
