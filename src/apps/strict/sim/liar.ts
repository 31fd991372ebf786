/** The strict ledger as a peer runs it that lies: it signs payments that nothing covers, and ids twice. */

import type { Json } from "../../../core/types.ts";
import { type App, type AppOut, asApp } from "../../../core/host/app.ts";
import type { LiarTools } from "../../../sim/campaign/app_rules.ts";
import { strict } from "../app.ts";
import { CHAIN, type ChainOffer } from "../builds_on.ts";

/** Between two lies passes so much time. */
const PAUSE_MS = [1_000, 10_000] as const;
/** How many blocks ago a payment may say that it was made; it lapses behind 64. */
const AGES = [0, 0, 30, 60, 63];
const IDS = 9;
/** So many of them try to be the issuer. */
const ISSUE_SHARE = 0.7;

/** The ledger with payments that an honest node would not sign. */
export function lyingStrict(_setup: Json, { dice }: LiarTools): App {
  let count = 0;
  return asApp<unknown>({
    ...strict,
    reduce: (state, event, view) => {
      if (event.kind !== "started" && event.kind !== "woken") return [state, []];
      const pause_ms = Math.ceil(dice.logUniform(...PAUSE_MS)), { now_ms, self } = view;
      const outs: AppOut[] = [{ kind: "wake", at_ms: now_ms + pause_ms }];
      const offer = view.below(CHAIN) as ChainOffer | null | undefined;
      if (event.kind === "started" || !offer) return [state, outs];
      const at = Math.max(0, offer.tree.best.block.index - dice.pick(AGES));
      const pay = (id: string, amount: number): Json => {
        return { k: "pay", from: self, to: `${self}/lies`, amount, at, id };
      };
      // Where somebody paid the liar, the second is covered, too; but it has the id of the first.
      const id = `l${dice.below(IDS)}`, items = [pay(id, 1), pay(id, dice.between(2, 9))];
      // Who has money can pay twice; who comes too late brings none in.
      if (count === 0 && dice.chance(ISSUE_SHARE)) {
        items.unshift({ k: "issue", to: self, amount: 50, at, id: "lie" });
      }
      for (const item of items) {
        const source = { kind: "app", app: strict.name, tag: ++count } as const;
        outs.push({ kind: "pass", to: CHAIN, request: { item, depth: 1 }, source });
      }
      return [state, outs];
    },
  });
}
