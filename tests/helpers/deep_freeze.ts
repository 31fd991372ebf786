/** Freezing, so that a reducer that changes its input throws. */

import { AppendLog } from "../../src/core/data/append_log.ts";
import { SharedMap } from "../../src/core/data/shared_map.ts";

const frozen = new WeakSet<object>();

/**
 * Freezes a value and all that it holds; maps and sets throw when they are changed. Bytes cannot be
 * frozen, nor what a class keeps in private fields: compare pictures for those.
 */
export function deepFreeze<T>(value: T): T {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null || frozen.has(next)) continue;
    if (ArrayBuffer.isView(next)) continue;
    frozen.add(next);
    if (next instanceof Map || next instanceof Set) forbidChanges(next);
    if (next instanceof Map || next instanceof SharedMap) {
      for (const [key, part] of next.entries()) open.push(key, part);
    } else if (next instanceof Set) open.push(...next);
    else if (next instanceof AppendLog) { for (const part of next.from()) open.push(part); }
    for (const part of Object.values(next)) open.push(part);
    Object.freeze(next);
  }
  return value;
}

function forbidChanges(collection: object): void {
  for (const name of ["set", "add", "delete", "clear"]) {
    Object.defineProperty(collection, name, {
      value: () => {
        throw new TypeError(`${name}() on a frozen ${collection.constructor.name}`);
      },
    });
  }
}
