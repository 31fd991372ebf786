/** What docs/chain.md says of targets, work and headers, a second time: it owes the app nothing. */

import type { Env, Json } from "../../../../core/types.ts";

/** A block as it came, of the right form. */
export interface BlockFields {
  readonly index: number;
  readonly prev_hash: string;
  readonly data: Json;
  readonly nonce: number;
  readonly time: number;
  readonly target: string;
}

const SPACE = 2n ** 256n;
const HASH = /^[0-9a-f]{64}$/;
const KEYS = ["data", "index", "nonce", "prev_hash", "target", "time"];
const INDEX_MAX = 2 ** 32 - 1, TIME_MAX = 253_402_300_799_999, DEPTH_MAX = 32;
const WINDOW = 32n, SOLVE_MAX = 6;
const encoder = new TextEncoder();

/** The block that a value is, or null. */
export function asBlock(value: Json): BlockFields | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  if (JSON.stringify(Object.keys(value).sort()) !== JSON.stringify(KEYS)) return null;
  const block = value as unknown as BlockFields;
  const is_number = (number: unknown, most: number) =>
    Number.isSafeInteger(number) && (number as number) >= 0 && (number as number) <= most &&
    !Object.is(number, -0);
  const is_hash = (text: unknown) => typeof text === "string" && HASH.test(text);
  const is_good = is_number(block.index, INDEX_MAX) && is_number(block.time, TIME_MAX) &&
    is_number(block.nonce, Number.MAX_SAFE_INTEGER) && is_hash(block.prev_hash) &&
    is_hash(block.target) && depthOf(block.data) <= DEPTH_MAX;
  return is_good ? block : null;
}

function depthOf(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** The hash of a block: prev_hash, hash of the data, target, index, time, nonce. */
export function hashBlock(block: BlockFields, sha256: Env["sha256"]): string {
  const text = JSON.stringify(block.data);
  const fields = [
    block.prev_hash,
    hex(sha256(encoder.encode(text))),
    block.target,
    block.index.toString(16).padStart(8, "0"),
    block.time.toString(16).padStart(16, "0"),
    block.nonce.toString(16).padStart(16, "0"),
  ];
  return hex(sha256(Uint8Array.fromHex(fields.join(""))));
}

function hex(base64url: string): string {
  return Uint8Array.fromBase64(base64url, { alphabet: "base64url" }).toHex();
}

/** A text of 64 hexadecimal digits as a number, and back. */
export function numberOf(text: string): bigint {
  return BigInt("0x" + text);
}

export function textOf(number: bigint): string {
  return number.toString(16).padStart(64, "0");
}

/** How many hashes a target takes. */
export function hashesFor(target: bigint): bigint {
  return SPACE / (target + 1n);
}

/** The easiest target at an index. */
export function easiest(index: number, floor_hashes: number): bigint {
  return SPACE / (BigInt(floor_hashes) * (1_024n + BigInt(index)) / 1_024n) - 1n;
}

/** The target that is due behind a block; `solve_ms` is null behind the first one. */
export function due(
  before: Pick<BlockFields, "index" | "target">,
  solve_ms: number | null,
  { block_time_ms, floor_hashes }: {
    readonly block_time_ms: number;
    readonly floor_hashes: number;
  },
): bigint {
  const floor = easiest(before.index + 1, floor_hashes);
  if (solve_ms === null) return floor;
  const time = BigInt(block_time_ms), solve = BigInt(Math.min(solve_ms, SOLVE_MAX * block_time_ms));
  const next = numberOf(before.target) * (WINDOW * time - time + solve) / (WINDOW * time);
  return next > floor ? floor : next;
}
