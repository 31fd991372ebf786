/**
 * The entry: one or more items that one origin produced in one topic in one tick. What is signed,
 * hashed, stored and relayed are its exact bytes; this file is the only place that makes or reads
 * them. The form is in docs/protocol.md.
 */

import { assert } from "@std/assert/assert";
import type { Id, Json, Topic } from "../types.ts";
import { countKeys, isWellFormed, scanJson } from "../data/json_scan.ts";
import { ID_CHARS, isIdText, isSignatureText, SIGNATURE_CHARS } from "../data/public_key.ts";
import {
  ENTRY_DEPS_MAX,
  ENTRY_ITEMS_MAX,
  JSON_DEPTH_MAX,
  LINE_BYTES_MAX,
  TIME_MS_MAX,
  TOPIC_BYTES_MAX,
} from "../data/limits.ts";

/** What an entry says. */
export interface EntryFields {
  readonly origin: Id;
  readonly topic: Topic;
  /** 1 for the first entry of a log. */
  readonly seq: number;
  /** SHA-256 (base64url) of the line before it in its log; "" for the first. */
  readonly previous: string;
  /** Milliseconds since 1970, from the origin's clock; only ever shown, never compared. */
  readonly time_ms: number;
  /** Number of the first item: 1 + the items of all entries before it in its log. */
  readonly first: number;
  /** The newest entry of each other origin that the origin had delivered since its previous one. */
  readonly deps: readonly (readonly [Id, number])[];
  readonly items: readonly Json[];
}

/** An entry together with its bytes. */
export interface Entry extends EntryFields {
  /** The exact bytes, with the newline. */
  readonly line: Uint8Array;
  readonly signature: string;
}

/** What the first bytes of a line tell, without parsing it. */
export interface EntryHeader {
  readonly key: string;
  readonly origin: Id;
  readonly topic: Topic;
  readonly seq: number;
}

/** Why bytes are not an entry. */
export type EntryFault =
  | "bad-utf8"
  | "bad-json"
  | "too-deep"
  | "repeated-key"
  | "bad-entry"
  | "too-long";

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** To look at each byte of a shorter entry costs less than to see that there is no need. */
const PLAIN_BYTES_MIN = 2_048;
const ENTRY_START = encoder.encode('{"o":"');
const TOPIC_START = encoder.encode('","t":"');
const SEQ_START = encoder.encode('","s":');
const SEAL_START = encoder.encode(',"z":"');
const KEYS = "o,t,s,p,w,i,d,b,z";
const HASH_TEXT = /^[A-Za-z0-9_-]{43}$/;
const TOPIC_TEXT = /^[A-Za-z0-9._/-]+$/;
/** Bytes of `,"z":"<signature>"}`. */
const SEAL_BYTES = SEAL_START.length + SIGNATURE_CHARS + 2;

/** The name of a log: its origin and topic. */
export function logKey(origin: Id, topic: Topic): string {
  return `${origin}/${topic}`;
}

/** The origin and the topic in the key of a log. */
export function splitKey(key: string): { readonly origin: Id; readonly topic: Topic } {
  return { origin: key.slice(0, ID_CHARS), topic: key.slice(ID_CHARS + 1) };
}

/** Whether text may name a topic: letters, digits and `._/-`, at most 64. */
export function isTopic(text: unknown): text is Topic {
  return typeof text === "string" && text.length <= TOPIC_BYTES_MAX && TOPIC_TEXT.test(text);
}

/** Whether a line (without newline) claims to be an entry. */
export function looksLikeEntry(line: Uint8Array): boolean {
  return matchesAt(line, 0, ENTRY_START);
}

/** Reads origin, topic and sequence from a line's first bytes; null where they are not there. */
export function peekHeader(line: Uint8Array): EntryHeader | null {
  if (!matchesAt(line, 0, ENTRY_START)) return null;
  const originEnd = ENTRY_START.length + ID_CHARS;
  if (!matchesAt(line, originEnd, TOPIC_START)) return null;
  const topicStart = originEnd + TOPIC_START.length;
  const topicEnd = line.subarray(0, topicStart + TOPIC_BYTES_MAX + 1).indexOf(0x22, topicStart);
  if (topicEnd < 0 || !matchesAt(line, topicEnd, SEQ_START)) return null;
  let at = topicEnd + SEQ_START.length, seq = 0;
  const digitsStart = at;
  for (; at < line.length && line[at] >= 0x30 && line[at] <= 0x39; at++) {
    seq = seq * 10 + (line[at] - 0x30);
  }
  if (line[digitsStart] === 0x30 || at === digitsStart || line[at] !== 0x2c) return null;
  if (!Number.isSafeInteger(seq)) return null;
  const origin = asciiText(line.subarray(ENTRY_START.length, originEnd));
  const topic = asciiText(line.subarray(topicStart, topicEnd));
  return { key: logKey(origin, topic), origin, topic, seq };
}

