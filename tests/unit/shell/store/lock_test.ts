/** The lock of a directory: a holder that ends just now is waited for. */

import { assertEquals } from "@std/assert";
import { openStore, TempDir } from "../../../helpers/stored.ts";

/** Does `work` whenever a lock was not to be had, until it is disposed of. */
function whenRefused(work: () => void): Disposable {
  const { prototype } = Deno.FsFile;
  const { tryLockSync } = prototype;
  prototype.tryLockSync = function (exclusive?: boolean): boolean {
    const locked = tryLockSync.call(this, exclusive);
    if (!locked) work();
    return locked;
  };
  return { [Symbol.dispose]: () => void (prototype.tryLockSync = tryLockSync) };
}

Deno.test("Store.open() waits for a lock that is released a moment later", () => {
  using temp = new TempDir();
  openStore(temp.dir).close();
  using holder = Deno.openSync(temp.path("lock"), { write: true });
  holder.lockSync(true);
  let refused = 0;
  using _ = whenRefused(() => {
    // As a process does whose end takes some time.
    if (++refused === 3) holder.unlockSync();
  });
  const store = openStore(temp.dir);
  assertEquals(store.reports, []);
  store.close();
  assertEquals(refused, 3);
});
