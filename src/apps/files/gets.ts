/** Fetching what a user wants: its parts, from whoever has some of it, and the files of a directory. */

import type { Id, Source } from "../../core/types.ts";
import { explainNobody, findNearest } from "../../core/membership/people.ts";
import { claimOf } from "./claims.ts";
import { endGet, unwantUnused } from "./ending.ts";
import { beginFetch, drive } from "./fetches.ts";
import { takeOthers, wantOf } from "./finding.ts";
import { want } from "./holders.ts";
import { FETCHES_MAX, LATER_MS, LOOK_MS } from "./limits.ts";
import { parseLink } from "./link.ts";
import { lookFor } from "./looking.ts";
import type { Way } from "./messages.ts";
import type { GetRequest } from "./requests.ts";
import { isOtherPlace } from "./other_place.ts";
import { getOf, openFetches } from "./open_files.ts";
import { openAs, targetOf } from "./opening.ts";
import { areAllWrong, isExcluded, takeWrong, touch } from "./patience.ts";
import { keepServing } from "./shares.ts";
import type { Fetch, FileList, Get } from "./state.ts";
import type { Begun, Finished, SharedFile } from "./tasks.ts";
import { isBusy } from "./transfers.ts";
import type { FilesTurn } from "./turn.ts";

const NO_FILE = "that is a directory, which does not go to stdout: leave out -o -";
/** While the disk is at work nothing can come: it is looked again after this time. */
const BUSY_MS = 1_000;

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
  const is_link = parseLink(what) !== null, claim = is_link ? null : claimOf(turn.view, what);
  let get: Get = {
    ...NEW,
    number: turn.number(),
    key,
    source,
    since_ms: turn.now_ms,
    what,
    link: is_link ? what : claim?.link ?? null,
    from,
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
  // A name that nobody claimed is looked for, whoever is said to have it.
  if (get.link === null || first === null) return lookFor(turn, get);
  get = wantOf(turn, get, first);
  // Who claimed the name may be away: others are looked for after a moment.
  if (from !== null || get.ended !== null) return;
  turn.change(get, { look_ms: turn.now_ms + LATER_MS });
  turn.wakeAt(turn.now_ms + LATER_MS);
}

/** A holder answers: its part is opened, if it is not yet, and others that it names are asked. */
export function takeWayOf(
  turn: FilesTurn,
  before: Get,
  from: Id,
  { name, is_directory, others }: Way,
  is_first: boolean,
): void {
  const get = openAs(turn, before, name, is_directory);
  if (get.ended !== null) return;
  // What it sent to an earlier transfer counts.
  if (isExcluded(turn, from, get.link!)) return takeWrong(turn, get, from);
  if (is_first) takeOthers(turn, get, others);
}

/** A file cannot be opened, or finished. */
export function takeRefused(turn: FilesTurn, get: Get, why: string): void {
  endGet(turn, get, "bad", why);
}

/** The part of a file is open. */
export function takeGetBegun(turn: FilesTurn, get: Get, { path }: Begun): void {
  touch(turn, get.path === null ? turn.change(get, { path }) : get);
}

/** A file is here, whole. */
export function takeFinished(turn: FilesTurn, file: Fetch, finished: Finished): void {
  const { number, link } = file, get = getOf(turn, number), { manifest, path } = finished;
  turn.own("fetches").delete(number);
  drive(turn, { kind: "stopped", fetch: number });
  if (get === undefined) {
    unwantUnused(turn, link);
    // Who wanted it is gone; it is here and served all the same.
    const over = turn.state.transfers.get(file.transfer);
    const is_all = over?.kind === "get" && over.link === link && !over.is_directory;
    return is_all && !over.passes ? serveGot(turn, finished.file) : undefined;
  }
  if (get.list !== null) {
    unwantUnused(turn, link);
    const { size } = parseLink(link)!;
    const here = { bytes_done: get.bytes_done + size, files_done: get.files_done + 1 };
    return goOn(turn, touch(turn, turn.change(get, here)), get.list);
  }
  if (manifest === null || !get.is_directory) {
    if (manifest !== null && get.passes) return endGet(turn, get, "bad", NO_FILE);
    if (!get.passes) serveGot(turn, finished.file);
    const done = turn.change(get, { path, files_done: 1 });
    return endGet(turn, manifest === null ? done : tellList(turn, done), "done", null);
  }
  let bytes = 0;
  const files = manifest.filter((one) => one.link !== "");
  for (const one of files) bytes += parseLink(one.link)!.size;
  const list: FileList = { file: finished.file, files, begun: 0 };
  goOn(turn, touch(turn, turn.change(get, { path, bytes, files: files.length })), list);
}

/** What came is served from now on, unless it is served from another place already. */
function serveGot(turn: FilesTurn, file: SharedFile): void {
  if (!isOtherPlace(turn.state.served.get(file.link), file)) keepServing(turn, file);
}

/** Who has it does not call it a directory, though it is the list of one. */
function tellList(turn: FilesTurn, get: Get): Get {
  return turn.note(get, `${get.path} is the list of a directory's files, which nobody has whole`);
}

/** Opens the next files of a directory. */
function goOn(turn: FilesTurn, get: Get, { file, files, begun }: FileList): void {
  let open = openFetches(turn, get).length, at = begun;
  for (; open < FETCHES_MAX && at < files.length; open++, at++) {
    const { path, link, is_executable } = files[at];
    beginFetch(turn, get, link, targetOf(get, `${get.chosen ?? get.name}/${path}`, is_executable));
    // Who sent something else once may do so with each file.
    for (const id of get.asked) if (!get.wrong.includes(id)) want(turn, id, link);
  }
  const after = turn.change(get, { list: { file, files, begun: at } });
  if (open > 0) return;
  serveGot(turn, file);
  endGet(turn, after, "done", null);
}

/** It stands still for too long. */
export function giveUp(turn: FilesTurn, get: Get): void {
  if (turn.now_ms < get.until_ms) return turn.wakeAt(get.until_ms);
  // To verify what is there of it, and to flush it, takes as long as it takes; so does a full disk.
  const { stuck } = turn.state.swarm,
    isAtDisk = ({ number, stage }: Fetch) => stage !== "open" || stuck.has(number);
  if (openFetches(turn, get).some(isAtDisk)) {
    return turn.wakeAt(turn.now_ms + BUSY_MS);
  }
  if (get.link === null) {
    return endGet(turn, get, "nobody", `nobody who is there has a file called ${get.what}`);
  }
  if (get.name === null && get.is_nameless) {
    return endGet(turn, get, "bad", "it has a name that no file can have: say another one with -o");
  }
  if (get.name === null) return endGet(turn, get, "nobody", "nobody who is there has it");
  if (areAllWrong(get)) return endGet(turn, get, "bad", "what its holders send is something else");
  endGet(turn, get, "incomplete", "nothing came any more; the same command goes on where it was");
}

/** Nothing was found out yet. */
const NEW = {
  kind: "get",
  ended: null,
  notes: [],
  name: null,
  is_nameless: false,
  look_ms: Infinity,
  found: new Map(),
  decide_ms: Infinity,
  asked: [],
  wrong: [],
  is_directory: false,
  list: null,
  bytes: 0,
  bytes_done: 0,
  files: 0,
  files_done: 0,
  path: null,
} as const;
