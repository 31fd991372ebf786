/** Sharing: files are read and hashed once, and their hashes kept. */

import { CHUNK_BYTES, MANIFEST_BYTES_MAX } from "../limits.ts";
import { formatLink, type Link } from "../link.ts";
import { formatManifest } from "../manifest.ts";
import { nameFault } from "../safe_names.ts";
import type { Hashed, LeftOut, ManifestFile, SharedFile } from "../tasks.ts";
import { faultOf, shown } from "./faults.ts";
import { type Info, infoAt, type Open } from "./handle.ts";
import { Blocks, hashFile } from "./hash_file.ts";
import { Progress } from "./progress.ts";
import type { Place } from "./served.ts";
import { sha256, treeBytes, TreeWriter } from "./tree_file.ts";
import type { Kept, Room, TreeStore } from "./tree_store.ts";
import { type Found, walk } from "./walk.ts";

/** What sharing needs. */
export interface Sharing {
  readonly open: Open;
  readonly store: TreeStore;
  readonly signal: AbortSignal;
  readonly report: (news: Hashed | LeftOut) => void;
  /** The link that it must have; null for any. */
  readonly due: Link | null;
}

/** What was to be shared again is something else. */
export class OtherFile extends Error {
  override name = "OtherFile";
}

/** What came of it: what is to be told, and where everything is. */
export interface Shared {
  readonly file: SharedFile;
  readonly places: readonly (readonly [link: Link, place: Place])[];
  /** To be dropped when it is shared no more. */
  readonly kept: readonly Kept[];
}

/** What is told of left out files at most, each. */
const LEFT_OUT_MAX = 20;

/** Shares a file or a directory. Throws what is wrong with it, a sentence for the user. */
export function share(path: string, sharing: Sharing): Promise<Shared> {
  let place: string, info: Info | null;
  try {
    place = Deno.realPathSync(path);
    info = infoAt(place);
  } catch (error) {
    throw faultOf(path, "cannot be shared", error);
  }
  const name = nameOf(path, place);
  if (info?.kind === "file") return shareFile(place, name, info, sharing);
  if (info?.kind === "directory") return shareDirectory(place, name, info, sharing);
  throw new Error(`${path} cannot be shared: it is neither a file nor a directory`);
}

/** The name by which others know what is at a path. */
function nameOf(path: string, place: string): string {
  const last = (of: string) =>
    of.split(Deno.build.os === "windows" ? /[\\/]/ : "/").findLast(Boolean);
  let name = last(path) ?? "";
  // Such as "." or "dir/..".
  if (/^\.*$/.test(name)) name = last(place) ?? "";
  name = name.normalize("NFC");
  const fault = nameFault(name);
  if (fault === null) return name;
  throw new Error(`${shown(path)} cannot be shared: its name ${fault}; rename it, or share a copy`);
}

/** Shares what was found to be a file. */
export async function shareFile(
  path: string,
  name: string,
  found: Info,
  { open, store, signal, report, due }: Sharing,
): Promise<Shared> {
  const progress = new Progress(found.size, signal, report),
    room = store.make(treeBytes(found.size));
  try {
    const { link, info } = await hashAt(path, open, new Blocks(), progress, room, 0);
    if (info.size !== found.size) throw new Error(`${path} changes while it is read`);
    const kept = keepAs(link, due, room), { size, changed_ms } = info;
    const file = { link, name, path, changed_ms, is_directory: false, files: 1, bytes: size };
    return {
      file,
      places: [[link, { owner: link, path, changed_ms, source: kept, at: 0 }]],
      kept: [kept],
    };
  } catch (error) {
    room.drop();
    throw error;
  }
}

