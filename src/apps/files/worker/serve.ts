/** Serving what an earlier run shared, from the hashes that it kept, or by hashing it again. */

import { type Link, parseLink } from "../link.ts";
import { readManifest } from "../manifest.ts";
import type { ManifestFile, SharedFile } from "../tasks.ts";
import { levelsOf, rootOf } from "../tree.ts";
import { reasonOf } from "./faults.ts";
import { type Info, infoAt, type Source } from "./handle.ts";
import { Blocks } from "./hash_file.ts";
import { Progress } from "./progress.ts";
import type { Place } from "./served.ts";
import { hashAt, OtherFile, share, type Shared, type Sharing } from "./share.ts";
import { sha256, treeBytes, TreeFile } from "./tree_file.ts";
import type { Kept } from "./tree_store.ts";

/** Finds again what was shared. Throws why it cannot be served, a sentence for the user. */
export async function serveAgain(
  file: SharedFile,
  sharing: Omit<Sharing, "due">,
): Promise<Shared> {
  const { link, path } = file, info = lookAt(path);
  if (info?.kind !== (file.is_directory ? "directory" : "file")) throw changed(path);
  const found = file.is_directory
    ? await findDirectory(file, sharing)
    : findFile(file, info, sharing.store.find(link));
  if (found !== null) return found;
  try {
    return { ...await share(path, { ...sharing, due: link }), file };
  } catch (error) {
    throw error instanceof OtherFile ? changed(path) : error;
  }
}

/** Null where its hashes were not kept. */
function findFile(file: SharedFile, info: Info, kept: Kept | null): Shared | null {
  const { link, path, changed_ms } = file;
  if (info.size !== parseLink(link)?.size || info.changed_ms !== changed_ms) throw changed(path);
  if (kept === null || kept.bytes !== treeBytes(info.size) || !hasTop(link, kept, 0)) return null;
  return {
    file,
    places: [[link, { owner: link, path, changed_ms, source: kept, at: 0 }]],
    kept: [kept],
  };
}

/** Whether the highest hashes of a file are where they should be; the others are looked at when they are read. */
function hasTop(link: Link, source: Source, at: number): boolean {
  const parts = parseLink(link)!, top = levelsOf(parts.size).length - 1;
  return parts.size === 0 || new TreeFile(parts, source, at).check(top, 0);
}

/** Null where neither its manifest nor its hashes were kept. */
async function findDirectory(
  file: SharedFile,
  sharing: Omit<Sharing, "due">,
): Promise<Shared | null> {
  const { link, path } = file, kept = sharing.store.find(link);
  const manifest = kept && readKept(link, kept);
  if (kept === null || manifest === null) return null;
  const text_bytes = parseLink(link)!.size, hashes_at = text_bytes + treeBytes(text_bytes);
  const sizes = manifest.map((line) => parseLink(line.link)?.size ?? 0);
  const hashes = sizes.reduce((sum, size) => sum + treeBytes(size), 0);
  // Where the directory was fetched, each of its files has its own.
  const has_all = kept.bytes === hashes_at + hashes;
  const all: Kept[] = [kept], places: (readonly [Link, Place])[] = [];
  const progress = new Progress(file.bytes, sharing.signal, sharing.report), blocks = new Blocks();
  let at = hashes_at;
  for (const [index, line] of manifest.entries()) {
    if (line.link === "") continue;
    const { place, info } = findWithin(path, line, sizes[index]);
    let source: Kept = kept, from = at;
    if (!has_all || !hasTop(line.link, kept, at)) {
      [source, from] = [await hashesOf(line.link, place, sharing, progress, blocks), 0];
      all.push(source);
    }
    const { changed_ms } = info;
    places.push([line.link, { owner: link, path: place, changed_ms, source, at: from }]);
    at += treeBytes(sizes[index]);
    await progress.add(0);
  }
  places.push([link, { owner: link, path, changed_ms: null, source: kept, at: text_bytes }]);
  return { file, places, kept: all };
}

/** What a kept manifest says; null where it is not as it was. */
export function readKept(link: Link, kept: Kept): readonly ManifestFile[] | null {
  const { root, size } = parseLink(link)!;
  if (kept.bytes < size + treeBytes(size)) return null;
  const text = new Uint8Array(size);
  if (kept.readAt(text, 0) < size || rootOf(text, sha256).toHex() !== root) return null;
  const manifest = readManifest(text);
  return typeof manifest === "string" ? null : manifest;
}

/** Where a file of a directory is on this disk, which may have another normal form than the manifest. */
function findWithin(
  top: string,
  { path }: ManifestFile,
  size: number,
): { readonly place: string; readonly info: Info } {
  for (const form of ["NFC", "NFD"]) {
    const place = `${top}/${path.normalize(form)}`, info = lookAt(place);
    if (info?.kind === "file" && info.size === size) return { place, info };
  }
  throw changed(`${top}/${path}`);
}

/** The hashes of one file, kept or made again. */
async function hashesOf(
  link: Link,
  path: string,
  { open, store }: Omit<Sharing, "due">,
  progress: Progress,
  blocks: Blocks,
): Promise<Kept> {
  const kept = store.find(link);
  if (kept?.bytes === treeBytes(parseLink(link)!.size) && hasTop(link, kept, 0)) return kept;
  const room = store.make(treeBytes(parseLink(link)!.size));
  try {
    const made = await hashAt(path, open, blocks, progress, room, 0);
    if (made.link !== link) throw changed(path);
    return room.keep(link);
  } catch (error) {
    room.drop();
    throw error;
  }
}

function lookAt(path: string): Info | null {
  try {
    return infoAt(path);
  } catch (error) {
    throw new Error(`${path} cannot be read any more: ${reasonOf(error)}`);
  }
}

function changed(path: string): Error {
  const what = infoAt(path) === null ? "is gone" : "has changed since it was shared";
  return new Error(`${path} ${what}, and is not served any more; share it again`);
}