/** A few bytes as text: 0.2 us, where a decoder takes 0.5. */
function asciiText(bytes: Uint8Array): string {
  // The type asks for an array; anything with a length and numbers does.
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** The bytes that carry the signature, for telling two versions of one entry apart cheaply. */
export function sealOf(line: Uint8Array): Uint8Array {
  const end = line[line.length - 1] === 0x0a ? line.length - 1 : line.length;
  return line.subarray(Math.max(0, end - SEAL_BYTES), end);
}

/** The bytes that the signature covers. */
export function signedBytes(entry: Entry): Uint8Array {
  return entry.line.subarray(0, entry.line.length - 1 - SEAL_BYTES);
}

/** The bytes that the next entry's `p` is the hash of: the whole line without its newline. */
export function hashedBytes(line: Uint8Array): Uint8Array {
  return line.subarray(0, line.length - 1);
}

/**
 * Reads a line (without newline) that looks like an entry. Never throws; the signature is not
 * checked here. The bytes are copied, because the caller's buffer is used again. `header` spares
 * whoever peeked at it the second look.
 */
export function decodeEntry(line: Uint8Array, header = peekHeader(line)): Entry | EntryFault {
  if (line.length > LINE_BYTES_MAX) return "too-long";
  if (header === null || !isTopic(header.topic)) return "bad-entry";
  let text: string, value: unknown;
  try {
    text = utf8.decode(line);
  } catch {
    return isTooDeep(line) ? "too-deep" : "bad-utf8";
  }
  try {
    value = JSON.parse(text);
  } catch {
    return isTooDeep(line) ? "too-deep" : "bad-json";
  }
  if (!isEntryShape(value, header, line)) return isTooDeep(line) ? "too-deep" : "bad-entry";
  if (line.length < PLAIN_BYTES_MIN || !isPlain(value, text)) {
    const { depth, keys } = scanJson(line);
    if (depth > JSON_DEPTH_MAX) return "too-deep";
    if (countKeys(value) !== keys) return "repeated-key";
    // Bytes that are UTF-8 can hold a lone surrogate only as an escape.
    if (text.includes("\\u") && !isWellFormed(value.b)) return "bad-entry";
  }
  const copy = new Uint8Array(line.length + 1);
  copy.set(line);
  copy[line.length] = 0x0a;
  return makeEntry(value, copy);
}

function isTooDeep(line: Uint8Array): boolean {
  return scanJson(line).depth > JSON_DEPTH_MAX;
}

/**
 * Whether a text is just what `encodeUnsigned()` makes of these values, and all items are texts
 * without escapes. Whatever else it held would make it longer, so nothing needs to be looked for: the
 * scan of every byte is saved.
 */
function isPlain(value: EntryShape, text: string): boolean {
  const head = encodeHead(value);
  // Quotes around each item and commas between them, and the brackets.
  let length = head.length + 2 + Math.max(0, value.b.length - 1) + SEAL_BYTES;
  for (const item of value.b) {
    if (typeof item !== "string") return false;
    length += item.length + 2;
  }
  return length === text.length && text.startsWith(head);
}

/** Reads the items of an entry that was stored, and therefore read and checked before. */
export function decodeStored(line: Uint8Array): Entry {
  const entry = decodeEntry(hashedBytes(line));
  assert(typeof entry !== "string", `A stored entry does not decode: ${entry}`);
  return entry;
}

/**
 * Reads lines that were read and checked before, and have not changed since. All of them are decoded
 * at once, which takes a fraction of the time. Null where a line is no entry after all.
 */
export function decodeTrusted(lines: readonly Uint8Array[]): (Entry | null)[] {
  try {
    const texts = utf8.decode(joinLines(lines)).split("\n");
    return lines.map((line, at) => readTrusted(JSON.parse(texts[at]), line));
  } catch {
    // Somebody changed a line together with its hash: which one, is seen one by one.
    return lines.map((line) => {
      const entry = decodeEntry(hashedBytes(line));
      return typeof entry === "string" ? null : entry;
    });
  }
}

function readTrusted(value: unknown, line: Uint8Array): Entry | null {
  const { o, t, s } = value as { o?: unknown; t?: unknown; s?: unknown };
  if (!isIdText(o) || !isTopic(t) || !isCount(s, 1)) return null;
  const header = { key: "", origin: o, topic: t, seq: s };
  return isEntryShape(value, header, hashedBytes(line)) ? makeEntry(value, line) : null;
}

function makeEntry(value: EntryShape, line: Uint8Array): Entry {
  return {
    origin: value.o,
    topic: value.t,
    seq: value.s,
    previous: value.p,
    time_ms: value.w,
    first: value.i,
    deps: Object.entries(value.d),
    items: value.b,
    signature: value.z,
    line,
  };
}

/** Lines as one run of bytes; without a copy where they stand behind each other already. */
function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = lines.reduce((sum, { length }) => sum + length, 0);
  const [first] = lines;
  let end = first?.byteOffset ?? 0;
  const are_joined = lines.every(({ buffer, byteOffset, length }) => {
    const follows = buffer === first.buffer && byteOffset === end;
    end += length;
    return follows;
  });
  if (are_joined && first !== undefined) {
    return new Uint8Array(first.buffer, first.byteOffset, bytes);
  }
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const line of lines) {
    joined.set(line, at);
    at += line.length;
  }
  return joined;
}

