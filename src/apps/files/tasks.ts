/**
 * What the reducer of files has done outside the core, and what is told of it: the contract between
 * the pure part, which decides, and the worker, which has the disk and the connections. Each task is a
 * job of its own: it is told how far it is (`report`), what came of it, or why nothing did (its fault, a
 * sentence for the user), and may be cancelled.
 *
 * A chunk is named by its level, 0 for the bytes of the file and from 1 on for the hashes of the level
 * below, and its number in that level. The worker verifies each chunk against the hash above it before
 * it writes it, or sends it: so chunks of a level can only be taken in once those above them are there.
 */

import type { Id } from "../../core/types.ts";
import type { Link } from "./link.ts";
import type { Run, Runs } from "./runs.ts";

/** Chunks of one level of a file. */
export interface Range {
  readonly level: number;
  readonly first: number;
  readonly count: number;
}

/** A file on the disk that this node serves. */
export interface SharedFile {
  readonly link: Link;
  /** Base name, as others are told it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Time of its last change, in milliseconds since 1970. */
  readonly changed_ms: number;
  /** Of a directory, this is its manifest, whose text the worker keeps or makes again. */
  readonly is_directory: boolean;
  /** Number of files in a directory; 1 for a file. */
  readonly files: number;
  /** Of all of them. */
  readonly bytes: number;
}

/** Where a file goes. */
export interface Target {
  /** Absolute; the directory in which it gets its name. */
  readonly directory: string;
  /**
   * Its name, or a relative path below the directory, with "/": of the user where `is_chosen`, who may
   * choose any name; else of others, and then it must be safe on every system. One that ends with "/" is
   * of a directory: the link is of its manifest, which the worker keeps, and the directory is made.
   */
  readonly name: string;
  readonly is_chosen: boolean;
  /** Whether who may read it may run it, too. */
  readonly is_executable: boolean;
  /** Whether an existing file is written over. */
  readonly force: boolean;
  /** Whether whoever wants it takes it away when it is here: then it is not served from there. */
  readonly passes: boolean;
}

export type FilesTask =
  /**
   * Listens for connections of others, for as long as the node runs. Reports `Opened` first, and then
   * `Changed` where a file is no longer what it was shared as.
   */
  | {
    readonly do: "open";
    /** Bytes a second that are sent to others at most, in all; null for no limit. */
    readonly upload_bytes_max: number | null;
  }
  /**
   * Reads and hashes a file or directory, and serves it. Reports `Hashed`, and `LeftOut` for what is not
   * shared of a directory; results in a `SharedFile`.
   */
  | { readonly do: "share"; readonly path: string }
  /** Serves what an earlier run shared. Results in null; its fault says why it is served no more. */
  | { readonly do: "serve"; readonly file: SharedFile }
  /** Serves it no more. Results in null. */
  | { readonly do: "unshare"; readonly link: Link }
  /** Lets a node in for a file, which may then fetch all that is served here. Results in `Admitted`. */
  | { readonly do: "admit"; readonly peer: Id; readonly link: Link }
  /**
   * Connects to a node that lets this one in. Reports `Dialled`, and `HasNews` whenever the holder says
   * what it has of a file that was `watch`ed; its fault says why it is over, which it is at the end.
   */
  | {
    readonly do: "dial";
    readonly peer: Id;
    readonly host: string;
    readonly port: number;
    readonly token: string;
  }
  /** Asks a connected holder to say what it has of a file, now and as it gets more. Results in null. */
  | { readonly do: "watch"; readonly peer: Id; readonly link: Link }
  /**
   * Opens the part of a file beside its target, and verifies what is there. Results in `Begun`. From
   * then on what is there is served to others.
   */
  | {
    readonly do: "begin";
    readonly fetch: number;
    readonly link: Link;
    readonly target: Target;
  }
  /** Asks a connected holder for chunks, verifies and writes them. Results in `Got`. */
  | { readonly do: "ask"; readonly fetch: number; readonly peer: Id; readonly range: Range }
  /** Verifies and writes chunks that came another way, each in base64. Results in `Got`. */
  | {
    readonly do: "put";
    readonly fetch: number;
    readonly range: Range;
    readonly chunks: readonly string[];
  }
  /** Reads chunks for somebody who cannot connect. Results in an array of them in base64. */
  | { readonly do: "read"; readonly link: Link; readonly range: Range }
  /** All is there: flushes it, and gives it its name. Results in `Finished`. */
  | { readonly do: "finish"; readonly fetch: number }
  /** The rest is not fetched now: what is there stays for the next time. Results in null. */
  | { readonly do: "stop"; readonly fetch: number };

export interface Opened {
  readonly port: number;
}

export interface Changed {
  readonly changed: Link;
  /** What happened to it, a sentence for the user. */
  readonly why: string;
}

export interface Hashed {
  readonly hashed_bytes: number;
  readonly size: number;
}

export interface LeftOut {
  /** What is not shared, and why, a sentence for the user. */
  readonly left_out: string;
}

export interface Admitted {
  readonly port: number;
  /** To be shown at the connection; 128 bits that nobody can guess. */
  readonly token: string;
  /** What is here of the file; [] for nothing. */
  readonly has: Runs | null;
  /** What it is called here. */
  readonly name: string;
  readonly is_directory: boolean;
}

export interface Dialled {
  readonly dialled: true;
}

export interface HasNews {
  readonly link: Link;
  /** What the holder has of the file's own chunks; null for all, [] for nothing (any more). */
  readonly has: Runs | null;
}

export interface Begun {
  /** Where it will be, absolute. */
  readonly path: string;
  /** What is there already and verified, by levels, from 0. */
  readonly has: readonly Runs[];
}

/** What came of asking for chunks. */
export interface Got {
  /** What is verified and written now. */
  readonly good: readonly Run[];
  /** Whether the sender sent what has another hash: it must not be asked again. */
  readonly wrong: boolean;
  /** Why the rest did not come, where the sender is not to blame more than that; else null. */
  readonly why: string | null;
  /** Why the disk took nothing; it may later. Else null. */
  readonly stuck: string | null;
}

export interface Finished {
  readonly path: string;
  /** Where it is the manifest of a directory: its files. */
  readonly manifest: readonly ManifestFile[] | null;
  /** It goes on being served as this, also after a restart where that is told to. */
  readonly file: SharedFile;
}

/** A file of a shared directory. */
export interface ManifestFile {
  /** Relative, with "/"; safe on every system. One that ends with "/" is an empty directory. */
  readonly path: string;
  /** "" for an empty directory. */
  readonly link: Link;
  readonly is_executable: boolean;
}
