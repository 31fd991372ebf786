/**
 * Does the work of files of one node as tasks.ts says, without bytes: a chunk is a text that says which
 * one it is, and all nodes of a stage see each other's disks.
 */

import { assert } from "@std/assert/assert";
import { type Link, parseLink } from "../../../src/apps/files/link.ts";
import type { Run, Runs } from "../../../src/apps/files/runs.ts";
import type {
  FilesTask,
  Got,
  ManifestFile,
  Range,
  SharedFile,
  Target,
} from "../../../src/apps/files/tasks.ts";
import { isRange, levelsOf } from "../../../src/apps/files/tree.ts";
import type { Id } from "../../../src/core/types.ts";

/** How a work is, as the core hears it. */
export interface News {
  readonly result: unknown;
  readonly fault: string | null;
  readonly done: boolean;
}

/** What all nodes share. */
export interface World {
  readonly handsOf: (id: Id) => Hands;
  readonly dials: (from: Id, to: Id) => "direct" | "refused" | "silent";
  /** The files of directories, by the links of their manifests. */
  readonly manifests: ReadonlyMap<Link, readonly ManifestFile[]>;
}

/** What is there of a file: its chunks, by what they say. */
interface Part {
  readonly link: Link;
  readonly chunks: Map<string, string>;
}

interface Begun {
  readonly part: Part;
  readonly target: Target;
  readonly path: string;
}

/** What a chunk says that is what it should be. */
export function chunkOf(link: Link, level: number, number: number): string {
  return `${link.slice(0, 8)}/${level}/${number}`;
}

const WRONG: Got = { good: [], wrong: true, why: null, stuck: null };

export class Hands {
  /** What stands on the disk and may be shared, by its path. */
  readonly disk = new Map<string, SharedFile>();
  /** What was fetched: which file each path has now. */
  readonly written = new Map<string, Link>();
  readonly served = new Map<Link, SharedFile>();
  readonly fetches = new Map<number, Begun>();
  /** Who is connected, and the tags of the works that hold the connections. */
  readonly connected = new Map<Id, number>();
  /** What it was told to do, one after the other. */
  readonly done: FilesTask[] = [];
  /** Whether it sends other chunks than it says. */
  lies = false;
  /** Why the disk takes nothing; null where it does. */
  full: string | null = null;
  /** What it does not do yet: kinds of tasks. */
  readonly holds = new Set<FilesTask["do"]>();
  /** How the works that are held go on. */
  held: (() => void)[] = [];
  readonly #parts = new Map<string, Part>();
  readonly #watching = new Map<Id, Set<Link>>();
  readonly #world: World;
  readonly #self: Id;
  readonly #tell: (tag: number, news: News) => void;

  constructor(self: Id, world: World, tell: (tag: number, news: News) => void) {
    this.#self = self;
    this.#world = world;
    this.#tell = tell;
  }

  /** Puts something on the disk; gives its path. */
  put(name: string, link: Link, files: readonly ManifestFile[] | null = null): string {
    const path = `/shared/${name}`, size = parseLink(link)!.size;
    const bytes = files?.reduce((sum, one) => sum + parseLink(one.link)!.size, 0) ?? size;
    const is_directory = files !== null, count = files?.length ?? 1;
    this.disk.set(path, { link, name, path, changed_ms: 1, is_directory, files: count, bytes });
    return path;
  }

  /** Does what was held back. */
  release(): void {
    this.holds.clear();
    const held = this.held;
    this.held = [];
    for (const go of held) go();
  }

  begin(tag: number, task: FilesTask): void {
    if (this.holds.has(task.do)) this.held.push(() => this.#go(tag, task));
    else this.#go(tag, task);
  }

  #go(tag: number, task: FilesTask): void {
    this.done.push(task);
    try {
      const result = this.#do(tag, task);
      if (result !== undefined) this.#tell(tag, { result, fault: null, done: true });
    } catch (error) {
      this.#tell(tag, { result: null, fault: (error as Error).message, done: true });
    }
  }

