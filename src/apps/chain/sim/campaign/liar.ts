/** The chain as a peer runs it that lies: it follows the chain like the others, and says what it likes. */

import type { Json } from "../../../../core/types.ts";
import { type App, type AppOut, asApp } from "../../../../core/host/app.ts";
import type { LiarTools } from "../../../../sim/campaign/app_rules.ts";
import { chain } from "../../app.ts";
import type { ChainState } from "../../state.ts";
import { publish, tellLie } from "./lies.ts";
import type { ChainSetup } from "./setup.ts";

/** Between two lies pass so many block times. */
const PAUSE = [0.3, 3] as const;
/** How likely it is that what was held back is said at last. */
const LATE_SHARE = 0.3;

/** The chain with lies. */
export function lyingChain(setup: Json, tools: LiarTools): App {
  const { lies, block_time_ms } = setup as ChainSetup, { dice } = tools;
  const withheld: Parameters<typeof publish>[0][number][] = [];
  let count = 0;
  return asApp<ChainState | null>({
    ...chain,
    initial: (config, apps) => chain.initial(config, apps) as ChainState | null,
    refuse: () => () => null,
    reduce: (before, event, view) => {
      const [state, outs] = chain.reduce!(before, event, view) as [ChainState | null, AppOut[]];
      // It hears the others, and answers nobody; what it publishes is what other apps lie.
      const said = outs.filter((out) =>
        out.kind === "order" || isWant(out) || (event.kind === "request" && out.kind === "publish")
      );
      const rests = event.kind !== "woken" && event.kind !== "started";
      if (rests || lies.length === 0 || !state?.tree) return [state, said];
      const { tree } = state, { now_ms, neighbours } = view;
      const pause_ms = Math.ceil(block_time_ms * dice.logUniform(...PAUSE));
      said.push({ kind: "wake", at_ms: now_ms + pause_ms });
      if (event.kind === "started") return [state, said];
      const scene = { tree, now_ms, neighbours, tools, withheld, count: () => ++count };
      said.push(...tellLie(dice.pick(lies), scene));
      if (withheld.length > 0 && dice.chance(LATE_SHARE)) said.push(...publish(withheld.splice(0)));
      return [state, said];
    },
  });
}

function isWant(out: AppOut): boolean {
  return out.kind === "send" && out.items.some((item) => Object.hasOwn(item as object, "want"));
}
