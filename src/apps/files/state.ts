/** What a node knows of files: what it serves, what it fetches and from whom. */

import type { Id, Source } from "../../core/types.ts";
import { SharedMap } from "../../core/data/shared_map.ts";
import type { Link } from "./link.ts";
import type { FilesOptions } from "./options.ts";
import { newSearches, type Searches } from "./search/state.ts";
import { emptySwarm, type Swarm } from "./swarm/swarm.ts";
import type { ManifestFile, Range, SharedFile } from "./tasks.ts";

export interface FilesState {
  readonly options: FilesOptions;
  readonly worker: Workshop;
  /** Of the next job, transfer or fetch. */
  readonly next: number;
  /** What is under way outside the core, by the tags of its works. */
  readonly jobs: SharedMap<number, Job>;
  /** What this node serves, by its links. */
  readonly served: SharedMap<Link, SharedFile>;
  /** What its users want, in order; those that ended stay for a while. */
  readonly transfers: ReadonlyMap<number, Transfer>;
  /** Files that are being fetched. */
  readonly fetches: ReadonlyMap<number, Fetch>;
  /** The nodes that this one fetches from. */
  readonly holders: ReadonlyMap<Id, Holder>;
  /** Who wanted what here lately, newest last: they may have something of it for each other. */
  readonly wanting: ReadonlyMap<Link, readonly Id[]>;
  /** Chunks that were asked for, by the number of the ask. */
  readonly asks: SharedMap<number, Asked>;
  /** Answers that nodes wait for, or that are on their way to them: to wants, and of chunks. */
  readonly owed: Readonly<Record<Owed, Counts>>;
  /** When it is to be woken. */
  readonly wake_ms: number;
  readonly searches: Searches;
  readonly swarm: Swarm;
}

/** What nodes are answered by messages: whether something is here, and chunks. */
export type Owed = "ways" | "chunks";

/** How many there are of something, in all and for each node. */
export interface Counts {
  readonly all: number;
  readonly by_peer: ReadonlyMap<Id, number>;
}

/** Chunks that a node was asked for. */
export interface Asked {
  readonly fetch: number;
  readonly peer: Id;
  readonly range: Range;
  /** Tag of the work that asks for them, or takes them in; null while they come by messages. */
  readonly tag: number | null;
}

/** Whether there is somebody who does the work: nothing is loaded before it is needed. */
export type Workshop = "off" | "on" | "broken";

/** What a work is for. */
export type Job =
  | { readonly kind: "open" }
  | { readonly kind: "share"; readonly transfer: number }
  | { readonly kind: "serve"; readonly link: Link }
  | { readonly kind: "admit"; readonly peer: Id; readonly link: Link }
  | { readonly kind: "dial"; readonly peer: Id }
  | { readonly kind: "begin"; readonly fetch: number }
  | { readonly kind: "ask"; readonly ask: number }
  | { readonly kind: "read"; readonly peer: Id; readonly n: number }
  | { readonly kind: "finish"; readonly fetch: number }
  /** An answer that is on its way. */
  | { readonly kind: "answer"; readonly peer: Id; readonly owed: Owed }
  /** What nobody waits for. */
  | { readonly kind: "other" };

/** Something that a user wants, which takes a while. */
export type Transfer = Share | Get;

interface Wanted {
  readonly number: number;
  /** What who asks calls it, and asks for it by. */
  readonly key: string;
  readonly source: Source;
  readonly since_ms: number;
  /** How it ended, and when. */
  readonly ended: Ended | null;
  /** What its user is to be told on the way. */
  readonly notes: readonly string[];
}

/** How a transfer ended. */
export interface Ended {
  readonly at_ms: number;
  /** What it was, for whoever gives an exit code of it. */
  readonly how: "done" | "bad" | "nobody" | "incomplete";
  readonly why: string | null;
}

/** A file or directory that is to be shared. */
export interface Share extends Wanted {
  readonly kind: "share";
  readonly path: string;
  readonly hashed_bytes: number;
  readonly size: number;
  readonly file: SharedFile | null;
}

/** Something that is to be fetched. */
export interface Get extends Wanted {
  readonly kind: "get";
  /** As it was asked for: a link, or a name. */
  readonly what: string;
  readonly link: Link | null;
  /** Who alone is asked at first, where the user says so. */
  readonly from: Id | null;
  /** What it will be called here; null as long as nobody is known who has it. */
  readonly name: string | null;
  /** Whether somebody has it under a name that no file can have. */
  readonly is_nameless: boolean;
  /** Absolute. */
  readonly directory: string;
  /** What the user calls it; null for its own name. */
  readonly chosen: string | null;
  readonly force: boolean;
  /** Whether it is taken away when it is here. */
  readonly passes: boolean;
  /** So long it may stand still. */
  readonly patience_ms: number;
  /** Given up then, unless it goes on before. */
  readonly until_ms: number;
  /** When others are looked for who have it; Infinity where that is under way, or not wanted. */
  readonly look_ms: number;
  /** Files of the name that was asked for, and who has them. */
  readonly found: ReadonlyMap<Link, readonly Id[]>;
  /** When what was found is decided on. */
  readonly decide_ms: number;
  /** Who was asked for it. */
  readonly asked: readonly Id[];
  /** Who of them sent something else. */
  readonly wrong: readonly Id[];
  /** Whether its holder calls it a directory. */
  readonly is_directory: boolean;
  /** Its files, where it is a directory whose list is here. */
  readonly list: FileList | null;
  /** Of all files: bytes in all, and those that are here of files that ended. */
  readonly bytes: number;
  readonly bytes_done: number;
  readonly files: number;
  readonly files_done: number;
  /** Where it is at the end. */
  readonly path: string | null;
}

/** The files of a directory that is fetched. */
export interface FileList {
  /** What it will be served as. */
  readonly file: SharedFile;
  /** All that have a link, and how many of them were begun. */
  readonly files: readonly ManifestFile[];
  readonly begun: number;
}

/** One file that is being fetched. */
export interface Fetch {
  readonly number: number;
  readonly transfer: number;
  readonly link: Link;
  /** While its part is opened, and while it gets its name, nothing can come, nor be late. */
  readonly stage: "opening" | "open" | "finishing";
}

/** A node from which something is fetched. */
export interface Holder {
  readonly id: Id;
  /** `asked`: it was sent a want; `lost`: it was connected, is not now, and was not asked again yet. */
  readonly way: "asked" | "dialling" | "direct" | "routed" | "lost";
  /** Tag of the work that holds the connection. */
  readonly tag: number | null;
  /** What is wanted of it, and what it said to that last. */
  readonly links: ReadonlyMap<Link, Said>;
  /** When it was asked last, and how often again without any answer. */
  readonly asked_ms: number;
  readonly vain_asks: number;
}

/** What a node said of a file that is wanted of it. */
export type Said = "nothing" | "has" | "none";

const NO_COUNTS: Counts = { all: 0, by_peer: new Map() };

/** A node that has nothing and wants nothing. */
export function newState(options: FilesOptions, seed: number): FilesState {
  return {
    options,
    worker: "off",
    next: 1,
    jobs: SharedMap.of(),
    served: SharedMap.of(),
    transfers: new Map(),
    fetches: new Map(),
    holders: new Map(),
    wanting: new Map(),
    asks: SharedMap.of(),
    owed: { ways: NO_COUNTS, chunks: NO_COUNTS },
    wake_ms: Infinity,
    searches: newSearches(seed),
    swarm: emptySwarm(seed),
  };
}