  cancel(tag: number): void {
    for (const [peer, held] of this.connected) if (held === tag) this.connected.delete(peer);
  }

  /** Ends a connection. */
  disconnect(peer: Id): void {
    const tag = this.connected.get(peer)!;
    this.connected.delete(peer);
    this.#tell(tag, { result: null, fault: "the connection broke", done: true });
  }

  /** What is here of a file's own chunks. */
  has(link: Link): Runs | null {
    if (this.served.has(link)) return null;
    const { chunks } = levelsOf(parseLink(link)!.size)[0];
    const runs: Run[] = [];
    for (let at = 0; at < chunks; at++) {
      if (!this.#has(link, 0, at)) continue;
      const last = runs.at(-1);
      if (last !== undefined && last[0] + last[1] === at) {
        runs[runs.length - 1] = [last[0], last[1] + 1];
      } else runs.push([at, 1]);
    }
    return runs.length === 1 && runs[0][1] === chunks ? null : runs;
  }

  /** Chunks as it sends them; throws where they are not here. */
  read(link: Link, { level, first, count }: Range): string[] {
    if (!isRange({ level, first, count }, levelsOf(parseLink(link)!.size))) {
      throw new Error("no such chunks");
    }
    return Array.from({ length: count }, (_, at) => {
      if (this.lies) return `lie ${at}`;
      if (!this.served.has(link) && !this.#has(link, level, first + at)) {
        throw new Error("not here");
      }
      return chunkOf(link, level, first + at);
    });
  }

  #do(tag: number, task: FilesTask): unknown {
    switch (task.do) {
      case "open":
        this.#tell(tag, { result: { port: 1 }, fault: null, done: false });
        return undefined;
      case "share":
        return this.#serve(this.#find(task.path));
      case "serve":
        if (this.#find(task.file.path).link !== task.file.link) throw new Error("it has changed");
        this.#serve(task.file);
        return null;
      case "unshare":
        this.served.delete(task.link);
        return null;
      case "admit":
        return this.#admit(task.link);
      case "dial":
        return this.#dial(tag, task.peer);
      case "watch":
        this.#watch(task.peer, task.link);
        return null;
      case "begin":
        return this.#begin(task.fetch, task.link, task.target);
      case "ask": {
        if (!this.connected.has(task.peer)) throw new Error("it is not connected");
        const { link } = this.fetches.get(task.fetch)!.part;
        return this.#put(
          task.fetch,
          task.range,
          this.#world.handsOf(task.peer).read(link, task.range),
        );
      }
      case "put":
        return this.#put(task.fetch, task.range, task.chunks);
      case "read":
        return this.read(task.link, task.range);
      case "finish":
        return this.#finish(task.fetch);
      case "stop":
        this.fetches.delete(task.fetch);
        return null;
    }
  }

