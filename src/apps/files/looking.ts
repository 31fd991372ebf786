/** Searches, and what fetching has to do with them: who has what is looked for. */

import type { Json, Source } from "../../core/types.ts";
import type { Question } from "../../core/host/app.ts";
import { type Link, parseLink } from "./link.ts";
import { RUNS_MAX } from "./limits.ts";
import type { Runs } from "./runs.ts";
import { foundNames, foundRow } from "./search/found.ts";
import type { HeldFile } from "./search/messages.ts";
import { searchOuts } from "./search/outs.ts";
import { reduceSearches, wakeOfSearches } from "./search/reduce.ts";
import { isSearchRequest, readSearchRequest } from "./search/requests.ts";
import type { Row, Search } from "./search/state.ts";
import type { SearchEvent } from "./search/turn.ts";
import { readWords } from "./search/words.ts";
import type { FilesState, Get } from "./state.ts";
import { isComplete } from "./swarm/swarm.ts";
import type { FilesTurn } from "./turn.ts";

/** What may be asked about searches. */
export const searchQuestions: Readonly<Record<string, Question<FilesState>>> = {
  found: {
    right: "say",
    names: ({ searches }, args) => foundNames(searches, args),
    row: ({ searches }, name, view) => foundRow(searches, name, view),
  },
};

/** Begins a search, where that is what somebody wants. */
export function takeSearchRequest(turn: FilesTurn, request: Json, source: Source): boolean {
  if (!isSearchRequest(request)) return false;
  const wish = readSearchRequest(request, source);
  if (typeof wish === "string") turn.out({ kind: "answer", source, why: wish });
  else driveSearches(turn, { kind: "begin", wish });
  return true;
}

/** Lets the searches decide, and does what they want. */
export function driveSearches(turn: FilesTurn, event: SearchEvent): void {
  const { self, now_ms, neighbours } = turn.view;
  const seen = { self, now_ms, neighbours, files: () => heldFiles(turn.state) };
  const [searches, outs] = reduceSearches(turn.state.searches, event, seen);
  turn.state.searches = searches;
  for (const out of outs) {
    if (out.kind === "found" && out.search.source === null) takeRows(turn, out.search, out.rows);
    for (const one of searchOuts(out, turn.view)) turn.out(one);
  }
  turn.wakeAt(wakeOfSearches(turn.state.searches));
}

/** Looks for who has what is to be fetched, until somebody says that it is enough. */
export function lookFor(turn: FilesTurn, get: Get): void {
  stopLooking(turn, get);
  const text = get.link ?? longestPart(get.what), words = readWords([text]);
  // A name that nobody can have is found nowhere.
  if (words === null) return;
  const key = keyOf(get), wish = { key, words, budget: null, whole: false, keeps_on: true };
  driveSearches(turn, { kind: "begin", wish: { ...wish, source: null } });
}

/** Looks for it no more. */
export function stopLooking(turn: FilesTurn, get: Get): void {
  if (turn.state.searches.own.has(keyOf(get))) {
    driveSearches(turn, { kind: "end", key: keyOf(get) });
  }
}

/** What was found for a get is looked at behind all else: it may change what is looked for. */
function takeRows(turn: FilesTurn, { key }: Search, rows: readonly Row[]): void {
  const transfer = Number(key.slice(KEY_START.length));
  for (const { holder, link, name } of rows) turn.found.push({ transfer, holder, link, name });
}

/** What others find here: what is shared, and what is there of what is on its way. */
function* heldFiles(state: FilesState): Iterable<HeldFile> {
  const told = new Set<Link>();
  for (const { link, name } of state.served.values()) {
    told.add(link);
    yield { link, name, has: null };
  }
  for (const { number, link, transfer, stage } of state.fetches.values()) {
    const get = state.transfers.get(transfer);
    if (stage === "opening" || told.has(link) || get?.kind !== "get") continue;
    if (get.link !== link || get.name === null) continue;
    told.add(link);
    yield { link, name: get.name, has: hasOf(state, number) };
  }
  for (const get of state.transfers.values()) {
    if (get.kind !== "get" || get.ended !== null || get.list === null) continue;
    if (!told.has(get.link!)) yield { link: get.link!, name: get.name!, has: null };
  }
}

/** What is there of a file that is on its way, as far as it can be said. */
function hasOf({ swarm }: FilesState, number: number): Runs | null {
  const file = swarm.fetches.get(number);
  if (file === undefined) return [];
  return isComplete(file) ? null : Array.from(file.there[0].runs()).slice(0, RUNS_MAX);
}

/** No user's search is called so: it has a space in it. */
const KEY_START = "get ";

function keyOf({ number }: Get): string {
  return `${KEY_START}${number}`;
}

/** A comma parts the words of a search, so of a name that has some the longest part is looked for. */
function longestPart(name: string): string {
  if (parseLink(name) !== null) return name;
  return name.split(",").reduce((longest, part) => part.length > longest.length ? part : longest);
}
