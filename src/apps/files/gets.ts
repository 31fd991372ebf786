/**
 * Fetching what a user wants: finding out which file is meant, and who has it; then its parts, and the
 * files of a directory.
 */

import type { Id, Source } from "../../core/types.ts";
import { explainNobody, findNearest } from "../../core/membership/people.ts";
import { claimOf } from "./claims.ts";
import { beginFetch, drive, stopFetch } from "./fetches.ts";
import { unwant, want } from "./holders.ts";
import { DECIDE_MS, FETCHES_MAX, HOLDERS_MAX, LATER_MS, LOOK_MS, WRONG_MS } from "./limits.ts";
import { type Link, parseLink } from "./link.ts";
import { lookFor, stopLooking } from "./looking.ts";
import type { Way } from "./messages.ts";
import type { GetRequest } from "./requests.ts";
import { safeName } from "./safe_names.ts";
import { keepServing } from "./shares.ts";
import type { Ended, Fetch, Get } from "./state.ts";
import type { Begun, Finished } from "./tasks.ts";
import { end, isBusy } from "./transfers.ts";
import type { FilesTurn } from "./turn.ts";

/** Begins to fetch what a user wants. */
export function beginGet(turn: FilesTurn, request: GetRequest, source: Source): void {
  const { key, what, directory, name: chosen, force, patience_ms } = request;
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
export function takeWayOf(turn: FilesTurn, before: Get, way: Way): void {
  let get = before;
  for (const id of way.others) get = wantOf(turn, get, id);
  if (get.name !== null) return;
  const { name, is_directory } = way, own = get.chosen ?? safeName(name);
  get = turn.change(get, { name: own ?? name, is_directory, files: 1 });
  if (own === null) {
    return endGet(turn, get, "bad", "it has a name that no file can have: say another one with -o");
  }
  if (get.chosen === null && own !== name) get = turn.note(get, `${name} is stored as ${own}`);
  beginFirst(turn, get);
}

/** Opens the part of a file, or of the list of a directory's files. */
function beginFirst(turn: FilesTurn, get: Get): void {
  const { directory, force, chosen, is_directory } = get, name = chosen ?? get.name!;
  const target = { directory, is_chosen: chosen !== null, force, is_executable: false };
  beginFetch(turn, get, get.link!, { ...target, name: is_directory ? `${name}/` : name });
}

/** A file cannot be opened, or finished. */
export function takeRefused(turn: FilesTurn, get: Get, why: string): void {
  if (get.ended !== null) return;
  // That it is a directory is only the word of a holder.
  if (!get.is_directory || get.is_known || get.path === null) return endGet(turn, get, "bad", why);
  beginFirst(turn, turn.change(get, { is_directory: false, path: null }));
}

/** The part of the first file is open. */
export function takeGetBegun(turn: FilesTurn, get: Get, { path }: Begun): void {
  if (get.path === null) turn.change(get, { path });
}

/** A file is here, whole. */
export function takeFinished(turn: FilesTurn, file: Fetch, finished: Finished): void {
  turn.own("fetches").delete(file.number);
  drive(turn, { kind: "stopped", fetch: file.number });
  const get = turn.state.transfers.get(file.transfer) as Get, { manifest, path } = finished;
  if (get.is_known) {
    unwant(turn, file.link);
    const { size } = parseLink(file.link)!;
    const here = { bytes_done: get.bytes_done + size, files_done: get.files_done + 1 };
    return goOn(turn, touch(turn, turn.change(get, here)));
  }
  keepServing(turn, finished.file);
  const known = turn.change(get, { path, is_known: true });
  if (manifest === null) return endGet(turn, known, "done", null);
  if (!get.is_directory) return endGet(turn, tellList(turn, known), "done", null);
  let bytes = 0;
  for (const { link } of manifest) bytes += parseLink(link)?.size ?? 0;
  const waiting = manifest.filter(({ link }) => link !== "");
  goOn(turn, turn.change(known, { waiting, bytes, files: waiting.length }));
}

/** Who has it does not call it a directory, though it is the list of one. */
function tellList(turn: FilesTurn, get: Get): Get {
  return turn.note(get, `${get.path} is the list of a directory's files, which nobody has whole`);
}

/** Opens the next files of a directory. */
function goOn(turn: FilesTurn, before: Get): void {
  let get = before, open = openFetches(turn, get).length;
  while (open < FETCHES_MAX && get.waiting.length > 0) {
    const [{ path, link, is_executable }, ...waiting] = get.waiting;
    get = turn.change(get, { waiting });
    const { directory, chosen, force } = get, name = `${chosen ?? get.name}/${path}`;
    beginFetch(turn, get, link, {
      directory,
      name,
      is_chosen: chosen !== null,
      force,
      is_executable,
    });
    for (const id of get.asked) want(turn, id, link);
    open++;
  }
  if (open === 0) endGet(turn, get, "done", null);
}

/** It is over: nothing more is fetched for it. */
export function endGet(
  turn: FilesTurn,
  get: Get,
  how: Ended["how"],
  why: string | null,
): void {
  stopLooking(turn, get);
  for (const file of openFetches(turn, get)) {
    stopFetch(turn, file);
    unwant(turn, file.link);
  }
  if (get.link !== null) unwant(turn, get.link);
  if (how === "done" && get.source.kind === "local") {
    turn.out({ kind: "tell", text: `${get.name} is at ${get.path}` });
  }
  end(turn, turn.state.transfers.get(get.number) as Get, how, why);
}

/** Something came: there is time again. */
export function touch(turn: FilesTurn, get: Get): Get {
  return turn.change(get, { until_ms: turn.now_ms + get.patience_ms });
}

/** A holder sent something else: where there is no other, it is soon over. */
export function takeWrong(turn: FilesTurn, get: Get, id: Id): void {
  const after = turn.change(get, { wrong: [...get.wrong, id] });
  if (!areAllWrong(after)) return;
  turn.change(after, { until_ms: Math.min(get.until_ms, turn.now_ms + WRONG_MS) });
  turn.wakeAt(turn.now_ms + WRONG_MS);
}

function areAllWrong({ wrong, asked }: Get): boolean {
  return wrong.length > 0 && asked.every((id) => wrong.includes(id));
}

/** It stands still for too long. */
export function giveUp(turn: FilesTurn, get: Get): void {
  if (turn.now_ms < get.until_ms) return turn.wakeAt(get.until_ms);
  if (get.link === null) {
    return endGet(turn, get, "nobody", `nobody who is there has a file called ${get.what}`);
  }
  if (get.name === null) return endGet(turn, get, "nobody", "nobody who is there has it");
  if (areAllWrong(get)) return endGet(turn, get, "bad", "what its holders send is something else");
  endGet(turn, get, "incomplete", "nothing came any more; the same command goes on where it was");
}

/** Asks one more node for it. */
function wantOf(turn: FilesTurn, get: Get, id: Id): Get {
  if (get.asked.includes(id) || get.asked.length >= HOLDERS_MAX || id === turn.view.self) {
    return get;
  }
  const after = turn.change(get, { asked: [...get.asked, id] });
  want(turn, id, get.link!);
  return after;
}

function openFetches({ state }: FilesTurn, { number }: Get): Fetch[] {
  return [...state.fetches.values()].filter(({ transfer }) => transfer === number);
}

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
  is_known: false,
  is_directory: false,
  waiting: [],
  bytes: 0,
  bytes_done: 0,
  files: 0,
  files_done: 0,
  path: null,
} as const;
