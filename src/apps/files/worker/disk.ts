/**
 * The disk of a node that shares files: what is shared, what is being fetched, and the hashes of all of
 * it. It decides nothing, and keeps nothing of the size of a file in memory.
 */

import { CHUNK_BYTES, PIECE_CHUNKS } from "../limits.ts";
import type { Link } from "../link.ts";
import { parseLink } from "../link.ts";
import type { Runs } from "../runs.ts";
import type {
  Begun,
  Changed,
  Finished,
  Got,
  Hashed,
  LeftOut,
  Range,
  SharedFile,
  Target,
} from "../tasks.ts";
import { isOtherPlace } from "../other_place.ts";
import { isRange, levelsOf } from "../tree.ts";
import { fewRuns } from "./chunk_set.ts";
import { Fetch } from "./fetch.ts";
import { infoAt, type Open, openFile } from "./handle.ts";
import { Served } from "./served.ts";
import { readKept, serveAgain } from "./serve.ts";
import { OtherFile, share, type Shared, shareFile } from "./share.ts";
import { pathsOf } from "./target.ts";
import { storeIn, storeUnnamed, type TreeStore } from "./tree_store.ts";

/** Where hashes are kept, below the directory of what a node stores. */
const TREES = "files";

/** A fetch that is opening its part, that has it open, or of a file that was there already. */
type Fetching =
  | { readonly state: "opening"; readonly control: AbortController }
  | { readonly state: "open"; readonly fetch: Fetch }
  | { readonly state: "there"; readonly link: Link; readonly finished: Finished };

export class Disk {
  /** A served file was found changed; told once, it is served no more. */
  onChanged: (changed: Changed) => void = () => {};
  /** More of a file that is being fetched is here. */
  onMore: (link: Link) => void = () => {};

  readonly #open: Open;
  readonly #store: TreeStore;
  readonly #served: Served;
  /** What is to be dropped when something is shared no more. */
  readonly #shares = new Map<Link, Shared>();
  /** Those that came as files of a directory. */
  readonly #within = new Set<Link>();
  readonly #fetches = new Map<number, Fetching>();

  /** `data`: where hashes are kept over restarts; null where they need not be. Throws where it cannot be made. */
  constructor({ data }: { readonly data: string | null }, open: Open = openFile) {
    this.#open = open;
    this.#store = data === null ? storeUnnamed(open) : storeIn(`${data}/${TREES}`, open);
    this.#served = new Served(open, (changed) => this.onChanged(changed));
  }

  /**
   * Reads and hashes a file or directory, and serves it from now on. Reports about five times a second,
   * and what it leaves out. Throws what is wrong, a sentence for the user, or why the signal aborts.
   */
  async share(
    path: string,
    signal: AbortSignal,
    report: (news: Hashed | LeftOut) => void,
  ): Promise<SharedFile> {
    return this.#take(await share(path, { ...this.#sharing(signal), report, due: null }));
  }

  /** Serves what an earlier run shared. Throws why it cannot be served, a sentence for the user. */
  async serve(file: SharedFile): Promise<void> {
    this.#take(await serveAgain(file, this.#sharing(new AbortController().signal)));
  }

