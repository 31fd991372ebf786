/** The name of what is shared, on the chain, where the network has one. */

import { CHAIN, claimOf, type RecordRequest } from "./builds_on.ts";
import type { Desk } from "./following.ts";

/** How long a claim may take to be in the chain. */
const CLAIM_MS = 60_000;

/** Claims a name for a link; gives why it is not, null where it is, or there is no chain. */
export async function claimName(
  { ask, want }: Desk,
  name: string,
  link: string,
): Promise<string | null> {
  const [chain] = await ask({ q: CHAIN });
  if (chain === undefined) return null;
  const item = claimOf(name, link);
  if (typeof item === "string") return item;
  const request = { item, depth: 1, within_ms: CLAIM_MS } satisfies RecordRequest;
  const { why, late } = await want(CHAIN, { ...request });
  return late ? `it is not in the chain after ${CLAIM_MS / 1_000} s` : why;
}
