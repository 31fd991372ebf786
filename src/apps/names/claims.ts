/** Who has which name: the first claim in a branch wins, for its signer, for ever. */

import type { Id, Json } from "../../core/types.ts";
import { SharedMap } from "../../core/data/shared_map.ts";
import { asRule } from "./builds_on.ts";
import { linkFault, nameFault } from "./texts.ts";

/** The name of the app. */
export const NAMES = "names";

/** A record that claims a name. */
export type ClaimItem = {
  readonly k: "name";
  readonly name: string;
  readonly link: string;
};

/** A claim that counts. */
export interface Claim {
  readonly link: string;
  /** Who signed it. */
  readonly owner: Id;
  /** The index of its block, and the key of its record. */
  readonly index: number;
  readonly key: string;
}

/** The claims of a branch, by their names. */
export type Claims = SharedMap<string, Claim>;

/** The rule that all nodes keep. */
export const CLAIM_RULE = asRule<Claims>({
  name: NAMES,
  kinds: ["name"],
  initial: SharedMap.of(),
  fault: (item) => {
    const read = readClaim(item);
    return typeof read === "string" ? read : null;
  },
  done: (claims, item) => {
    const read = readClaim(item);
    if (typeof read === "string") return null;
    const claim = claims.get(read.name);
    return claim?.link === read.link ? claim.key : null;
  },
  apply: (claims, { item, origin, key }, index) => {
    const read = readClaim(item);
    if (typeof read === "string") return { refused: read };
    const { name, link } = read, claim = claims.get(name);
    if (claim === undefined) {
      return { state: claims.set(name, { link, owner: origin, index, key }) };
    }
    return { refused: `the name ${name} has been claimed for ${claim.link}`, by: claim.owner };
  },
  label: (item) => {
    const read = readClaim(item);
    return typeof read === "string" ? "a claim" : `the claim of the name ${read.name}`;
  },
});

/**
 * The record that claims a name for a link, from what somebody typed: the name is brought to the
 * normal form NFC. A text says what is wrong with them. The link of a file is
 * `SHA-256 as hex.its bytes`.
 */
export function claimOf(name: string, link: string): ClaimItem | string {
  return readClaim({ k: "name", name: name.normalize("NFC"), link });
}

/** A record that claims a name, or what is wrong with it. */
export function readClaim(item: Json): ClaimItem | string {
  const { k, name, link, ...more } = item as { readonly [key: string]: Json | undefined };
  if (k !== "name" || Object.keys(more).length > 0) return "this is no claim of a name";
  const fault = nameFault(name) ?? linkFault(link);
  return fault ?? { k, name: name as string, link: link as string };
}

/** All names of a branch, sorted: a long list that is asked for again and again, and seldom changes. */
export function sortedNames(claims: Claims): readonly string[] {
  const known = SORTED.get(claims);
  if (known !== undefined) return known;
  const names = [...claims.keys()].sort();
  SORTED.set(claims, names);
  return names;
}

const SORTED = new WeakMap<Claims, readonly string[]>();