/** Hashes one file; its hashes go to `at` in a room. */
export async function hashAt(
  path: string,
  open: Open,
  blocks: Blocks,
  progress: Progress,
  room: Room | null,
  at: number,
): Promise<{ readonly link: Link; readonly info: Info }> {
  let file;
  try {
    file = open(path, "read");
  } catch (error) {
    throw faultOf(path, "cannot be shared", error);
  }
  try {
    const info = file.info();
    const write = room && ((bytes: Uint8Array, offset: number) => room.writeAt(bytes, at + offset));
    return { link: await hashFile({ path, file, info, blocks, progress, write }), info };
  } finally {
    file.close();
  }
}

/**
 * The room of a directory: the text of its manifest, the hashes of that, and then the hashes of its
 * files in the order of the manifest. All sizes are known before anything is hashed.
 */
async function shareDirectory(
  top: string,
  name: string,
  { changed_ms }: Info,
  { open, store, signal, report, due }: Sharing,
): Promise<Shared> {
  const { found, left_out } = await walk(top, new Progress(0, signal));
  tellLeftOut(left_out, report);
  const bytes = found.reduce((sum, { info }) => sum + (info?.size ?? 0), 0);
  const text_bytes = formatManifest(found.map((each) => lineOf(each, null))).length;
  if (text_bytes > MANIFEST_BYTES_MAX) {
    throw new Error(`${top} cannot be shared: it has too many files`);
  }
  const hashes_at = text_bytes + treeBytes(text_bytes);
  const hashes = found.reduce((sum, { info }) => sum + treeBytes(info?.size ?? 0), 0);
  const room = store.make(hashes_at + hashes), blocks = new Blocks();
  const progress = new Progress(bytes, signal, report);
  try {
    const lines: ManifestFile[] = [],
      places: (readonly [Link, Omit<Place, "owner" | "source">])[] = [];
    let at = hashes_at;
    for (const each of found) {
      if (each.info === null) {
        lines.push(lineOf(each, null));
        continue;
      }
      const { link, info } = await hashAt(each.place, open, blocks, progress, room, at);
      if (info.size !== each.info.size) throw new Error(`${each.place} changes while it is read`);
      lines.push(lineOf(each, link));
      places.push([link, { path: each.place, changed_ms: info.changed_ms, at }]);
      at += treeBytes(info.size);
    }
    const link = writeManifest(formatManifest(lines), room), kept = keepAs(link, due, room);
    places.push([link, { path: top, changed_ms: null, at: text_bytes }]);
    const files = lines.filter((line) => line.link !== "").length;
    return {
      file: { link, name, path: top, changed_ms, is_directory: true, files, bytes },
      places: places.map(([each, place]) => [each, { ...place, owner: link, source: kept }]),
      kept: [kept],
    };
  } catch (error) {
    room.drop();
    throw error;
  }
}

function keepAs(link: Link, due: Link | null, room: Room): Kept {
  if (due !== null && link !== due) throw new OtherFile();
  return room.keep(link);
}

/** A line of the manifest; before its link is known, with one of the same length. */
function lineOf({ path, info }: Found, link: Link | null): ManifestFile {
  if (info === null) return { path, link: "", is_executable: false };
  const is_executable = (info.mode & 0o100) !== 0;
  return {
    path,
    link: link ?? formatLink({ root: "0".repeat(64), size: info.size }),
    is_executable,
  };
}

/** Puts the text of a manifest and its hashes at the beginning of a room. Gives its link. */
export function writeManifest(text: Uint8Array, room: Room): Link {
  room.writeAt(text, 0);
  const tree = new TreeWriter(text.length, (bytes, at) => room.writeAt(bytes, text.length + at));
  for (let at = 0; at < text.length; at += CHUNK_BYTES) {
    tree.add(sha256(text.subarray(at, at + CHUNK_BYTES)));
  }
  return formatLink({ root: tree.end().toHex(), size: text.length });
}

function tellLeftOut(left_out: readonly string[], report: (news: LeftOut) => void): void {
  for (const what of left_out.slice(0, LEFT_OUT_MAX)) report({ left_out: what });
  const more = left_out.length - LEFT_OUT_MAX;
  if (more > 0) report({ left_out: `${more} more are left out` });
}
