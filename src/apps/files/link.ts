/**
 * Links of files: what is in a file, and how long it is. The root alone is not enough, as a file of more
 * than 2 MiB and the file of its hashes have the same.
 */

import { FILE_BYTES_MAX, NAMESAKES_MAX } from "./limits.ts";

/** A file as it is named everywhere: `<root as hex>.<bytes>`. */
export type Link = string;

/** What a link says. */
export interface LinkParts {
  /** The root of its tree of hashes: 64 hex digits, small letters. */
  readonly root: string;
  readonly size: number;
}

const LINK = /^([0-9a-f]{64})\.(0|[1-9][0-9]{0,15})$/;

/** The link of a file. */
export function formatLink({ root, size }: LinkParts): Link {
  return `${root}.${size}`;
}

/** What a link says; null where it is none. It has one spelling. */
export function parseLink(text: string): LinkParts | null {
  const [, root, digits] = LINK.exec(text) ?? [];
  if (root === undefined) return null;
  const size = Number(digits);
  return size <= FILE_BYTES_MAX ? { root, size } : null;
}

/** Some links, of which one is to be said. There may be more than anybody reads. */
export function linksText(links: readonly Link[]): string {
  const more = links.length > NAMESAKES_MAX ? ", or another one" : "";
  return `${links.slice(0, NAMESAKES_MAX).join(" or ")}${more}`;
}
