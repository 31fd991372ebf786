/**
 * Control lines: everything on the wire that is not an entry. Each is one JSON object whose first key
 * is `k`. docs/protocol.md describes them; its examples are read by a test.
 */

import type { Address, Id, Json, Topic } from "../types.ts";
import { isAddress } from "../data/address.ts";
import { isCount, isTopic } from "../log/entry.ts";
import { countKeys, isWellFormed, scanJson } from "../data/json_scan.ts";
import { isIdText, isSignatureText } from "../data/public_key.ts";
import {
  HOPS_MAX,
  JSON_DEPTH_MAX,
  LINE_BYTES_MAX,
  NODE_NAME_CHARS_MAX,
  PEERS_PER_LINE,
} from "../data/limits.ts";

/** How far each log of each origin goes. */
export type WireClock = Readonly<Record<Id, Readonly<Record<Topic, number>>>>;

export type Line =
  /** Who speaks. A guest has no id, address or nonce. */
  | {
    readonly k: "hello";
    readonly v: number;
    readonly network: string;
    readonly id: Id;
    readonly address: Address;
    readonly nonce: string;
    readonly name?: string;
    /** The speaker is only a meeting point. */
    readonly tracker?: true;
  }
  | { readonly k: "hello"; readonly v: number; readonly network: string; readonly guest: true }
  /** A signature over the other's nonce: the speaker has the key of its id. */
  | { readonly k: "proof"; readonly z: string }
  /** The clock, or what changed in it; `n` counts the bytes of entries taken from this link. */
  | {
    readonly k: "have";
    readonly c: WireClock;
    readonly n?: number;
    readonly more?: true;
  }
  | { readonly k: "want"; readonly peers: true }
  | { readonly k: "want"; readonly o: Id; readonly t: Topic; readonly s: number }
  | { readonly k: "want"; readonly t: Topic; readonly history?: number }
  /** Ids and addresses; from a tracker also who is no longer there. */
  | {
    readonly k: "peers";
    readonly p: readonly (readonly [Id, Address])[];
    readonly gone?: readonly Id[];
    readonly more?: true;
  }
  /** To a guest: leave out the first `skip` items of what follows. */
  | { readonly k: "from"; readonly t: Topic; readonly skip: number }
  /** The entries `s` to `e` of a log are no longer here. */
  | {
    readonly k: "gap";
    readonly o: Id;
    readonly t: Topic;
    readonly s: number;
    readonly e: number;
  }
  /** The entries of these origins come from others: they need only be told of on this link. */
  | { readonly k: "prune"; readonly o: readonly Id[] }
  /** How far logs are here of which more is missed: it is to be sent, and what comes, too. */
  | { readonly k: "graft"; readonly c: WireClock }
  | { readonly k: "ping"; readonly x: number }
  | { readonly k: "pong"; readonly x: number }
  /** From a guest: items to publish in the node's name, answered once `ack` nodes hold them. */
  | {
    readonly k: "publish";
    readonly i: number;
    readonly t: Topic;
    readonly b: readonly Json[];
    readonly ack?: number;
  }
  | { readonly k: "published"; readonly i: number; readonly held: number }
  | {
    readonly k: "refused";
    readonly i: number;
    readonly why: string;
    /** Nothing was wrong with it; but it was not acknowledged in time. */
    readonly late?: true;
  }
  | { readonly k: "ask"; readonly i: number; readonly q: "balances"; readonly a: readonly string[] }
  | { readonly k: "ask"; readonly i: number; readonly q: "peers" | "counts" | "routes" }
  | {
    readonly k: "answer";
    readonly i: number;
    readonly r: readonly (readonly string[])[];
    readonly more?: true;
  }
  /** From a guest that is the node's own user: private messages for one peer, by name or id. */
  | {
    readonly k: "post";
    readonly i: number;
    readonly to: string;
    readonly b: readonly Json[];
    /** How long it may take, in milliseconds. */
    readonly within: number;
  }
  | { readonly k: "delivered"; readonly i: number }
  /** Sealed, for one node, handed on from hop to hop; `h` is how many more hops it may take. */
  | {
    readonly k: "route";
    readonly h: number;
    readonly to: Id;
    readonly o: Id;
    readonly m: "data" | "ack";
    readonly n: number;
    readonly x: string;
  }
  | { readonly k: "bye"; readonly code: string; readonly why: string };

/** Why bytes are not a control line. An unknown `k` is no fault of its sender. */
export type LineFault =
  | "bad-utf8"
  | "bad-json"
  | "too-deep"
  | "too-long"
  | "repeated-key"
  | "bad-line"
  | "unknown-kind";

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of a control line, with its newline. */
export function encodeLine(line: Line): Uint8Array {
  return encoder.encode(`${JSON.stringify(line)}\n`);
}

/** Reads a line (without newline) that is not an entry. Never throws. */
export function decodeLine(bytes: Uint8Array): Line | LineFault {
  if (bytes.length > LINE_BYTES_MAX) return "too-long";
  const { depth, keys } = scanJson(bytes);
  if (depth > JSON_DEPTH_MAX) return "too-deep";
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    return error instanceof TypeError ? "bad-utf8" : "bad-json";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "bad-line";
  if (Object.keys(value)[0] !== "k") return "bad-line";
  if (countKeys(value) !== keys) return "repeated-key";
  const fields = value as Fields;
  const check = typeof fields.k === "string" ? CHECKS.get(fields.k) : undefined;
  if (check === undefined) return typeof fields.k === "string" ? "unknown-kind" : "bad-line";
  return isWellFormed(value) && check(fields) ? value as Line : "bad-line";
}

