/** The header of a block: what its hash is made of, always as many bytes. */

import { hashText } from "./work.ts";

/** What stands in a header. */
export interface Header {
  readonly index: number;
  /** The hash of the header before it, in hexadecimal. */
  readonly prev_hash: string;
  /** The hash of what it orders. */
  readonly data_hash: string;
  readonly target: bigint;
  /** Milliseconds since 1970, by the clock of whoever made it. */
  readonly time: number;
  readonly nonce: number;
}

/** The size of a header: prev_hash, data_hash, target, index, time, nonce; the highest byte first. */
export const HEADER_BYTES = 116;
const DATA_HASH_AT = 32, TARGET_AT = 64, INDEX_AT = 96, TIME_AT = 100, NONCE_AT = 108;

/** The largest index: four bytes. */
export const INDEX_MAX = 0xffff_ffff;

/** The bytes of a header. What came before the nonce in the first 64 need not be hashed again. */
export function encodeHeader(header: Header): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES), view = new DataView(bytes.buffer);
  bytes.set(Uint8Array.fromHex(header.prev_hash));
  bytes.set(Uint8Array.fromHex(header.data_hash), DATA_HASH_AT);
  bytes.set(Uint8Array.fromHex(hashText(header.target)), TARGET_AT);
  view.setUint32(INDEX_AT, header.index);
  view.setBigUint64(TIME_AT, BigInt(header.time));
  view.setBigUint64(NONCE_AT, BigInt(header.nonce));
  return bytes;
}
