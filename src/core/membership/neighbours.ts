/**
 * Which members a node dials by itself. `ring`: the next ten after it in the sorted list, with
 * wrap-around, which is the textbook's rule. `fingers`: the nearest three, and the rest at distances
 * that grow by a constant factor up to half the ring, so that a few hops reach everybody (I. Stoica
 * et al., "Chord: A Scalable Peer-to-peer Lookup Service for Internet Applications", 2001, section
 * 4.3). Ids are keys, so they are spread evenly, and a finger points at a place, not at a number of
 * members: who comes or goes moves only the fingers at that place. `given`: nobody because of a place,
 * only those whose link broke, so that links are as they were made by hand.
 */

import type { Id } from "../types.ts";
import type { OverlayKind } from "../data/config.ts";
import { type Member, type Members } from "./members.ts";
import { OVERLAY_LINKS, SILENT_MAX } from "../data/limits.ts";

/** How many of the ten are always the nearest. */
const NEAREST = 3;
/** The characters of an id in the order in which they are sorted. */
const DIGITS = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/** Characters of an id that say where it is; 48 bits. */
const PLACE_CHARS = 8;

/** Whom to link to, and who does not answer and is to be tried now and then. */
export interface Neighbours {
  readonly wanted: readonly Member[];
  readonly silent: readonly Member[];
}

/**
 * The members that a node should link to. Those that do not answer are left out and come second.
 * Who was only named by others comes in only where there are less than ten who said themselves that
 * they are there, so that a lying list displaces nobody.
 */
export function neighboursOf(
  members: Members,
  self: Id,
  kind: OverlayKind,
  isReachable: (member: Member) => boolean,
  count: number = kind === "given" ? Infinity : OVERLAY_LINKS,
): Neighbours {
  const { sorted, by_id } = members;
  const start = indexAfter(sorted, self);
  const spoken: Id[] = [], named: Id[] = [], silent: Member[] = [];
  for (let step = 0; step < sorted.length; step++) {
    const id = sorted[(start + step) % sorted.length];
    if (id === self) continue;
    const member = by_id.get(id)!;
    if (kind === "given" && !member.lost) continue;
    if (!isReachable(member)) {
      if (silent.length < SILENT_MAX) silent.push(member);
    } else (member.state === "named" ? named : spoken).push(id);
    // The next ten are known before the whole list was looked at.
    if (kind === "ring" && spoken.length === count) break;
  }
  const ids = pick(spoken, self, kind, count);
  const wanted = [...ids, ...named.slice(0, count - ids.length)];
  return { wanted: wanted.map((id) => by_id.get(id)!), silent };
}

/** Some of the ids, which are in the order of the ring from `self` on. */
function pick(ids: readonly Id[], self: Id, kind: OverlayKind, count: number): Id[] {
  if (kind === "ring" || ids.length <= count) return ids.slice(0, count);
  const chosen = new Set(ids.slice(0, NEAREST));
  const here = placeOf(self);
  for (const distance of fingerDistances(ids.length, count - NEAREST)) {
    chosen.add(ids[firstAt(ids, here, distance)]);
  }
  // Fingers that meet leave room for the next nearest.
  for (const id of ids) {
    if (chosen.size >= count) break;
    chosen.add(id);
  }
  return [...chosen];
}

/** How far fingers reach, as parts of the ring: from half of it down to just beyond the nearest. */
export function fingerDistances(members: number, count: number): number[] {
  // Rounded, so that a few members more or less change nothing.
  const size = 2 ** Math.round(Math.log2(members));
  const factor = Math.max(1, size / 2 / NEAREST) ** (1 / count);
  return Array.from({ length: count }, (_, at) => 0.5 / factor ** at);
}

/** Index of the first id that is at least so far from `here`, or the last. */
function firstAt(ids: readonly Id[], here: number, distance: number): number {
  let low = 0, high = ids.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((placeOf(ids[middle]) - here + 1) % 1 < distance) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where on the ring an id is, from 0 to below 1. */
export function placeOf(id: Id): number {
  let place = 0, unit = 1;
  for (const char of id.slice(0, PLACE_CHARS)) {
    unit /= DIGITS.length;
    place += DIGITS.indexOf(char) * unit;
  }
  return place;
}

/** Index of the first id that is not before the given one. */
function indexAfter(sorted: readonly Id[], id: Id): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
