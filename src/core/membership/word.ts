/** What this node says in `presence`: where it is, whom it misses, who is to speak. */

import type { Address, Id, Json } from "../types.ts";
import { isAddress } from "../data/address.ts";
import { isIdText } from "../data/public_key.ts";
import { isCount } from "../log/entry.ts";
import { isName } from "../wire/line.ts";
import type { MembershipTurn } from "./turn.ts";
import { ACCUSED_PER_ITEM_MAX, SOUGHT_PER_ITEM_MAX } from "../data/limits.ts";

/** What one item of `presence` says. */
export interface PresenceItem {
  readonly address: Address;
  readonly name: string;
  readonly box: string;
  readonly left: boolean;
  /** Pairs of an id and the incarnation that the speaker knew. */
  readonly suspect: readonly (readonly [Id, number])[];
  readonly failed: readonly (readonly [Id, number])[];
  /** Who is asked to speak, so that the way to it is learnt anew. */
  readonly seek: readonly Id[];
}

/** Says that this node is there. */
export function announce(turn: MembershipTurn): void {
  speakOf(turn, {});
}

/** Asks members to speak. */
export function seek(turn: MembershipTurn, ids: readonly Id[]): void {
  turn.count("sought", ids.length);
  for (let at = 0; at < ids.length; at += SOUGHT_PER_ITEM_MAX) {
    speakOf(turn, { seek: ids.slice(at, at + SOUGHT_PER_ITEM_MAX) });
  }
}

/** What this node says of itself, and of others. */
export function speakOf(
  turn: MembershipTurn,
  { suspect = [], failed = [], seek = [] }: Partial<
    Pick<PresenceItem, "suspect" | "failed" | "seek">
  >,
): void {
  const { config, session } = turn.view;
  const word: Record<string, Json> = { address: session.place.address! };
  if (config.name !== "") word.name = config.name;
  if (config.box !== "") word.box = config.box;
  if (seek.length > 0) word.seek = seek;
  const items: Json[] = [];
  for (let at = 0; at === 0 || at < Math.max(suspect.length, failed.length);) {
    const end = at + ACCUSED_PER_ITEM_MAX;
    const item = { ...word };
    if (at < suspect.length) item.suspect = suspect.slice(at, end);
    if (at < failed.length) item.failed = failed.slice(at, end);
    items.push(item);
    at = end;
  }
  turn.out({ kind: "speak", items });
}

/** Reads an item of `presence`; null where it says nothing. */
export function readItem(value: Json): PresenceItem | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { address, name, box, left, suspect, failed, seek } = value as Record<
    string,
    Json | undefined
  >;
  if (left !== true && !isAddress(address)) return null;
  return {
    address: isAddress(address) ? address : "",
    name: isName(name) ? name : "",
    box: isIdText(box) ? box : "",
    left: left === true,
    suspect: readPairs(suspect),
    failed: readPairs(failed),
    seek: Array.isArray(seek) && seek.length <= SOUGHT_PER_ITEM_MAX ? seek.filter(isIdText) : [],
  };
}

function readPairs(value: Json | undefined): [Id, number][] {
  if (!Array.isArray(value) || value.length > ACCUSED_PER_ITEM_MAX) return [];
  return value.filter((pair): pair is [Id, number] =>
    Array.isArray(pair) && isIdText(pair[0]) && isCount(pair[1], 1)
  );
}
