/**
 * Fetching what a user wants: finding out which file is meant, and who has it; then its parts, and the
 * files of a directory.
 */

import type { Id, Source } from "../../core/types.ts";
import { explainNobody, findNearest } from "../../core/membership/people.ts";
import { claimOf } from "./claims.ts";
import { stopFetch } from "./fetches.ts";
import { beginFirst } from "./got.ts";
import { unwant, want } from "./holders.ts";
import {
  DECIDE_MS,
  HOLDERS_MAX,
  LATER_MS,
  LOOK_MS,
  MANIFEST_BYTES_MAX,
  WRONG_MS,
} from "./limits.ts";
import { type Link, parseLink } from "./link.ts";
import { excludedKey } from "./swarm/swarm.ts";
import { lookFor, stopLooking } from "./looking.ts";
import type { Way } from "./messages.ts";
import type { GetRequest } from "./requests.ts";
import { safeName } from "./safe_names.ts";
import type { Ended, Fetch, Get } from "./state.ts";
import type { Begun } from "./tasks.ts";
import { end, isBusy } from "./transfers.ts";
import type { FilesTurn } from "./turn.ts";

/** Begins to fetch what a user wants. */
export function beginGet(turn: FilesTurn, request: GetRequest, source: Source): void {
  const { key, what, directory, name: chosen, force, passes, patience_ms } = request;
  const refuse = (why: string) => turn.out({ kind: "answer", source, why });
  const busy = isBusy(turn, key);
  if (busy !== null) return refuse(busy);
  let from: Id | null = null;
  if (request.from !== null) {
    const found = findNearest(turn.view.members.values(), request.from);
    if (found.length !== 1) return refuse(explainNobody(request.from, found));
    from = found[0].id;
  }
  const claim = parseLink(what) === null ? claimOf(turn.view, what) : null;
  const get: Get = {
    ...NEW,
    number: turn.number(),
    key,
    source,
    since_ms: turn.now_ms,
    what,
    link: parseLink(what) === null ? claim?.link ?? null : what,
    directory,
    chosen,
    force,
    passes,
    patience_ms,
    until_ms: turn.now_ms + Math.min(LOOK_MS, patience_ms),
  };
  turn.own("transfers").set(get.number, get);
  turn.wakeAt(get.until_ms);
  const first = from ?? claim?.owner ?? null;
  if (get.link !== null && first !== null) wantOf(turn, get, first);
  // Who is named, or claimed the name, may be away: others are looked for after a moment.
  if (from !== null) return;
  if (first === null) return lookFor(turn, get);
  turn.change(turn.state.transfers.get(get.number) as Get, { look_ms: turn.now_ms + LATER_MS });
  turn.wakeAt(turn.now_ms + LATER_MS);
}

/** Who was asked first has not answered, or is not alone: others are looked for. */
export function lookLater(turn: FilesTurn, get: Get): void {
  if (turn.now_ms < get.look_ms) return turn.wakeAt(get.look_ms);
  lookFor(turn, turn.change(get, { look_ms: Infinity }));
}

/** Somebody has what is looked for, or some of it. */
export function takeFound(turn: FilesTurn, get: Get, holder: Id, link: Link, name: string): void {
  if (get.link !== null) {
    if (get.link === link) wantOf(turn, get, holder);
    return;
  }
  if (name !== get.what || get.found.has(link)) return;
  const decide_ms = Math.min(get.decide_ms, turn.now_ms + DECIDE_MS);
  turn.change(get, { found: new Map([...get.found, [link, name]]), decide_ms });
  turn.wakeAt(decide_ms);
}

/** A name was looked for long enough: which file is it? */
export function decide(turn: FilesTurn, get: Get): void {
  if (get.link !== null) return;
  if (turn.now_ms < get.decide_ms) return turn.wakeAt(get.decide_ms);
  const [link, ...others] = get.found.keys();
  if (others.length > 0) {
    const links = [link, ...others].join(" or ");
    return endGet(
      turn,
      get,
      "bad",
      `several files are called ${get.what}: get one by its link, ${links}`,
    );
  }
  lookFor(turn, turn.change(get, { link, decide_ms: Infinity }));
}

/** A holder answers: what it is called is known, and its part is opened, if it is not yet. */
export function takeWayOf(turn: FilesTurn, before: Get, from: Id, way: Way): void {
  let get = before;
  if (turn.state.swarm.excluded.has(excludedKey(way.link, from))) {
    return get.wrong.includes(from) ? undefined : takeWrong(turn, get, from);
  }
  for (const id of way.others) get = wantOf(turn, get, id);
  if (get.name !== null) return;
  const { name, link } = way, own = get.chosen ?? safeName(name);
  if (own === null) {
    // Others may call it something better.
    const until_ms = Math.min(get.until_ms, turn.now_ms + WRONG_MS);
    turn.change(get, { is_misnamed: true, until_ms });
    return turn.wakeAt(until_ms);
  }
  // No list of a directory's files is longer.
  const may_be = !get.passes && parseLink(link)!.size <= MANIFEST_BYTES_MAX;
  get = turn.change(get, { name: own, is_directory: may_be && way.is_directory, files: 1 });
  if (get.chosen === null && own !== name) get = turn.note(get, `${name} is stored as ${own}`);
  beginFirst(turn, get);
}

