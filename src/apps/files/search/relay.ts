/** Searches of others: this node answers what it has, asks on, and hands answers back. */

import type { Id, Json } from "../../../core/types.ts";
import { bytesOf } from "../../../core/unicast/packets.ts";
import { FOUND_BULK_BYTES, SEARCH_BUDGET_MAX, SEARCH_COST_MIN, SEARCH_SAME_MS } from "../limits.ts";
import { askNeighbours } from "./ask.ts";
import { type Fields, fieldsOf, foundItem, readFound, readSearch } from "./messages.ts";
import { take } from "./own.ts";
import { ALLOWANCES, spend } from "./purse.ts";
import { answeredBy, askedKey, type SearchTurn, wayKey } from "./turn.ts";

/** Whether a message is for the searches. */
export function isSearchMessage(item: Json): boolean {
  const { k } = fieldsOf(item);
  return k === "search" || k === "found";
}

/** Another node asks, or answers. */
export function takeMessage(turn: SearchTurn, from: Id, item: Json): void {
  const fields = fieldsOf(item);
  if (fields.k === "search") takeSearch(turn, from, fields);
  else if (fields.k === "found") takeFound(turn, from, fields);
}

/** A neighbour wants to know who has what. */
function takeSearch(turn: SearchTurn, from: Id, fields: Fields): void {
  const message = readSearch(fields);
  if (message === null) return turn.ignore(from, "search", "a search that makes no sense");
  const others = turn.neighbours.filter((id) => id !== from);
  if (others.length === turn.neighbours.length) {
    return turn.ignore(from, "search", "a search of who is no neighbour");
  }
  const { origin, number, words } = message, { self } = turn.view;
  // It went round, or came another way before; and no request takes the way of another.
  if (origin === self || isAskedAgain(turn, origin, words)) return;
  if (turn.recall("ways", wayKey(origin, number)) !== undefined) return;
  const budget = Math.min(message.budget, SEARCH_BUDGET_MAX);
  if (!pay(turn, from, origin, budget)) {
    return turn.ignore(from, "search-too-much", "more searches than are borne");
  }
  turn.note("asked", askedKey(origin, words), turn.now_ms);
  answer(turn, self, from, foundItem({ origin, number, words }, self, turn.view.files()));
  askNeighbours(turn, { ...message, budget: budget - 1 }, others, { neighbour: from });
}

function isAskedAgain(turn: SearchTurn, origin: Id, words: readonly string[]): boolean {
  const at_ms = turn.recall("asked", askedKey(origin, words));
  return at_ms !== undefined && turn.now_ms < at_ms + SEARCH_SAME_MS;
}

/** Whether a neighbour, and the origin that it names, have asked little enough lately. */
function pay(turn: SearchTurn, from: Id, origin: Id, budget: number): boolean {
  const cost = Math.max(budget, SEARCH_COST_MIN), { now_ms } = turn;
  const theirs = spend(turn.recall("neighbours", from), cost, ALLOWANCES.neighbour, now_ms);
  if (theirs === null) return false;
  turn.note("neighbours", from, theirs);
  const origins = spend(turn.recall("origins", origin), cost, ALLOWANCES.origin, now_ms);
  if (origins !== null) turn.note("origins", origin, origins);
  return origins !== null;
}

/** A neighbour answers what it was asked, or hands on what others answer. */
function takeFound(turn: SearchTurn, from: Id, fields: Fields): void {
  const message = readFound(fields);
  if (message === null) return turn.ignore(from, "found", "an answer that makes no sense");
  const { origin, number, holder, files, more } = message, key = wayKey(origin, number);
  const way = turn.recall("ways", key), after = way && answeredBy(way, from);
  // It comes too late, or nobody asked there, or not so many.
  if (!after) return turn.ignore(from, "found-unasked", "an answer to what was not asked");
  turn.note("ways", key, after);
  if ("neighbour" in after.to) return answer(turn, from, after.to.neighbour, fields as Json);
  // Others do not know better what is here.
  if (holder === turn.view.self) return turn.ignore(from, "found", "an answer in our name");
  take(turn, after.to.search, holder, files, more);
}

/** Sends an answer on its way back, unless too many are on theirs. */
function answer(turn: SearchTurn, from: Id, to: Id, item: Json): void {
  if (item === null) return;
  const bytes = bytesOf([item]);
  const purse = spend(turn.state.answers_purse, bytes, ALLOWANCES.answers, turn.now_ms);
  if (purse === null) return turn.ignore(from, "found-too-much", "more answers than are borne");
  turn.state.answers_purse = purse;
  turn.out({ kind: "send", to, item, bulk: bytes > FOUND_BULK_BYTES });
}
