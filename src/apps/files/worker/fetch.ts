/** One fetch from its beginning to its end: a part that becomes a file. */

import { linkSync, renameSync, unlinkSync } from "node:fs";
import { MANIFEST_BYTES_MAX, PIECE_CHUNKS } from "../limits.ts";
import { type Link, type LinkParts, parseLink } from "../link.ts";
import { isManifest, MANIFEST_LINE, readManifest } from "../manifest.ts";
import type { Finished, ManifestFile, Range, SharedFile, Target } from "../tasks.ts";
import { codeOf, faultOf } from "./faults.ts";
import { infoAt, type Open } from "./handle.ts";
import { Part } from "./part.ts";
import { HEADER_BYTES, openParts, type PartFiles } from "./part_files.ts";
import { Progress } from "./progress.ts";
import type { Place } from "./served.ts";
import { type Shared, writeManifest } from "./share.ts";
import { syncDirectory } from "./sync_directory.ts";
import {
  checkDirectories,
  checkFree,
  makeDirectories,
  makeDirectory,
  type Paths,
  pathsOf,
} from "./target.ts";
import { sha256, treeBytes } from "./tree_file.ts";
import type { Kept, TreeStore } from "./tree_store.ts";

/** What came of a fetch: what is told, and what is served from now on. */
export interface Completed {
  readonly finished: Finished;
  /** Null for what passes. */
  readonly shared: Shared | null;
}

/** The root of a file without bytes. */
const EMPTY_ROOT = sha256(new Uint8Array()).toHex();
const COPY_BYTES = 1_048_576;

export class Fetch {
  readonly link: Link;
  readonly part: Part;
  readonly paths: Paths;
  readonly #parts: LinkParts;
  readonly #target: Target;
  readonly #files: PartFiles;
  #is_over = false;

