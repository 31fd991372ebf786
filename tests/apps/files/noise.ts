/** What tests of files are made of. */

import { assert } from "@std/assert";
import { hash } from "node:crypto";
import { formatLink, type Link } from "../../../src/apps/files/link.ts";
import { rootOf } from "../../../src/apps/files/tree.ts";

/** SHA-256, as the pure functions take it. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha256", bytes, "buffer"));
}

/** Bytes that another language can make, too: a linear congruential generator, its highest byte. */
export function noise(bytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes);
  for (let at = 0, x = 0; at < bytes; at++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    all[at] = x >>> 24;
  }
  return all;
}

/** The link of a file, computed at once. */
export function linkOf(bytes: Uint8Array): Link {
  return formatLink({ root: rootOf(bytes, sha256).toHex(), size: bytes.length });
}

/** Throws where bytes are not the same; a list of all differences would be too long. */
export function assertSame(found: Uint8Array, due: Uint8Array): void {
  assert(found.length === due.length, `${found.length} bytes instead of ${due.length}`);
  const at = found.findIndex((byte, at) => byte !== due[at]);
  assert(at === -1, `byte ${at} is not the same`);
}
