/** What comes of a file or a directory that a user wants: its first part, then the files of a directory. */

import { beginFetch, drive } from "./fetches.ts";
import { endGet, openFetches, touch } from "./gets.ts";
import { unwant, want } from "./holders.ts";
import { FETCHES_MAX } from "./limits.ts";
import { parseLink } from "./link.ts";
import { isOtherPlace } from "./other_place.ts";
import { keepServing } from "./shares.ts";
import type { Fetch, Get } from "./state.ts";
import type { Finished, ManifestFile, SharedFile, Target } from "./tasks.ts";
import type { FilesTurn } from "./turn.ts";

const NO_FILE = "that is a directory, which does not go to stdout: leave out -o -";

/** Opens the part of a file, or of the list of a directory's files. */
export function beginFirst(turn: FilesTurn, get: Get): void {
  const name = get.chosen ?? get.name!;
  beginFetch(turn, get, get.link!, targetOf(get, get.is_directory ? `${name}/` : name));
}

function targetOf(
  { directory, force, passes, chosen }: Get,
  name: string,
  is_executable = false,
): Target {
  return { directory, name, is_chosen: chosen !== null, is_executable, force, passes };
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
  const known = turn.change(get, { path, is_known: true });
  if (manifest !== null && get.is_directory) return beginFiles(turn, known, manifest, finished);
  if (manifest !== null && get.passes) return endGet(turn, known, "bad", NO_FILE);
  if (!get.passes) serveGot(turn, finished.file);
  endGet(turn, manifest === null ? known : tellList(turn, known), "done", null);
}

/** The list of a directory's files is here. */
function beginFiles(
  turn: FilesTurn,
  get: Get,
  manifest: readonly ManifestFile[],
  { file }: Finished,
): void {
  let bytes = 0;
  for (const { link } of manifest) bytes += parseLink(link)?.size ?? 0;
  const within = manifest.filter(({ link }) => link !== "");
  goOn(turn, turn.change(get, { served: file, within, bytes, files: within.length }));
}

/** What came is served from now on, unless it is served from another place already. */
function serveGot(turn: FilesTurn, file: SharedFile): void {
  const before = turn.state.served.get(file.link);
  if (isOtherPlace(before, file)) return;
  keepServing(turn, file);
}

/** Who has it does not call it a directory, though it is the list of one. */
function tellList(turn: FilesTurn, get: Get): Get {
  return turn.note(get, `${get.path} is the list of a directory's files, which nobody has whole`);
}

/** Opens the next files of a directory. */
function goOn(turn: FilesTurn, before: Get): void {
  let get = before, open = openFetches(turn, get).length;
  while (open < FETCHES_MAX && get.begun < get.within.length) {
    const { path, link, is_executable } = get.within[get.begun];
    get = turn.change(get, { begun: get.begun + 1 });
    const target = targetOf(get, `${get.chosen ?? get.name}/${path}`, is_executable);
    beginFetch(turn, get, link, target);
    for (const id of get.asked) if (!get.wrong.includes(id)) want(turn, id, link, false);
    open++;
  }
  if (open > 0) return;
  serveGot(turn, get.served!);
  endGet(turn, get, "done", null);
}
