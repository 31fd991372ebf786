/** What nodes say to each other about files, sealed, in messages of the app. Searches have their own. */

import type { Id, Json } from "../../core/types.ts";
import { isCount } from "../../core/log/entry.ts";
import { isPublicKey } from "../../core/data/public_key.ts";
import { CHUNK_BYTES, FILE_NAME_BYTES_MAX, OTHERS_MAX, ROUTED_CHUNKS_MAX } from "./limits.ts";
import { type Link, parseLink } from "./link.ts";
import { readRuns, type Runs } from "./runs.ts";
import type { Range } from "./tasks.ts";

export type Message =
  /** Wants to fetch something, and to be let in for it. */
  | { readonly k: "want"; readonly link: Link }
  /** The sender has it, or some of it, and lets the recipient in. */
  | Way
  /** It has nothing of it. */
  | { readonly k: "none"; readonly link: Link; readonly why: string }
  /** Wants chunks by messages, because it cannot connect; `n` is the number of its question. */
  | ({ readonly k: "ask"; readonly n: number; readonly link: Link } & Range)
  /** The chunks that were asked for, each in base64. */
  | { readonly k: "data"; readonly n: number; readonly chunks: readonly string[] }
  /** They are not here. */
  | { readonly k: "lack"; readonly n: number; readonly why: string };

export interface Way {
  readonly k: "way";
  readonly link: Link;
  /** What the sender calls it. */
  readonly name: string;
  readonly is_directory: boolean;
  /** What it has of it; null for all. */
  readonly has: Runs | null;
  /** Where it listens, and what is to be said there. */
  readonly port: number;
  readonly token: string;
  /** Who else wanted it there lately. */
  readonly others: readonly Id[];
}

/** Longest text that says why. */
const WHY_CHARS_MAX = 200;
const TOKEN_CHARS_MAX = 64;
/** Characters of a chunk in base64. */
const BASE64_CHARS_MAX = Math.ceil(CHUNK_BYTES / 3) * 4;
const encoder = new TextEncoder();

type Fields = { readonly [key: string]: Json | undefined };

/** A message as somebody sent it; null where it is none. */
export function readMessage(item: Json): Message | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  const fields = item as Fields;
  switch (fields.k) {
    case "want":
      return linkOf(fields) === null ? null : { k: "want", link: fields.link as Link };
    case "way":
      return readWay(fields);
    case "none": {
      const why = textOf(fields.why);
      return linkOf(fields) === null || why === null
        ? null
        : { k: "none", link: fields.link as Link, why };
    }
    case "ask":
      return readAsk(fields);
    case "data":
      return isCount(fields.n, 0) && isChunks(fields.chunks)
        ? { k: "data", n: fields.n, chunks: fields.chunks }
        : null;
    case "lack": {
      const why = textOf(fields.why);
      return isCount(fields.n, 0) && why !== null ? { k: "lack", n: fields.n, why } : null;
    }
    default:
      return null;
  }
}

function readWay(fields: Fields): Way | null {
  const { name, is_directory, has, port, token, others } = fields, size = linkOf(fields);
  if (size === null || typeof name !== "string" || typeof is_directory !== "boolean") return null;
  if (encoder.encode(name).length > FILE_NAME_BYTES_MAX || name === "") return null;
  if (!isCount(port, 0) || port > 65_535) return null;
  if (typeof token !== "string" || token.length > TOKEN_CHARS_MAX) return null;
  if (!Array.isArray(others) || others.length > OTHERS_MAX) return null;
  if (!others.every((id) => typeof id === "string" && isPublicKey(id))) return null;
  const runs = has === null ? null : readRuns(has ?? false, Math.ceil(size / CHUNK_BYTES));
  if (has !== null && runs === null) return null;
  const link = fields.link as Link;
  return { k: "way", link, name, is_directory, has: runs, port, token, others };
}

function readAsk(fields: Fields): Message | null {
  const { n, level, first, count } = fields;
  if (linkOf(fields) === null || !isCount(n, 0)) return null;
  if (!isCount(level, 0) || !isCount(first, 0) || !isCount(count, 1)) return null;
  if (count > ROUTED_CHUNKS_MAX) return null;
  return { k: "ask", n, link: fields.link as Link, level, first, count };
}

/** The size that the link of a message says; null where it has none. */
function linkOf({ link }: Fields): number | null {
  return typeof link === "string" ? parseLink(link)?.size ?? null : null;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" && value.length <= WHY_CHARS_MAX ? value : null;
}

function isChunks(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.length <= ROUTED_CHUNKS_MAX &&
    value.every((text) => typeof text === "string" && text.length <= BASE64_CHARS_MAX);
}