  #admit(link: Link): unknown {
    const fetching = [...this.fetches.values()].find(({ part }) => part.link === link);
    const name = fetching?.path.split("/").at(-1) ?? "";
    const is_directory = fetching?.target.name.endsWith("/") ?? false;
    const about = this.served.get(link) ?? { name, is_directory };
    return {
      port: 1,
      token: "t",
      has: this.has(link),
      name: about.name,
      is_directory: about.is_directory,
    };
  }

  #find(path: string): SharedFile {
    const file = this.disk.get(path);
    if (file === undefined) throw new Error(`${path} does not exist`);
    return file;
  }

  #serve(file: SharedFile): SharedFile {
    this.served.set(file.link, file);
    for (const one of this.#world.manifests.get(file.link) ?? []) {
      const name = one.path.split("/").at(-1)!;
      this.served.set(one.link, { ...file, link: one.link, name, is_directory: false });
    }
    return file;
  }

  #dial(tag: number, peer: Id): undefined {
    const how = this.#world.dials(this.#self, peer);
    if (how === "refused") throw new Error("connection refused");
    if (how === "silent") return;
    this.connect(tag, peer);
  }

  /** A connection is there at last. */
  connect(tag: number, peer: Id): void {
    this.connected.set(peer, tag);
    this.#tell(tag, { result: { dialled: true }, fault: null, done: false });
  }

  #watch(peer: Id, link: Link): void {
    const tag = this.connected.get(peer);
    if (tag === undefined) throw new Error("it is not connected");
    const hands = this.#world.handsOf(peer), watching = hands.#watching.get(this.#self);
    if (watching === undefined) hands.#watching.set(this.#self, new Set([link]));
    else watching.add(link);
    const has = hands.lies ? null : hands.has(link);
    this.#tell(tag, { result: { link, has }, fault: null, done: false });
  }

  /** There is more of a file: who watches it is told. */
  #more(link: Link): void {
    for (const [id, links] of this.#watching) {
      const hands = this.#world.handsOf(id), tag = hands.connected.get(this.#self);
      if (tag === undefined || !links.has(link)) continue;
      hands.#tell(tag, { result: { link, has: this.has(link) }, fault: null, done: false });
    }
  }

  #has(link: Link, level: number, number: number): boolean {
    for (const { part } of this.fetches.values()) {
      if (part.link === link && part.chunks.has(`${level}/${number}`)) return true;
    }
    return false;
  }

  #begin(number: number, link: Link, target: Target): unknown {
    const path = `${target.directory}/${target.name.replace(/\/$/, "")}`;
    const exists = this.written.has(path) || this.disk.has(path);
    if (exists && !target.force) throw new Error(`${path} exists`);
    const part = this.#parts.get(path) ?? { link, chunks: new Map() };
    this.#parts.set(path, part);
    this.fetches.set(number, { part, target, path });
    const levels = levelsOf(parseLink(link)!.size), is_here = this.served.has(link);
    const has = levels.map(({ chunks }, level): Runs => {
      if (is_here) return chunks > 0 ? [[0, chunks]] : [];
      return Array.from({ length: chunks }, (_, at) => at).filter((at) =>
        part.chunks.has(`${level}/${at}`)
      )
        .map((at) => [at, 1] as const);
    });
    return { path, has };
  }

  #put(number: number, { level, first, count }: Range, chunks: readonly string[]): Got {
    const begun = this.fetches.get(number);
    if (begun === undefined) throw new Error("this is not being fetched");
    const { part } = begun;
    assert(chunks.length === count);
    if (chunks.some((text, at) => text !== chunkOf(part.link, level, first + at))) return WRONG;
    if (this.full !== null) return { good: [], wrong: false, why: null, stuck: this.full };
    for (const [at, text] of chunks.entries()) part.chunks.set(`${level}/${first + at}`, text);
    if (level === 0) this.#more(part.link);
    return { good: [[first, count]], wrong: false, why: null, stuck: null };
  }

  #finish(number: number): unknown {
    const { part: { link, chunks }, target, path } = this.fetches.get(number)!;
    const [{ chunks: all }] = levelsOf(parseLink(link)!.size),
      files = this.#world.manifests.get(link);
    for (let at = 0; at < all && !this.served.has(link); at++) {
      assert(chunks.get(`0/${at}`) === chunkOf(link, 0, at), "A file is complete that is not");
    }
    const is_directory = target.name.endsWith("/");
    if (is_directory && files === undefined) throw new Error(`${path} is no directory`);
    this.fetches.delete(number);
    this.written.set(path, link);
    const file: SharedFile = {
      link,
      name: path.split("/").at(-1)!,
      path,
      changed_ms: 1,
      is_directory,
      files: files?.length ?? 1,
      bytes: parseLink(link)!.size,
    };
    this.served.set(link, file);
    return { path, manifest: files ?? null, file };
  }
}