/** Whether text may be the name of a node: what people can read and type as one word. */
export function isName(text: unknown): text is string {
  return typeof text === "string" && text !== "" && text.length <= NODE_NAME_CHARS_MAX &&
    text.isWellFormed() && !UNFIT_IN_NAMES.test(text);
}

/** The text that a proof signs: both ids, so that it cannot be reflected, and the other's nonce. */
export function proofText(network: string, nonce: string, prover: Id, verifier: Id): Uint8Array {
  return encoder.encode(`rumor proof 1\n${network}\n${nonce}\n${prover}\n${verifier}`);
}

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNFIT_IN_NAMES = /[\s\u0000-\u001f\u007f-\u009f]/u;

type Fields = Readonly<Record<string, unknown>>;

/** One check of shape for each kind; keys that are not known are allowed and ignored. */
const CHECKS: ReadonlyMap<string, (fields: Fields) => boolean> = new Map(Object.entries({
  hello: (f: Fields) =>
    isCount(f.v, 0) && isShortText(f.network) &&
    (f.guest === true ||
      isIdText(f.id) && isAddress(f.address) && isShortText(f.nonce) && f.guest === undefined &&
        (f.name === undefined || isName(f.name)) && isFlag(f.tracker)),
  proof: (f: Fields) => isSignatureText(f.z),
  have: (f: Fields) => isClock(f.c) && (f.n === undefined || isCount(f.n, 0)) && isFlag(f.more),
  want: (f: Fields) => {
    if (f.peers !== undefined) return f.peers === true;
    if (!isTopic(f.t)) return false;
    if (f.o !== undefined) return isIdText(f.o) && isCount(f.s, 1);
    return f.history === undefined || isCount(f.history, 0);
  },
  peers: (f: Fields) =>
    isPairs(f.p, PEERS_PER_LINE, isIdText, isAddress) && isFlag(f.more) &&
    (f.gone === undefined ||
      Array.isArray(f.gone) && f.gone.length <= PEERS_PER_LINE && f.gone.every(isIdText)),
  from: (f: Fields) => isTopic(f.t) && isCount(f.skip, 0),
  gap: (f: Fields) => isIdText(f.o) && isTopic(f.t) && isCount(f.s, 1) && isCount(f.e, f.s),
  prune: (f: Fields) => Array.isArray(f.o) && f.o.length <= PEERS_PER_LINE && f.o.every(isIdText),
  graft: (f: Fields) => isClock(f.c, 0),
  ping: (f: Fields) => isCount(f.x, 0),
  pong: (f: Fields) => isCount(f.x, 0),
  publish: (f: Fields) =>
    isCount(f.i, 0) && isTopic(f.t) && Array.isArray(f.b) &&
    (f.ack === undefined || isCount(f.ack, 1)),
  published: (f: Fields) => isCount(f.i, 0) && isCount(f.held, 1),
  refused: (f: Fields) => isCount(f.i, 0) && typeof f.why === "string" && isFlag(f.late),
  ask: (f: Fields) =>
    isCount(f.i, 0) &&
    (f.q === "peers" || f.q === "counts" || f.q === "routes" ||
      f.q === "balances" && Array.isArray(f.a) && f.a.every((name) => typeof name === "string")),
  answer: (f: Fields) =>
    isCount(f.i, 0) && Array.isArray(f.r) &&
    f.r.every((row) => Array.isArray(row) && row.every(isText)) && isFlag(f.more),
  post: (f: Fields) =>
    isCount(f.i, 0) && isShortText(f.to) && Array.isArray(f.b) && isCount(f.within, 0),
  delivered: (f: Fields) => isCount(f.i, 0),
  route: (f: Fields) =>
    isCount(f.h, 0) && f.h as number <= HOPS_MAX && isIdText(f.to) && isIdText(f.o) &&
    (f.m === "data" || f.m === "ack") && isCount(f.n, 1) && isBase64Url(f.x),
  bye: (f: Fields) => isShortText(f.code) && typeof f.why === "string",
}));

function isClock(value: unknown, least = 1): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([id, topics]) =>
    isIdText(id) && typeof topics === "object" && topics !== null && !Array.isArray(topics) &&
    Object.entries(topics).every(([topic, seq]) => isTopic(topic) && isCount(seq, least))
  );
}

function isPairs(
  value: unknown,
  max: number,
  isFirst: (part: unknown) => boolean,
  isSecond: (part: unknown) => boolean,
): boolean {
  return Array.isArray(value) && value.length <= max &&
    value.every((pair) =>
      Array.isArray(pair) && pair.length === 2 && isFirst(pair[0]) && isSecond(pair[1])
    );
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isBase64Url(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]*$/.test(value);
}

function isShortText(value: unknown): boolean {
  return typeof value === "string" && value.length <= 256;
}

function isFlag(value: unknown): boolean {
  return value === undefined || value === true;
}
