/** How a get ends. */

import { stopFetch } from "./fetches.ts";
import { unwant } from "./holders.ts";
import type { Link } from "./link.ts";
import { stopLooking } from "./looking.ts";
import { openFetches } from "./open_files.ts";
import type { Ended, Get } from "./state.ts";
import { end } from "./transfers.ts";
import type { FilesTurn } from "./turn.ts";

/** It is over: nothing more is fetched for it. */
export function endGet(
  turn: FilesTurn,
  get: Get,
  how: Ended["how"],
  why: string | null,
): void {
  stopLooking(turn, get);
  const links = new Set(get.link === null ? [] : [get.link]);
  for (const file of openFetches(turn, get)) {
    links.add(file.link);
    // What is on its way to its name gets there.
    if (file.stage !== "finishing") stopFetch(turn, file);
  }
  if (how === "done" && get.source.kind === "local") {
    turn.out({ kind: "tell", text: `${get.name} is at ${get.path}` });
  }
  end(turn, turn.state.transfers.get(get.number)!, how, why);
  for (const link of links) unwantUnused(turn, link);
}

/** A file is wanted no more, unless another transfer wants it, too. */
export function unwantUnused(turn: FilesTurn, link: Link): void {
  for (const file of turn.state.fetches.values()) if (file.link === link) return;
  for (const one of turn.state.transfers.values()) {
    if (one.kind === "get" && one.ended === null && one.link === link) return;
  }
  unwant(turn, link);
}