  /** Opens the part of a file. Throws why it cannot be fetched there, a sentence for the user. */
  constructor(link: Link, target: Target, open: Open) {
    const parts = parseLink(link), paths = pathsOf(target);
    if (parts === null || (parts.size === 0 && parts.root !== EMPTY_ROOT)) {
      throw new Error(`${link} is the link of no file`);
    }
    if (paths.is_directory && parts.size > MANIFEST_BYTES_MAX) {
      throw new Error(
        `${link} is the link of no directory: the list of its files would be too long`,
      );
    }
    checkDirectories(paths, true);
    checkFree(paths, target.force);
    [this.link, this.paths, this.#parts, this.#target] = [link, paths, parts, target];
    this.#files = openParts(paths, link, target.force, open);
    try {
      this.part = new Part(parts, this.#files);
    } catch (error) {
      this.#remove();
      throw faultOf(paths.part, "cannot be made", error);
    }
  }

  /** Takes what is there of it: on the disk, verified, and where `read` finds it here. */
  async begin(read: (range: Range) => Uint8Array | null, signal: AbortSignal): Promise<void> {
    const progress = new Progress(this.#parts.size, signal), { levels } = this.part.tree;
    await this.part.verify(progress);
    for (let level = levels.length - 1; level >= 0 && !this.part.is_complete; level--) {
      for (let first = 0; first < levels[level].chunks; first += PIECE_CHUNKS) {
        const count = Math.min(PIECE_CHUNKS, levels[level].chunks - first);
        const bytes = read({ level, first, count });
        if (bytes === null || this.part.put({ level, first, count }, bytes).stuck !== null) return;
        await progress.add(bytes.length);
      }
    }
  }

  /** Gives the file its name. Throws why that cannot be, with everything as it was. */
  async finish(store: TreeStore): Promise<Completed> {
    if (!this.part.is_complete) throw new Error(`${this.paths.part} is not complete`);
    const text = this.#text();
    if (this.paths.is_directory && text !== null) return this.#finishDirectory(text, store);
    try {
      await this.#files.part.sync();
      this.#setMode();
      checkDirectories(this.paths, false);
      this.#rename();
    } catch (error) {
      if (codeOf(error) === "") throw error;
      throw faultOf(this.paths.path, "cannot be written", error);
    }
    await syncDirectory(this.paths.path.slice(0, this.paths.path.lastIndexOf("/")) || "/");
    const { link, paths: { path } } = this, { changed_ms } = this.#files.part.info();
    const kept = this.#target.passes ? null : this.#keepTree(store);
    this.#remove();
    const manifest = text && readManifest(text);
    const files = manifest === null || typeof manifest === "string" ? null : manifest;
    const file = { ...this.#shared(null), changed_ms };
    const finished = { path, manifest: files, file };
    if (kept === null) return { finished, shared: null };
    const place: Place = { owner: link, path, changed_ms, source: kept, at: 0 };
    return {
      finished,
      shared: { file, places: [[link, place]], kept: [kept] },
    };
  }

  /** Lets the part be, for the next time; where there is nothing in it, removes it. */
  stop(): void {
    if (this.#is_over) return;
    if (this.part.is_empty && !this.part.is_complete) this.#remove();
    else this.#files.close();
  }

  /** A directory is made when the list of its files is here, which nobody but the worker keeps. */
  #finishDirectory(text: Uint8Array, store: TreeStore): Completed {
    const { link, paths: { path } } = this, manifest = readManifest(text);
    if (typeof manifest === "string") {
      this.#remove();
      throw new Error(
        `${link} cannot be fetched as a directory: the list of its files ${manifest}`,
      );
    }
    makeDirectory(path);
    // Those with files in them are made with their files.
    for (const line of manifest) if (line.link === "") makeDirectories(path, line.path);
    const room = store.make(text.length + treeBytes(text.length));
    writeManifest(text, room);
    const kept = room.keep(link), changed_ms = infoAt(path)?.changed_ms ?? 0;
    this.#remove();
    const file = { ...this.#shared(manifest), changed_ms };
    const place = { owner: link, path, changed_ms: null, source: kept, at: text.length };
    return {
      finished: { path, manifest, file },
      shared: { file, places: [[link, place]], kept: [kept] },
    };
  }

  /** What is served from now on: a directory of these files, or a file where they are null. */
  #shared(manifest: readonly ManifestFile[] | null): SharedFile {
    const { link, paths: { path } } = this, name = path.slice(path.lastIndexOf("/") + 1);
    const file = { link, name, path, changed_ms: 0, is_directory: manifest !== null };
    if (manifest === null) return { ...file, files: 1, bytes: this.#parts.size };
    const files = manifest.filter((file) => file.link !== "");
    const bytes = files.reduce((sum, file) => sum + parseLink(file.link)!.size, 0);
    return { ...file, files: files.length, bytes };
  }

  /** All of it, where it is the manifest of a directory, or should be; else null. */
  #text(): Uint8Array | null {
    const { size } = this.#parts;
    if (size > MANIFEST_BYTES_MAX || size <= MANIFEST_LINE.length) return null;
    const head = new Uint8Array(MANIFEST_LINE.length + 1);
    this.#files.part.readAt(head, 0);
    if (!isManifest(head)) return null;
    const text = new Uint8Array(size);
    this.#files.part.readAt(text, 0);
    return text;
  }

  /** Who may read it may also run it, where it is to be run. */
  #setMode(): void {
    if (Deno.build.os === "windows") return;
    const { mode } = this.#files.part.info();
    const due = this.#target.is_executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
    if (due !== mode) this.#files.part.setMode(due);
  }

  #rename(): void {
    // That it is a directory is only the word of others: what it is says its content.
    const paths = { ...this.paths, is_directory: false }, { path, part } = paths;
    const { force } = this.#target;
    try {
      // Unlike a rename, this fails where somebody has made such a file just now.
      if (!force) return linkSync(part, path), unlinkSync(part);
    } catch {
      // Below it is seen whether such a file is there; if not, this disk gives no file two names.
    }
    checkFree(paths, force);
    renameSync(part, path);
  }

  #keepTree(store: TreeStore): Kept {
    const bytes = treeBytes(this.#parts.size), room = store.make(bytes);
    const block = new Uint8Array(Math.min(bytes, COPY_BYTES));
    for (let at = 0; at < bytes; at += block.length) {
      const piece = block.subarray(0, Math.min(block.length, bytes - at));
      this.#files.map.readAt(piece, HEADER_BYTES + at);
      room.writeAt(piece, at);
    }
    return room.keep(this.link);
  }

  /** Removes what is left beside the target. */
  #remove(): void {
    this.#is_over = true;
    for (const path of [this.paths.part, this.paths.map]) {
      try {
        Deno.removeSync(path);
      } catch {
        // It has got its name, or somebody removed it.
      }
    }
    this.#files.close();
  }
}
