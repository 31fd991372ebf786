/** Waits until names that files got are on the disk: for many in one directory at once. */

import fs from "node:fs";

/** Syncs that are under way, and those that begin behind them. */
const running = new Map<string, Promise<void>>(), next = new Map<string, Promise<void>>();

/** Resolves when all that has a name in a directory by now still has it after a power failure. */
export function syncDirectory(path: string): Promise<void> {
  const known = next.get(path);
  if (known !== undefined) return known;
  // One that is under way may have begun before the last name was given.
  const due = (running.get(path) ?? Promise.resolve()).then(() => {
    next.delete(path);
    const now = sync(path).finally(() => {
      if (running.get(path) === now) running.delete(path);
    });
    running.set(path, now);
    return now;
  });
  next.set(path, due);
  return due;
}

/** Where the system cannot do that, as Windows cannot, nothing is to be done. */
function sync(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  fs.open(path, "r", (error, file) => {
    if (error !== null) return resolve();
    fs.fsync(file, () => fs.close(file, () => resolve()));
  });
  return promise;
}
