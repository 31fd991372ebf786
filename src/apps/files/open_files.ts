/** Which files are being fetched for which transfer. */

import type { Fetch, Get } from "./state.ts";
import type { FilesTurn } from "./turn.ts";

/** The transfer that a file is fetched for; undefined where it is over. */
export function getOf({ state }: FilesTurn, number: number): Get | undefined {
  const transfer = state.transfers.get(state.fetches.get(number)?.transfer ?? 0);
  return transfer?.kind === "get" && transfer.ended === null ? transfer : undefined;
}

/** The files of a transfer that are being fetched. */
export function openFetches({ state }: FilesTurn, { number }: Get): Fetch[] {
  return [...state.fetches.values()].filter(({ transfer }) => transfer === number);
}
