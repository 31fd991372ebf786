/** Finding out which file a user means, and who has it. */

import type { Id } from "../../core/types.ts";
import { isThere } from "../../core/membership/members.ts";
import { endGet } from "./ending.ts";
import { canServe, isVain, unwantOf, want } from "./holders.ts";
import { DECIDE_MS, HOLDERS_MAX, LATER_MS, NAMESAKES_MAX } from "./limits.ts";
import { type Link, linksText } from "./link.ts";
import { lookFor, stopLooking } from "./looking.ts";
import { takeOwn } from "./opening.ts";
import { areAllWrong, touch } from "./patience.ts";
import type { Get } from "./state.ts";
import type { FilesTurn } from "./turn.ts";

/** Somebody has what is looked for, or some of it. */
export function takeFound(turn: FilesTurn, get: Get, holder: Id, link: Link, name: string): void {
  if (get.from !== null && get.from !== holder) return;
  if (get.link !== null) {
    if (get.link === link) wantOf(turn, get, holder);
    return;
  }
  if (name !== get.what) return;
  const holders = get.found.get(link) ?? [], is_new = holders.length === 0;
  if (is_new && get.found.size > NAMESAKES_MAX || holders.length >= HOLDERS_MAX) return;
  const decide_ms = Math.min(get.decide_ms, turn.now_ms + DECIDE_MS);
  turn.change(get, { found: new Map(get.found).set(link, [...holders, holder]), decide_ms });
  turn.wakeAt(decide_ms);
}

/** A name was looked for long enough: which file is it? */
export function decide(turn: FilesTurn, get: Get): void {
  if (get.link !== null) return;
  if (turn.now_ms < get.decide_ms) return turn.wakeAt(get.decide_ms);
  const [[link, holders], ...others] = get.found;
  if (others.length > 0) {
    const links = linksText([...get.found.keys()]);
    const why = `several files are called ${get.what}: get one by its link, ${links}`;
    return endGet(turn, get, "bad", why);
  }
  let known = turn.change(get, { link, decide_ms: Infinity });
  for (const id of holders) known = wantOf(turn, known, id);
  if (known.from === null) lookFor(turn, known);
  else stopLooking(turn, known);
}

/** Who was asked first is away: others are looked for. */
export function lookLater(turn: FilesTurn, get: Get): void {
  if (turn.now_ms < get.look_ms) return turn.wakeAt(get.look_ms);
  const is_served = get.asked.some((id) =>
    canServe(turn.state, id, get.link!) && !get.wrong.includes(id)
  );
  if (!is_served) return lookFor(turn, turn.change(get, { look_ms: Infinity }));
  turn.change(get, { look_ms: turn.now_ms + LATER_MS });
  turn.wakeAt(turn.now_ms + LATER_MS);
}

/** Asks one more node for it; who was asked in vain gives way. */
export function wantOf(turn: FilesTurn, get: Get, id: Id): Get {
  if (id === turn.view.self) return takeOwn(turn, get);
  if (get.asked.includes(id)) return get;
  let { asked } = get;
  const link = get.link!;
  if (asked.length >= HOLDERS_MAX) {
    const vain = asked.find((one) => get.wrong.includes(one) || isVain(turn.state, one, link));
    if (vain === undefined) return get;
    asked = asked.filter((one) => one !== vain);
    if (!isAskedByOthers(turn, get, vain)) unwantOf(turn, vain, link);
  }
  const known = turn.state.holders.get(id);
  if (!want(turn, id, link)) return get;
  // What it calls it, who is connected does not say by that, nor who told another transfer.
  const is_silent = known?.way === "direct" || known?.links.has(link);
  if (is_silent && get.name === null) turn.say(id, { k: "want", link });
  const after = turn.change(get, { asked: [...asked, id] });
  return areAllWrong(get) ? touch(turn, after) : after;
}

/** A holder names others who wanted the same: those of them are asked that are there. */
export function takeOthers(turn: FilesTurn, before: Get, others: readonly Id[]): void {
  let get = before;
  for (const id of others) {
    if (isThere(turn.view.members.get(id))) get = wantOf(turn, get, id);
  }
}

function isAskedByOthers({ state }: FilesTurn, { number, link }: Get, id: Id): boolean {
  for (const one of state.transfers.values()) {
    if (one.kind !== "get" || one.number === number || one.ended !== null) continue;
    if (one.link === link && one.asked.includes(id)) return true;
  }
  return false;
}
