/** A disk without bytes: a chunk is a text that says which one it is. It has what tasks.ts says of it. */

import { assert } from "@std/assert/assert";
import { type Link, parseLink } from "../../../src/apps/files/link.ts";
import type { Run, Runs } from "../../../src/apps/files/runs.ts";
import type {
  Begun,
  Finished,
  Got,
  ManifestFile,
  Range,
  SharedFile,
  Target,
} from "../../../src/apps/files/tasks.ts";
import { isRange, levelsOf } from "../../../src/apps/files/tree.ts";

/** What is there of a file: its chunks, by their levels and numbers. */
interface Part {
  readonly link: Link;
  readonly chunks: Map<string, string>;
}

interface Fetching {
  readonly part: Part;
  readonly target: Target;
  readonly path: string;
}

/** What a chunk says that is what it should be. */
function chunkOf(link: Link, level: number, number: number): string {
  return `${link.slice(0, 8)}/${level}/${number}`;
}

const WRONG: Got = { good: [], wrong: true, why: null, stuck: null };

export class Disk {
  /** What stands there and may be shared, by its path. */
  readonly disk = new Map<string, SharedFile>();
  /** What was fetched: which file each path has now. */
  readonly written = new Map<string, Link>();
  readonly served = new Map<Link, SharedFile>();
  readonly fetches = new Map<number, Fetching>();
  /** Whether other chunks are sent than it says. */
  lies = false;
  /** Why it takes nothing; null where it does. */
  full: string | null = null;
  readonly #manifests: ReadonlyMap<Link, readonly ManifestFile[]>;
  readonly #parts = new Map<string, Part>();
  readonly #stopped = new Set<number>();

  /** `manifests`: the files of directories, by the links of their lists. */
  constructor(manifests: ReadonlyMap<Link, readonly ManifestFile[]>) {
    this.#manifests = manifests;
  }

  /** Puts something there; gives its path. */
  put(name: string, link: Link, files: readonly ManifestFile[] | null = null): string {
    const path = `/shared/${name}`, size = parseLink(link)!.size;
    const bytes = files?.reduce((sum, one) => sum + parseLink(one.link)!.size, 0) ?? size;
    const is_directory = files !== null, count = files?.length ?? 1;
    this.disk.set(path, { link, name, path, changed_ms: 1, is_directory, files: count, bytes });
    return path;
  }

  /** Serves what stands at a path. */
  share(path: string, due: Link | null): SharedFile {
    const file = this.disk.get(path);
    if (file === undefined) throw new Error(`${path} does not exist`);
    if (due !== null && file.link !== due) throw new Error(`${path} has changed`);
    this.served.set(file.link, file);
    for (const one of this.#manifests.get(file.link) ?? []) {
      const name = one.path.split("/").at(-1)!;
      this.served.set(one.link, { ...file, link: one.link, name, is_directory: false });
    }
    return file;
  }

  /** What is here of a file's own chunks. */
  has(link: Link): Runs | null {
    if (this.served.has(link)) return null;
    const { chunks } = levelsOf(parseLink(link)!.size)[0], runs: Run[] = [];
    for (let at = 0; at < chunks; at++) {
      if (!this.#isHere(link, 0, at)) continue;
      const [first, count] = runs.at(-1) ?? [-1, 0];
      if (first + count === at) runs[runs.length - 1] = [first, count + 1];
      else runs.push([at, 1]);
    }
    return runs.length === 1 && runs[0][1] === chunks ? null : runs;
  }

  /** What a file is called here. */
  about(link: Link): { readonly name: string; readonly is_directory: boolean } {
    const shared = this.served.get(link);
    if (shared !== undefined) return shared;
    const fetching = [...this.fetches.values()].find(({ part }) => part.link === link);
    const name = fetching?.path.split("/").at(-1) ?? "";
    return { name, is_directory: fetching?.target.name.endsWith("/") ?? false };
  }

  /** Chunks as they are sent; throws where they are not here. */
  read(link: Link, range: Range): string[] {
    const { level, first, count } = range;
    if (!isRange(range, levelsOf(parseLink(link)!.size))) throw new Error("no such chunks");
    return Array.from({ length: count }, (_, at) => {
      if (this.lies) return `lie ${at}`;
      const is_here = this.served.has(link) || this.#isHere(link, level, first + at);
      if (!is_here) throw new Error("not here");
      return chunkOf(link, level, first + at);
    });
  }

  begin(number: number, link: Link, target: Target): Begun {
    if (this.#stopped.has(number)) throw new Error("this is no longer fetched");
    const path = `${target.directory}/${target.name.replace(/\/$/, "")}`;
    const exists = this.written.has(path) || this.disk.has(path);
    if (exists && !target.force) throw new Error(`${path} exists`);
    const part = this.#parts.get(path) ?? { link, chunks: new Map() };
    this.#parts.set(path, part);
    this.fetches.set(number, { part, target, path });
    const has = levelsOf(parseLink(link)!.size).map(({ chunks }, level): Runs => {
      if (this.served.has(link)) return chunks > 0 ? [[0, chunks]] : [];
      const all = Array.from({ length: chunks }, (_, at) => [at, 1] as const);
      return all.filter(([at]) => part.chunks.has(`${level}/${at}`));
    });
    return { path, has };
  }

  /** Takes chunks in. */
  take(number: number, { level, first, count }: Range, chunks: readonly string[]): Got {
    const fetching = this.fetches.get(number);
    if (fetching === undefined) throw new Error("this is not being fetched");
    const { part } = fetching;
    // They may be made as long as real ones.
    const texts = chunks.map((text) => text.replace(/=*$/, ""));
    const isRight = (text: string, at: number) => text === chunkOf(part.link, level, first + at);
    if (texts.length !== count || !texts.every(isRight)) return WRONG;
    if (this.full !== null) return { good: [], wrong: false, why: null, stuck: this.full };
    for (const [at, text] of texts.entries()) part.chunks.set(`${level}/${first + at}`, text);
    return { good: [[first, count]], wrong: false, why: null, stuck: null };
  }

  finish(number: number): Finished {
    const { part: { link, chunks }, target, path } = this.fetches.get(number)!;
    const { size } = parseLink(link)!, files = this.#manifests.get(link);
    for (let at = 0; at < levelsOf(size)[0].chunks && !this.served.has(link); at++) {
      assert(chunks.get(`0/${at}`) === chunkOf(link, 0, at), "A file is complete that is not");
    }
    // What is no list is a file, whatever its holder calls it.
    const is_directory = target.name.endsWith("/") && files !== undefined;
    const name = path.split("/").at(-1)!;
    this.fetches.delete(number);
    this.written.set(path, link);
    const rest = { path, changed_ms: 1, is_directory, files: files?.length ?? 1, bytes: size };
    const file: SharedFile = { link, name, ...rest };
    this.served.set(link, file);
    return { path, manifest: files ?? null, file };
  }

  stop(number: number): void {
    this.#stopped.add(number);
    this.fetches.delete(number);
  }

  #isHere(link: Link, level: number, number: number): boolean {
    for (const { part } of this.fetches.values()) {
      if (part.link === link && part.chunks.has(`${level}/${number}`)) return true;
    }
    return false;
  }
}