  /** Serves it no more, and what came with it; forgets its hashes. */
  unshare(link: Link): void {
    this.#served.remove(link);
    const shared = this.#shares.get(link);
    if (shared?.file.is_directory) this.#unshareFiles(shared);
    for (const kept of shared?.kept ?? [this.#store.find(link)]) kept?.drop();
    this.#shares.delete(link);
  }

  /** What is here of a file, its own chunks: null for all, [] for nothing; of many runs the longest. */
  has(link: Link): Runs | null {
    if (this.#served.has(link)) return null;
    const [fetch] = this.#fetchesOf(link);
    if (fetch === undefined) return [];
    return fetch.part.is_complete ? null : fewRuns(fetch.part.chunks());
  }

  /** What a file is called here, and whether it is a directory's list; null where nothing of it is. */
  about(link: Link): { readonly name: string; readonly is_directory: boolean } | null {
    const shared = this.#shares.get(link)?.file;
    if (shared !== undefined) return shared;
    const path = this.#served.pathOf(link);
    if (path !== null) return { name: lastOf(path), is_directory: false };
    const [fetch] = this.#fetchesOf(link);
    return fetch
      ? { name: lastOf(fetch.paths.path), is_directory: fetch.paths.is_directory }
      : null;
  }

  /**
   * Chunks joined, each verified. They may be in `into`, which saves memory where much is read, and must
   * have room for them. Throws where they are not here (any more).
   */
  read(link: Link, range: Range, into: Uint8Array | null = null): Promise<Uint8Array> {
    // Others go on meanwhile only between calls: what is read is little, and mostly in memory.
    return new Promise((resolve) => {
      const bytes = this.#find(link, range, into);
      if (bytes === null) throw new Error("these chunks are not here");
      resolve(bytes);
    });
  }

  /**
   * Opens the part of a file beside its target, with what an earlier fetch left there, which is hashed
   * again. Where this node has the file, or its target within a directory is that very file already, all of
   * it is there at once. Throws why it cannot be fetched to there, a sentence for the user.
   */
  async begin(fetch: number, link: Link, target: Target): Promise<Begun> {
    const control = new AbortController(), { signal } = control;
    this.#fetches.set(fetch, { state: "opening", control });
    let opened: Fetch | null = null;
    try {
      const there = await this.#findThere(link, target, signal);
      if (there !== null) {
        this.#fetches.set(fetch, { state: "there", link, finished: there });
        const all = levelsOf(parseLink(link)!.size);
        return { path: there.path, has: all.map(({ chunks }) => chunks > 0 ? [[0, chunks]] : []) };
      }
      const part = opened = new Fetch(link, target, this.#open);
      const into = new Uint8Array(PIECE_CHUNKS * CHUNK_BYTES);
      await part.begin((range) => this.#served.read(link, range, into), signal);
      signal.throwIfAborted();
      this.#fetches.set(fetch, { state: "open", fetch: part });
      return { path: part.paths.path, has: part.part.has() };
    } catch (error) {
      this.#fetches.delete(fetch);
      opened?.stop();
      throw error;
    }
  }

  /** Verifies chunks that came, joined, and writes those that are good. Keeps nothing of `bytes`. */
  put(fetch: number, range: Range, bytes: Uint8Array): Promise<Got> {
    return new Promise((resolve) => {
      const open = this.#fetches.get(fetch);
      if (open?.state !== "open") throw new Error("this is not being fetched");
      const got = open.fetch.part.put(range, bytes);
      if (range.level === 0 && got.good.length > 0) this.onMore(open.fetch.link);
      resolve(got);
    });
  }

  /** All is there: flushes it, and gives it its name. It goes on being served. Throws why it cannot. */
  async finish(fetch: number): Promise<Finished> {
    const open = this.#fetches.get(fetch);
    if (open === undefined || open.state === "opening") {
      throw new Error("this is not being fetched");
    }
    if (open.state === "there") {
      this.#fetches.delete(fetch);
      return open.finished;
    }
    const { finished, shared } = await open.fetch.finish(this.#store);
    this.#fetches.delete(fetch);
    if (shared !== null) this.#takeGot(shared, open.fetch.paths.within.length > 0);
    return finished;
  }

  /** The rest is not fetched now: what is there stays for the next time. */
  stop(fetch: number): Promise<void> {
    const open = this.#fetches.get(fetch);
    this.#fetches.delete(fetch);
    if (open?.state === "opening") open.control.abort(new Error("this is no longer fetched"));
    if (open?.state === "open") open.fetch.stop();
    return Promise.resolve();
  }

  /** Stops everything. */
  close(): void {
    for (const fetch of [...this.#fetches.keys()]) this.stop(fetch);
    this.#store.close();
  }

  /** What came with a directory goes with it. */
  #unshareFiles({ file, kept: [kept] }: Shared): void {
    for (const { path, link } of readKept(file.link, kept) ?? []) {
      const is_its = this.#within.has(link) &&
        this.#shares.get(link)?.file.path === `${file.path}/${path}`;
      if (is_its) this.unshare(link);
    }
  }

  #take(shared: Shared): SharedFile {
    const { link } = shared.file, before = this.#shares.get(link);
    this.#within.delete(link);
    this.#served.remove(link);
    for (const kept of before?.kept ?? []) kept.drop();
    this.#shares.set(link, shared);
    for (const [each, place] of shared.places) this.#served.add(each, place);
    return shared.file;
  }

  /** Serves what was fetched, unless it is served from another place; `within` a directory or by itself. */
  #takeGot(shared: Shared, within: boolean): void {
    const { link } = shared.file;
    if (isOtherPlace(this.#shares.get(link)?.file, shared.file) && this.#served.has(link)) {
      for (const kept of shared.kept) kept.drop();
      return;
    }
    this.#take(shared);
    if (within) this.#within.add(link);
  }

  *#fetchesOf(link: Link): Generator<Fetch> {
    for (const open of this.#fetches.values()) {
      if (open.state === "open" && open.fetch.link === link) yield open.fetch;
    }
  }

  #find(link: Link, range: Range, into: Uint8Array | null): Uint8Array | null {
    const parts = parseLink(link);
    if (parts === null || !isRange(range, levelsOf(parts.size))) return null;
    const bytes = this.#served.read(link, range, into);
    if (bytes !== null) return bytes;
    for (const { part } of this.#fetchesOf(link)) {
      const found = part.read(range, into);
      if (found !== null) return found;
    }
    return null;
  }

  /**
   * A file within a directory that was fetched before: whoever goes on with the directory need not fetch
   * it again. Null where something else is there, or nothing.
   */
  async #findThere(link: Link, target: Target, signal: AbortSignal): Promise<Finished | null> {
    const { within, path, is_directory } = pathsOf(target);
    if (within.length === 0 || is_directory) return null;
    const info = infoAt(path);
    if (info?.kind !== "file" || info.size !== parseLink(link)?.size) return null;
    try {
      const name = lastOf(path);
      const shared = await shareFile(path, name, info, { ...this.#sharing(signal), due: link });
      this.#takeGot(shared, true);
      return { path, manifest: null, file: shared.file };
    } catch (error) {
      if (error instanceof OtherFile) return null;
      throw error;
    }
  }

  #sharing(signal: AbortSignal) {
    return { open: this.#open, store: this.#store, signal, report: () => {} };
  }
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
