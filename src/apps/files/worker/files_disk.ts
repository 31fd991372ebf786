/** What the connections and tasks of files need of the disk. */

import type { Link } from "../link.ts";
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

/** The files that are shared and fetched here. */
export interface FilesDisk {
  share(
    path: string,
    signal: AbortSignal,
    report: (news: Hashed | LeftOut) => void,
  ): Promise<SharedFile>;
  serve(file: SharedFile): Promise<void>;
  unshare(link: Link): void;
  /** What is here of a file's own chunks: null for all, [] for nothing. */
  has(link: Link): Runs | null;
  /** What a file is called here; null where nothing of it is. */
  about(link: Link): { readonly name: string; readonly is_directory: boolean } | null;
  /** Chunks joined, each verified; rejects where they are not here. */
  read(link: Link, range: Range): Promise<Uint8Array>;
  begin(fetch: number, link: Link, target: Target): Promise<Begun>;
  /** Verifies each chunk of `bytes` (chunks joined), and writes the good ones. It keeps none of them. */
  put(fetch: number, range: Range, bytes: Uint8Array): Promise<Got>;
  finish(fetch: number): Promise<Finished>;
  stop(fetch: number): Promise<void>;
  close(): void;
  /** Hears once of each file that is no longer what it was served as. */
  onChanged: (changed: Changed) => void;
  /** Hears that more of a file that is being fetched is here. */
  onMore: (link: Link) => void;
}

/** What a holder needs of it to answer others. */
export type Served = Pick<FilesDisk, "has" | "read">;