/** The bytes that an origin signs. */
export function encodeUnsigned(fields: EntryFields): Uint8Array {
  const { origin: o, topic: t, seq: s, previous: p, time_ms: w, first: i, deps, items } = fields;
  const head = encodeHead({ o, t, s, p, w, i, d: Object.fromEntries(deps) });
  return encoder.encode(head + JSON.stringify(items));
}

/** All that stands before the items. */
function encodeHead({ o, t, s, p, w, i, d }: Omit<EntryShape, "b" | "z">): string {
  return `{"o":"${o}","t":"${t}","s":${s},"p":"${p}","w":${w},"i":${i},"d":${
    JSON.stringify(d)
  },"b":`;
}

/** The entry that signed bytes and their signature make. */
export function sealEntry(fields: EntryFields, unsigned: Uint8Array, signature: string): Entry {
  const line = new Uint8Array(unsigned.length + SEAL_BYTES + 1);
  line.set(unsigned);
  line.set(encoder.encode(`,"z":"${signature}"}\n`), unsigned.length);
  return { ...fields, signature, line };
}

interface EntryShape {
  o: Id;
  t: Topic;
  s: number;
  p: string;
  w: number;
  i: number;
  d: Record<Id, number>;
  b: Json[];
  z: string;
}

function isEntryShape(value: unknown, header: EntryHeader, line: Uint8Array): value is EntryShape {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (Object.keys(value).join() !== KEYS) return false;
  const { o, t, s, p, w, i, d, b, z } = value as Record<string, unknown>;
  if (o !== header.origin || t !== header.topic || s !== header.seq || header.seq < 1) return false;
  if (p !== "" && !(typeof p === "string" && HASH_TEXT.test(p))) return false;
  if ((p === "") !== (header.seq === 1)) return false;
  if (!isCount(w, 0) || w > TIME_MS_MAX || !isCount(i, 1)) return false;
  if (!Array.isArray(b) || b.length > ENTRY_ITEMS_MAX) return false;
  if (!isSignatureText(z)) return false;
  // The signature covers the bytes before `,"z":`, so it must stand exactly at the end.
  if (!matchesAt(line, line.length - SEAL_BYTES, SEAL_START)) return false;
  return isDependencies(d, header.origin);
}

function isDependencies(value: unknown, origin: Id): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const deps = Object.entries(value);
  return deps.length <= ENTRY_DEPS_MAX &&
    deps.every(([id, seq]) => id !== origin && isCount(seq, 1) && isIdText(id));
}

/** Whether a value is an integer from `least` to 2^53 - 1, and not -0. */
export function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && !Object.is(value, -0);
}

function matchesAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  if (at < 0 || at + part.length > bytes.length) return false;
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false;
  return true;
}

/** Whether two runs of bytes are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