/** A file cannot be opened, or finished. */
export function takeRefused(turn: FilesTurn, get: Get, why: string): void {
  if (get.ended === null) endGet(turn, get, "bad", why);
}

/** The part of the first file is open. */
export function takeGetBegun(turn: FilesTurn, get: Get, { path }: Begun): void {
  // To look at what was there already may take long.
  touch(turn, get.path === null ? turn.change(get, { path }) : get);
}

/** It is over: nothing more is fetched for it. */
export function endGet(
  turn: FilesTurn,
  get: Get,
  how: Ended["how"],
  why: string | null,
): void {
  stopLooking(turn, get);
  const open = openFetches(turn, get);
  for (const file of open) stopFetch(turn, file);
  if (how === "done" && get.source.kind === "local") {
    turn.out({ kind: "tell", text: `${get.name} is at ${get.path}` });
  }
  end(turn, turn.state.transfers.get(get.number) as Get, how, why);
  // Others may want the same.
  for (const { link } of open) unwant(turn, link);
  if (get.link !== null) unwant(turn, get.link);
}

/** Something came: there is time again. */
export function touch(turn: FilesTurn, get: Get): Get {
  return turn.change(get, { until_ms: turn.now_ms + get.patience_ms });
}

/** A holder sent something else, now or for an earlier get: where there is no other, it is soon over. */
export function takeWrong(turn: FilesTurn, before: Get, id: Id): void {
  const what = before.name ?? before.what;
  const get = turn.note(
    before,
    `${turn.labelOf(id)} sent what is not in ${what}, and is not asked for it any more`,
  );
  const wrong = get.wrong.includes(id) ? get.wrong : [...get.wrong, id];
  const is_all = get.asked.every((one) => wrong.includes(one));
  const until_ms = is_all ? Math.min(get.until_ms, turn.now_ms + WRONG_MS) : get.until_ms;
  turn.change(get, { wrong, until_ms });
  turn.wakeAt(until_ms);
}

/** Whether somebody sent something else, and nobody else says to have any of what is missing. */
function areAllWrong(turn: FilesTurn, get: Get): boolean {
  const open = openFetches(turn, get).map(({ link }) => link), { swarm } = turn.state;
  return get.wrong.length > 0 && (open.length > 0 ? open : [get.link!]).every((link) => {
    const having = swarm.has.get(link) ?? new Map();
    return having.values().every(({ count }) => count === 0);
  });
}

/** It stands still for too long. */
export function giveUp(turn: FilesTurn, get: Get): void {
  if (turn.now_ms < get.until_ms) return turn.wakeAt(get.until_ms);
  // It does not stand still for want of others.
  if (isAtDisk(turn, get)) return turn.wakeAt(touch(turn, get).until_ms);
  if (get.link === null) {
    return endGet(turn, get, "nobody", `nobody who is there has a file called ${get.what}`);
  }
  if (areAllWrong(turn, get)) {
    return endGet(turn, get, "bad", "what its holders send is something else");
  }
  if (get.is_misnamed && get.name === null) return endGet(turn, get, "bad", NO_NAME);
  if (get.name === null) return endGet(turn, get, "nobody", "nobody who is there has it");
  endGet(turn, get, "incomplete", "nothing came any more; the same command goes on where it was");
}

/** Whether it waits for the disk: what is there is hashed, all is flushed, or there is no room. */
function isAtDisk(turn: FilesTurn, get: Get): boolean {
  const open = new Set(openFetches(turn, get).map(({ number }) => number)), { swarm } = turn.state;
  if (open.values().some((number) => swarm.stuck.has(number))) return true;
  for (const job of turn.state.jobs.values()) {
    if ((job.kind === "begin" || job.kind === "finish") && open.has(job.fetch)) return true;
  }
  return false;
}

/** Asks one more node for it. */
function wantOf(turn: FilesTurn, get: Get, id: Id): Get {
  if (get.asked.includes(id) || get.asked.length >= HOLDERS_MAX || id === turn.view.self) {
    return get;
  }
  const after = turn.change(get, { asked: [...get.asked, id] });
  want(turn, id, get.link!, get.name === null);
  for (const { link } of openFetches(turn, get)) want(turn, id, link, false);
  return after;
}

/** The files of a transfer that are being fetched. */
export function openFetches({ state }: FilesTurn, { number }: Get): Fetch[] {
  return [...state.fetches.values()].filter(({ transfer }) => transfer === number);
}

const NO_NAME = "it has a name that no file can have: say another one with -o";

/** Nothing was found out yet. */
const NEW = {
  kind: "get",
  ended: null,
  notes: [],
  name: null,
  look_ms: Infinity,
  found: new Map(),
  decide_ms: Infinity,
  asked: [],
  wrong: [],
  is_misnamed: false,
  is_known: false,
  is_directory: false,
  served: null,
  within: [],
  begun: 0,
  bytes: 0,
  bytes_done: 0,
  files: 0,
  files_done: 0,
  path: null,
} as const;
