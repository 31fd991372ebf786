/** What follows from the imports: circles, and arrows that go up. */

import { CORE_FILES } from "../room_list.ts";
import { layerOf, roomOf, whyNot } from "../walls.ts";
import type { Import, Place } from "./facts.ts";

/**
 * The strongly connected components with more than one member, or with an arrow to itself: Tarjan 1972.
 * Members and components are sorted, larger components first.
 */
export function cycles(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string) => {
    order.set(node, order.size);
    low.set(node, order.get(node)!);
    stack.push(node);
    for (const next of arrows.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      // What left the stack belongs to a component that is complete.
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== order.get(node)) return;
    const members = stack.splice(stack.indexOf(node));
    if (members.length > 1 || arrows.get(node)?.has(node)) found.push(members.sort());
  };
  for (const node of [...arrows.keys()].sort()) if (!order.has(node)) visit(node);
  return found.sort((a, b) => b.length - a.length || (a[0] < b[0] ? -1 : 1));
}

function arrowsBetween(
  imports: readonly Import[],
  nameOf: (path: string) => string | null,
  withItself: boolean,
): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  for (const { place, target } of imports) {
    const [from, to] = [nameOf(place.path), nameOf(target)];
    if (from === null || to === null || (from === to && !withItself)) continue;
    const known = arrows.get(from);
    if (known === undefined) arrows.set(from, new Set([to]));
    else known.add(to);
  }
  return arrows;
}

/** Circles of imports among files. */
export function fileCycles(imports: readonly Import[]): string[][] {
  return cycles(arrowsBetween(imports, (path) => path, true));
}

/** Circles of imports among the rooms of src/core; the files beside them count as rooms. */
export function roomCycles(imports: readonly Import[]): string[][] {
  return cycles(arrowsBetween(imports, roomOf, false));
}

/** The imports that go around in one circle. */
export function within(
  imports: readonly Import[],
  members: readonly string[],
  nameOf: (path: string) => string | null = (path) => path,
): Place[] {
  const inside = (path: string) => members.includes(nameOf(path) ?? "");
  return imports.filter(({ place, target }) =>
    inside(place.path) && inside(target) && (nameOf(place.path) !== nameOf(target))
  ).map(({ place }) => place);
}

/** The imports that go up, in the order of rooms and layers, or sideways between two layers. */
export function arrowsUp(imports: readonly Import[]): Place[] {
  return imports.flatMap(({ place, target }) => {
    const why = whyNot(place.path, target);
    return why === null ? [] : [{ ...place, what: `${place.what}, but ${why}` }];
  });
}

/** The folders directly in src/core, sorted. */
export function roomFolders(paths: readonly string[]): string[] {
  const rooms = paths.filter((path) => layerOf(path) === "core").map((path) => path.split("/"));
  return [...new Set(rooms.filter((parts) => parts.length > 3).map((parts) => parts[2]))].sort();
}

/** The files directly in src/core that do not belong there. */
export function strayFiles(paths: readonly string[]): string[] {
  const allowed = new Set<string>(CORE_FILES);
  return paths.filter((path) => /^src\/core\/[^/]+$/.test(path) && !allowed.has(roomOf(path)!));
}
