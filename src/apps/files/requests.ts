/** What users want of files, from the wire or the prompt, and what is wrong with it. */

import type { Json, Right } from "../../core/types.ts";
import { isSearchRequest } from "./search/requests.ts";
import { isCount } from "../../core/log/entry.ts";

/** Longest word for a file, a node or a transfer. */
export const WORD_CHARS_MAX = 1_024;
/** Longest path on the disk. */
const PATH_CHARS_MAX = 32_768;
/** A week: nobody waits longer. */
const PATIENCE_MS_MAX = 604_800_000;

export type FilesRequest = ShareRequest | GetRequest | UnshareRequest;

export type ShareRequest = {
  readonly k: "share";
  /** What the transfer is asked for by. */
  readonly key: string;
  /** Absolute. */
  readonly path: string;
};

export type GetRequest = {
  readonly k: "get";
  readonly key: string;
  /** A link or a name. */
  readonly what: string;
  /** Whom to fetch it from: a name, an id, or the beginning of that; null for whoever has it. */
  readonly from: string | null;
  /** Where it goes, absolute. */
  readonly directory: string;
  /** What it is called there; null for its own name. */
  readonly name: string | null;
  readonly force: boolean;
  /** Whether it is taken away when it is here, as what goes to stdout is; that can be no directory. */
  readonly passes: boolean;
  /** How long it may stand still, in whole milliseconds. */
  readonly patience_ms: number;
};

export type UnshareRequest = {
  readonly k: "unshare";
  /** A link, or a name. */
  readonly what: string;
};

type Fields = { readonly [key: string]: Json | undefined };

/** Which right a request takes: what makes the node read and write files is its user's own. */
export function rightOf(request: Json): Right {
  return isSearchRequest(request) ? "say" : "own";
}

/** A request, or what is wrong with it. */
export function readRequest(request: Json): FilesRequest | string {
  const fields = (request ?? {}) as Fields;
  switch (fields.k) {
    case "share": {
      const { key, path } = fields;
      if (!isWord(key) || !isPath(path)) return "to share takes key and path";
      return { k: "share", key, path };
    }
    case "get":
      return readGet(fields);
    case "unshare": {
      const { what } = fields;
      return isWord(what) ? { k: "unshare", what } : "to unshare takes what";
    }
    default:
      return "files can be shared, fetched, searched and unshared";
  }
}

function readGet(fields: Fields): GetRequest | string {
  const { key, what, from = null, directory, name = null, patience_ms } = fields;
  const { force = false, passes = false } = fields;
  const wrong = "to get takes key, what, from, directory, name, force, passes and patience_ms";
  if (!isWord(key) || !isWord(what) || !isPath(directory)) return wrong;
  if (from !== null && !isWord(from) || name !== null && !isWord(name)) return wrong;
  if (typeof force !== "boolean" || typeof passes !== "boolean") return wrong;
  if (!isCount(patience_ms, 0)) return wrong;
  const patient_ms = Math.min(patience_ms, PATIENCE_MS_MAX);
  const target = { directory, name, force, passes };
  return { k: "get", key, what, from, ...target, patience_ms: patient_ms };
}

function isWord(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "" && value.length <= WORD_CHARS_MAX;
}

function isPath(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "" && value.length <= PATH_CHARS_MAX &&
    !value.includes("\0");
}
