/** Names as an app: what the chain orders says who has which, and guests ask for it. */

import { type App, type AppView, asApp } from "../../core/host/app.ts";
import { CHAIN, type ChainOffer } from "./builds_on.ts";
import { CLAIM_RULE, type Claims, NAMES, sortedNames } from "./claims.ts";

export const names: App = asApp<null>({
  name: NAMES,
  builds_on: [CHAIN],
  order: CLAIM_RULE,
  initial: () => null,
  questions: {
    /** Who has a name; no row where nobody has it. */
    name: {
      right: "read",
      names: (_, [name], view) => name !== undefined && claimsOf(view)?.has(name) ? [name] : [],
      row: (_, name, view) => rowOf(name, view),
    },
    names: {
      right: "read",
      names: (_, __, view) => {
        const claims = claimsOf(view);
        return claims === null ? [] : sortedNames(claims);
      },
      row: (_, name, view) => rowOf(name, view),
    },
  },
});

/** What the best branch says; null where the node follows none. */
function claimsOf(view: AppView): Claims | null {
  const offer = view.below(CHAIN) as ChainOffer | null | undefined;
  return (offer?.tree.best.states.get(NAMES) as Claims | undefined) ?? null;
}

/** Name, link, owner's id and name ("" for none), index of the block. */
function rowOf(name: string, view: AppView): readonly string[] {
  const claim = claimsOf(view)?.get(name);
  // Another branch became the best while the answer was read, and there nobody has it.
  if (claim === undefined) return [name];
  const { link, owner, index } = claim;
  const owner_name = owner === view.self ? view.name : view.members.get(owner)?.name ?? "";
  return [name, link, owner, owner_name, String(index)];
}
