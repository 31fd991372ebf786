/** Own searches: they begin, ask more and more nodes, and end. */

import type { Id, LinkId } from "../../../core/types.ts";
import { AppendLog } from "../../../core/data/append_log.ts";
import {
  SEARCH_AGAIN_MS,
  SEARCH_ALONE_MS,
  SEARCH_BUDGET_FIRST,
  SEARCH_BUDGET_LAST,
  SEARCH_COST_MIN,
  SEARCH_GAP_MS,
  SEARCH_KEPT_MS,
  SEARCH_LINGER_MS,
  SEARCH_LOOK_MS,
  SEARCH_RING_MS,
  SEARCHES_MAX,
  SEARCHES_PER_GUEST_MAX,
} from "../limits.ts";
import { askNeighbours } from "./ask.ts";
import type { HeldFile } from "./messages.ts";
import { ALLOWANCES, spend } from "./purse.ts";
import { addFiles, isEnough } from "./rows.ts";
import { isOver, type Search, type Step } from "./state.ts";
import { askedKey, type SearchTurn, type SearchWish } from "./turn.ts";

/** Begins with what is here, and asks others where that is not enough. */
export function begin(turn: SearchTurn, wish: SearchWish): void {
  const why = refusal(turn, wish);
  if (why !== null) return turn.out({ kind: "refused", wish, why });
  makeRoom(turn);
  const budget = wish.budget ?? SEARCH_BUDGET_FIRST;
  turn.put({
    ...wish,
    began_ms: turn.now_ms,
    step: { do: "ask", at_ms: turn.now_ms, budget },
    rows: AppendLog.empty(),
    found: new Map(),
    more: false,
  });
  take(turn, wish.key, turn.view.self, turn.view.files());
  goOn(turn);
}

/** Takes what a node has for what an own search found. */
export function take(
  turn: SearchTurn,
  key: string,
  holder: Id,
  files: Iterable<HeldFile>,
  more = false,
): void {
  const before = turn.state.own.get(key);
  if (before === undefined || isOver(before)) return;
  const { search, rows } = addFiles(before, holder, files);
  const after = { ...search, more: search.more || more };
  turn.put(after);
  if (rows.length > 0) turn.out({ kind: "found", search: after, rows });
  const is_enough = after.budget === null && !after.keeps_on && isEnough(after);
  if (is_enough) end(turn, after);
}

/** Does what it is time for. */
export function goOn(turn: SearchTurn): void {
  for (const search of turn.state.own.values()) {
    if (turn.now_ms < search.step.at_ms) continue;
    if (search.step.do === "ask") ask(turn, search, search.step.budget);
    else if (search.step.do === "end") end(turn, search);
    else turn.drop([search.key]);
  }
}

/** A guest left: what it wanted to know nobody reads. */
export function dropOf(turn: SearchTurn, link: LinkId): void {
  const gone = [...turn.state.own.values()].filter((search) => isOf(search, link));
  turn.drop(gone.map(({ key }) => key));
}

function refusal({ state: { own } }: SearchTurn, { key, source }: SearchWish): string | null {
  if (own.has(key)) return "there is a search of that name already";
  const open = [...own.values()].filter((search) => !isOver(search));
  // What the app itself needs is bounded by what it is for.
  const asked = source === null ? [] : open.filter((search) => search.source !== null);
  const same = source?.kind === "guest" ? open.filter((search) => isOf(search, source.link)) : [];
  const is_full = asked.length >= SEARCHES_MAX || same.length >= SEARCHES_PER_GUEST_MAX;
  return is_full ? "too many searches at once" : null;
}

function isOf({ source }: Search, link: LinkId): boolean {
  return source?.kind === "guest" && source.link === link;
}

/** What is over goes before its time where something begins. */
function makeRoom(turn: SearchTurn): void {
  const { own } = turn.state;
  const oldest = own.size < SEARCHES_MAX ? undefined : [...own.values()].find(isOver);
  if (oldest !== undefined) turn.drop([oldest.key]);
}

/** Asks the neighbours, or later where there are none, or it is too early for that. */
function ask(turn: SearchTurn, search: Search, budget: number): void {
  const { now_ms, neighbours, view: { self } } = turn;
  const later = (at_ms: number) => turn.put({ ...search, step: { do: "ask", at_ms, budget } });
  if (neighbours.length === 0) {
    const gives_up = !search.keeps_on && now_ms >= search.began_ms + SEARCH_ALONE_MS;
    return gives_up ? end(turn, search) : later(now_ms + SEARCH_LOOK_MS);
  }
  const asked = askedKey(self, search.words), last_ms = turn.recall("asked", asked);
  // Others would take it for the same, and ignore it.
  if (last_ms !== undefined && now_ms < last_ms + SEARCH_GAP_MS) {
    return later(last_ms + SEARCH_GAP_MS);
  }
  const cost = Math.max(budget, SEARCH_COST_MIN);
  const purse = spend(turn.state.own_purse, cost, ALLOWANCES.own, now_ms);
  // Others would find it too much, and ignore it.
  if (purse === null) return later(now_ms + SEARCH_LOOK_MS);
  turn.state.own_purse = purse;
  const number = Math.max(turn.state.next_number, Math.floor(now_ms));
  turn.state.next_number = number + 1;
  turn.note("asked", asked, now_ms);
  const { words, key } = search;
  askNeighbours(turn, { origin: self, number, words, budget }, neighbours, { search: key });
  turn.put({ ...search, step: nextStep(search, budget, now_ms) });
}

/** What a search does behind having asked with a budget. */
function nextStep({ budget, keeps_on }: Search, asked: number, now_ms: number): Step {
  const next = asked * 2;
  if (budget === null && next <= SEARCH_BUDGET_LAST) {
    return { do: "ask", at_ms: now_ms + SEARCH_RING_MS, budget: next };
  }
  if (keeps_on) return { do: "ask", at_ms: now_ms + SEARCH_AGAIN_MS, budget: asked };
  return { do: "end", at_ms: now_ms + SEARCH_LINGER_MS };
}

function end(turn: SearchTurn, search: Search): void {
  const over: Search = { ...search, step: { do: "forget", at_ms: turn.now_ms + SEARCH_KEPT_MS } };
  turn.put(over);
  turn.out({ kind: "over", search: over });
}
