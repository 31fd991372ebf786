/** Does the work of files of one node of a stage as tasks.ts says; all nodes see each other's disks. */

import type { Link } from "../../../src/apps/files/link.ts";
import type { FilesTask, ManifestFile } from "../../../src/apps/files/tasks.ts";
import type { Id } from "../../../src/core/types.ts";
import { Disk } from "./app_disk.ts";

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
  readonly manifests: ReadonlyMap<Link, readonly ManifestFile[]>;
}

export class Hands extends Disk {
  /** Who is connected, and the tags of the works that hold the connections. */
  readonly connected = new Map<Id, number>();
  /** What it did, one after the other. */
  readonly done: FilesTask[] = [];
  /** What it does not do yet: kinds of tasks. */
  readonly holds = new Set<FilesTask["do"]>();
  /** How the works that are held go on. */
  held: (() => void)[] = [];
  readonly #cancelled = new Set<number>();
  readonly #watching = new Map<Id, Set<Link>>();
  readonly #world: World;
  readonly #self: Id;
  readonly #tell: (tag: number, news: News) => void;

  constructor(self: Id, world: World, tell: (tag: number, news: News) => void) {
    super(world.manifests);
    this.#self = self;
    this.#world = world;
    this.#tell = tell;
  }

  /** Does what was held back. */
  release(): void {
    this.holds.clear();
    const held = this.held;
    this.held = [];
    for (const go of held) go();
  }

  /** Begins a work. */
  work(tag: number, task: FilesTask): void {
    if (this.holds.has(task.do)) this.held.push(() => this.#go(tag, task));
    else this.#go(tag, task);
  }

  cancel(tag: number): void {
    this.#cancelled.add(tag);
    for (const [peer, held] of this.connected) if (held === tag) this.connected.delete(peer);
  }

  /** A connection is there. */
  connect(tag: number, peer: Id): void {
    this.connected.set(peer, tag);
    this.#report(tag, { dialled: true });
  }

  /** A connection breaks. */
  disconnect(peer: Id): void {
    const tag = this.connected.get(peer)!;
    this.connected.delete(peer);
    this.#tell(tag, { result: null, fault: "the connection broke", done: true });
  }

  #go(tag: number, task: FilesTask): void {
    if (this.#cancelled.has(tag)) return;
    this.done.push(task);
    try {
      const result = this.#do(tag, task);
      if (result !== undefined) this.#tell(tag, { result, fault: null, done: true });
    } catch (error) {
      this.#tell(tag, { result: null, fault: (error as Error).message, done: true });
    }
  }

  #report(tag: number, result: unknown): void {
    this.#tell(tag, { result, fault: null, done: false });
  }

  /** What came of a task; undefined where it goes on. */
  #do(tag: number, task: FilesTask): unknown {
    switch (task.do) {
      case "open":
        return this.#report(tag, { port: 1 });
      case "share":
        return this.share(task.path, null);
      case "serve":
        return this.share(task.file.path, task.file.link) && null;
      case "unshare":
        this.served.delete(task.link);
        return null;
      case "admit": {
        const { name, is_directory } = this.about(task.link);
        return { port: 1, token: "t", has: this.has(task.link), name, is_directory };
      }
      case "dial":
        return this.#dial(tag, task.peer);
      case "watch":
        this.#watch(task.peer, task.link);
        return null;
      case "begin":
        return this.begin(task.fetch, task.link, task.target);
      case "ask": {
        const { fetch: number, peer, range } = task, { link } = this.fetches.get(number)!.part;
        if (!this.connected.has(peer)) throw new Error("it is not connected");
        return this.#put(number, range, this.#world.handsOf(peer).read(link, range));
      }
      case "put":
        return this.#put(task.fetch, task.range, task.chunks);
      case "read":
        return this.read(task.link, task.range);
      case "finish":
        return this.finish(task.fetch);
      case "stop":
        this.stop(task.fetch);
        return null;
    }
  }

  #dial(tag: number, peer: Id): void {
    const how = this.#world.dials(this.#self, peer);
    if (how === "refused") throw new Error("connection refused");
    if (how === "direct") this.connect(tag, peer);
  }

  #watch(peer: Id, link: Link): void {
    const tag = this.connected.get(peer);
    if (tag === undefined) throw new Error("it is not connected");
    const hands = this.#world.handsOf(peer), links = hands.#watching.get(this.#self) ?? [];
    hands.#watching.set(this.#self, new Set(links).add(link));
    this.#report(tag, { link, has: hands.lies ? null : hands.has(link) });
  }

  /** Takes chunks in; whoever watches the file is told. */
  #put(number: number, range: Parameters<Disk["take"]>[1], chunks: readonly string[]): unknown {
    const got = this.take(number, range, chunks);
    const link = this.fetches.get(number)!.part.link;
    if (got.good.length === 0 || range.level > 0) return got;
    for (const [id, links] of this.#watching) {
      const hands = this.#world.handsOf(id), tag = hands.connected.get(this.#self);
      if (tag !== undefined && links.has(link)) hands.#report(tag, { link, has: this.has(link) });
    }
    return got;
  }
}
