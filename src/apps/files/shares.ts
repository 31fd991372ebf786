/** What this node shares, for as long as nobody takes it back, also after it was started anew. */

import type { Json, Source } from "../../core/types.ts";
import { isCount } from "../../core/log/entry.ts";
import { type Link, linksText, parseLink } from "./link.ts";
import type { ShareRequest, UnshareRequest } from "./requests.ts";
import { fieldsOf } from "./search/messages.ts";
import type { Share, Transfer } from "./state.ts";
import type { Hashed, LeftOut, SharedFile } from "./tasks.ts";
import { end, isBusy } from "./transfers.ts";
import type { FilesTurn } from "./turn.ts";

/** Begins to share a file or a directory. */
export function beginShare(turn: FilesTurn, { key, path }: ShareRequest, source: Source): void {
  const why = isBusy(turn, key);
  if (why !== null) return turn.out({ kind: "answer", source, why });
  const number = turn.number(), since_ms = turn.now_ms;
  const wanted = { number, key, source, since_ms, ended: null, notes: [] };
  const share: Share = { kind: "share", ...wanted, path, hashed_bytes: 0, size: 0, file: null };
  turn.own("transfers").set(number, share);
  turn.work({ kind: "share", transfer: number }, { do: "share", path });
}

/** How far a share is, or that it is done. */
export function takeHashed(turn: FilesTurn, share: Share, result: unknown, done: boolean): void {
  if (!done) {
    const news = result as Hashed | LeftOut;
    if ("left_out" in news) turn.note(share, news.left_out);
    else turn.change(share, news);
    return;
  }
  const file = result as SharedFile;
  keepServing(turn, file);
  if (share.source.kind === "local") tellShared(turn, file);
  end(turn, turn.change(share, { file }), "done", null);
}

/** At the prompt nobody else says so. */
function tellShared(turn: FilesTurn, { link, name }: SharedFile): void {
  turn.out({ kind: "tell", text: `shared ${link} ${name}` });
}

/** Serves a file from now on. */
export function keepServing(turn: FilesTurn, file: SharedFile): void {
  turn.state.served = turn.state.served.set(file.link, file);
  turn.out({ kind: "keep", key: file.link, value: { ...file } });
}

/** Serves no more what a user takes back. */
export function unshare(turn: FilesTurn, { what }: UnshareRequest, source: Source): void {
  const files = [...turn.state.served.values()];
  const found = files.filter(({ link, name }) => link === what || name === what);
  const links = found.map(({ link }) => link);
  const why = links.length === 1
    ? null
    : links.length === 0
    ? `${what} is not shared here; rumor files lists what is`
    : `${links.length} files are called ${what}: say which by its link, ${linksText(links)}`;
  if (why === null) forget(turn, links[0]);
  turn.out({ kind: "answer", source, why });
}

/** It is no longer what it was: it is served no more, and its user is told. */
export function takeChanged(turn: FilesTurn, link: Link, why: string): void {
  // It may be one file of a directory.
  const file = turn.state.served.get(link);
  drop(turn, link);
  turn.out({ kind: "tell", text: `${file?.name ?? link} is no longer shared: ${why}` });
}

/** Serves again what an earlier run shared. */
export function serveAgain(turn: FilesTurn): void {
  for (const file of turn.state.served.values()) {
    turn.work({ kind: "serve", link: file.link }, { do: "serve", file });
  }
}

/** What an earlier run shared, as it was kept. What another version wrote in a form of its own stays there. */
export function takeKept(turn: FilesTurn, kept: readonly (readonly [string, Json])[]): void {
  const served = turn.state.served.edit();
  for (const [link, value] of kept) {
    const file = readKept(link, value);
    if (file !== null) served.set(link, file);
  }
  turn.state.served = served.finish();
}

function readKept(key: string, value: Json): SharedFile | null {
  const { link, name, path, changed_ms, is_directory, files, bytes } = fieldsOf(value);
  if (link !== key || parseLink(key) === null || !isText(name) || !isText(path)) return null;
  if (typeof changed_ms !== "number" || typeof is_directory !== "boolean") return null;
  if (!isCount(files, 0) || !isCount(bytes, 0)) return null;
  return { link, name, path, changed_ms, is_directory, files, bytes };
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "";
}

/** Whether a transfer still hashes. */
export function isShare(transfer: Transfer | undefined): transfer is Share {
  return transfer?.kind === "share";
}

function drop(turn: FilesTurn, link: Link): void {
  turn.state.served = turn.state.served.delete(link);
  turn.out({ kind: "keep", key: link, value: null });
}

function forget(turn: FilesTurn, link: Link): void {
  drop(turn, link);
  turn.work({ kind: "other" }, { do: "unshare", link });
}
