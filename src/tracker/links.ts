/**
 * The links of a tracker by number. Nearly every event changes one of ten thousand, so a change copies
 * one bucket of a hundred and the list of buckets. (Versions in a `SharedMap` would be cheaper to
 * make, but dead old versions keep younger ones from being collected early.)
 */

import type { LinkId } from "../core/types.ts";

/** What has a number, in buckets by number. */
export interface Buckets<T extends { readonly id: LinkId }> {
  readonly size: number;
  readonly buckets: readonly (readonly T[])[];
}

const BUCKETS = 128;

/** No links. */
export function noLinks<T extends { readonly id: LinkId }>(): Buckets<T> {
  return { size: 0, buckets: Array.from({ length: BUCKETS }, () => []) };
}

/** The link of a number. */
export function getLink<T extends { readonly id: LinkId }>(
  links: Buckets<T>,
  id: LinkId,
): T | undefined {
  return links.buckets[id % BUCKETS].find((link) => link.id === id);
}

/** Adds or replaces a link. */
export function putLink<T extends { readonly id: LinkId }>(
  links: Buckets<T>,
  link: T,
): Buckets<T> {
  const bucket = links.buckets[link.id % BUCKETS].slice();
  const at = bucket.findIndex(({ id }) => id === link.id);
  if (at < 0) bucket.push(link);
  else bucket[at] = link;
  const buckets = links.buckets.with(link.id % BUCKETS, bucket);
  return { size: links.size + Number(at < 0), buckets };
}

/** Removes a link that there is. */
export function dropLink<T extends { readonly id: LinkId }>(
  links: Buckets<T>,
  id: LinkId,
): Buckets<T> {
  const bucket = links.buckets[id % BUCKETS].filter((link) => link.id !== id);
  return { size: links.size - 1, buckets: links.buckets.with(id % BUCKETS, bucket) };
}

/** All links, in no promised order, as they were when this was called. */
export function allLinks<T extends { readonly id: LinkId }>(links: Buckets<T>): T[] {
  return links.buckets.flat();
}
