/** A second opinion on names: what docs/names.md says of them. It owes the app nothing. */

import type { Json } from "../../../core/types.ts";
import { asJudge, type JudgedRecord, type OrderJudge } from "./builds_on.ts";

/** Whose a name is, and for what. */
type Owners = ReadonlyMap<string, readonly [link: string, owner: string, key: string]>;

/** What is counted. */
const LOST = "claims_lost", TAKEN_BACK = "claims_taken_back";
export const EFFECTS: readonly string[] = [LOST, TAKEN_BACK];

const NAME_BYTES = 255, LINK_BYTES = 1_024;
const encoder = new TextEncoder();

export const namesJudge: OrderJudge = asJudge<Owners>({
  name: "names",
  initial: new Map(),
  isForm: (item) => claimIn(item) !== null,
  take: (owners, { item, origin, key }) => {
    const claim = claimIn(item);
    if (claim === null || owners.has(claim.name)) return null;
    return new Map(owners).set(claim.name, [claim.link, origin, key]);
  },
  difference: (owners, theirs) => {
    const others = theirs as ReadonlyMap<string, Theirs>;
    for (const [name, mine] of owners) {
      const { link, owner, key } = others.get(name) ?? {};
      const said = [link, owner, key];
      if (said.some((one, at) => one !== mine[at])) return `${name} of ${said}, not ${mine}`;
    }
    return others.size === owners.size ? null : `${others.size} names, not ${owners.size}`;
  },
  effectOf: (owners, { item }: JudgedRecord, _index, was_in) => {
    if (was_in) return TAKEN_BACK;
    return owners.has(claimIn(item)!.name) ? LOST : null;
  },
  lossText: (item) => `the claim of the name ${claimIn(item)!.name} does not count`,
});

/** What the app says of a name. */
interface Theirs {
  readonly link?: string;
  readonly owner?: string;
  readonly key?: string;
}

/** A claim; of names that nobody can see there are none in a campaign. */
function claimIn(item: Json): { readonly name: string; readonly link: string } | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const { k, name, link } = item as Record<string, Json>;
  if (k !== "name" || Object.keys(item).sort().join() !== "k,link,name") return null;
  if (typeof name !== "string" || typeof link !== "string") return null;
  const is_good = /^[^\p{Cc}/]+$/u.test(name) && name.trim() === name &&
    /^[^\p{Cc}\s]+$/u.test(link);
  const fits = encoder.encode(name).length <= NAME_BYTES &&
    encoder.encode(link).length <= LINK_BYTES;
  return is_good && fits && name.normalize("NFC") === name ? { name, link } : null;
}
