/** Who claimed a name for a file on the chain, where the network has one. */

import type { AppView } from "../../core/host/app.ts";
import { CHAIN, type ChainOffer, type Claim, type Claims, NAMES } from "./builds_on.ts";
import { parseLink } from "./link.ts";

/** The claim of a name, if it is that of a file; null where there is none. */
export function claimOf(view: AppView, name: string): Claim | null {
  const offer = view.below(CHAIN) as ChainOffer | null | undefined;
  const claims = offer?.tree.best.states.get(NAMES) as Claims | undefined;
  const claim = claims?.get(name.normalize("NFC"));
  return claim !== undefined && parseLink(claim.link) !== null ? claim : null;
}
