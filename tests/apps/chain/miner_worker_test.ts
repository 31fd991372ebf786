import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import type { Mined } from "../../../src/apps/chain/miner/task.ts";
import { Miner } from "../../../src/apps/chain/worker/mine.ts";
import { searchShare, Shared, SLICE, Thread } from "../../../src/apps/chain/worker/thread.ts";
import { type JobNews, Jobs } from "../../../src/shell/worker/jobs.ts";
import { headerWith, isGoodWith } from "./headers.ts";

/** All nonces are good, some of thousands, and none. */
const EASY = headerWith([]), FAIR = headerWith([0, 9]), NEVER = headerWith([], 0);

const never = new AbortController().signal;
const ignore = () => {};

/** A miner that is watched; its threads stay until it goes out of scope. */
class Watched {
  opened = 0;
  readonly miner = new Miner({
    open: () => {
      this.opened++;
      return new Thread();
    },
    warm_ms: 600_000,
  });

  mine(header: Uint8Array, threads: number): Promise<Mined> {
    return this.miner.work({ header, threads }, never, ignore) as Promise<Mined>;
  }

  /** Mines what cannot be mined until it says how far it is; then cancels it. */
  async mineInVain(threads: number): Promise<number> {
    const control = new AbortController();
    let tried = 0;
    const work = this.miner.work({ header: NEVER, threads }, control.signal, (progress) => {
      tried = (progress as Mined).hashes;
      // Threads that have just begun may not have a slice yet.
      if (tried > 0) control.abort();
    });
    await assertRejects(() => work, DOMException, "aborted");
    return tried;
  }

  [Symbol.dispose](): void {
    this.miner.close();
  }
}

Deno.test("`Miner.work()` finds good nonces with one thread and with several", async () => {
  using watched = new Watched();
  for (const threads of [1, 3, 2]) {
    const { nonce, hashes } = await watched.mine(FAIR, threads);
    assert(isGoodWith(FAIR, nonce));
    assert(hashes >= 1);
  }
  assertEquals(watched.opened, 3);
});

Deno.test("`Miner.work()` does several tasks at a time, each with threads of its own", async () => {
  using watched = new Watched();
  const control = new AbortController();
  const vain = watched.miner.work({ header: NEVER, threads: 1 }, control.signal, ignore);
  assert(isGoodWith(FAIR, (await watched.mine(FAIR, 1)).nonce));
  assertEquals(watched.opened, 2);
  control.abort();
  await assertRejects(() => vain, DOMException);
});

Deno.test("`Miner.work()` says how far it is, and stops at once for the next task", async () => {
  using watched = new Watched();
  assert(await watched.mineInVain(2) > 0);
  assertEquals((await watched.mine(EASY, 2)).nonce % SLICE, 0);
  assertEquals(watched.opened, 2);
});

Deno.test("`Miner.work()` begins no thread for a task that is cancelled already, or is none", async () => {
  using watched = new Watched();
  const task = { header: EASY, threads: 1 };
  await assertRejects(async () => await watched.miner.work(task, AbortSignal.abort(), ignore));
  await assertRejects(async () => await watched.miner.work({ ...task, threads: 0 }, never, ignore));
  assertEquals(watched.opened, 0);
});

Deno.test("a thread that falls is a fault of the job, and the next job gets a new one", async () => {
  const url = new URL("./falling_thread.ts", import.meta.url);
  let opened = 0;
  const miner = new Miner({
    open: () => opened++ > 0 ? new Thread() : new Thread(new Worker(url, { type: "module" })),
    warm_ms: 600_000,
  });
  const news: JobNews[] = [];
  const told = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const jobs = new Jobs({ chain: miner.work }, (one) => {
    if (one.done) told[news.push(one) - 1].resolve();
  });
  for (const [job, { promise }] of told.entries()) {
    jobs.start("chain", job, { header: EASY, threads: 1 });
    await promise;
  }
  assertEquals(news[0].result, null);
  assertMatch(news[0].fault!, /^a mining thread fell: .*out of luck/);
  assertEquals(news[1].fault, null);
  assertEquals(opened, 2);
  miner.close();
});

Deno.test("`Miner` ends its threads when nothing is mined for a while", async () => {
  const ended = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let opened = 0;
  const open = () => {
    const { resolve } = ended[opened++];
    return new class extends Thread {
      override close(): void {
        super.close();
        resolve();
      }
    }();
  };
  const miner = new Miner({ open, warm_ms: 0 });
  await miner.work({ header: EASY, threads: 2 }, never, ignore);
  await Promise.all(ended.map(({ promise }) => promise));
});

Deno.test("`Thread.close()` ends a thread in the middle of a search", () => {
  const thread = new Thread();
  const { memory } = new Shared();
  thread.search({ header: NEVER, place: 0, threads: 1, memory });
  thread.close();
});

Deno.test("`searchShare()` begins with the slice of its place, and stops the others", () => {
  const share = (shared: Shared, place: number) =>
    searchShare({ header: EASY, place, threads: 3, memory: shared.memory });
  for (const place of [0, 1, 2]) {
    const shared = new Shared();
    assert(!shared.stopped);
    assertEquals(share(shared, place), place * SLICE);
    assert(shared.stopped);
    assertEquals(shared.hashes, 1);
    assertEquals(share(shared, 0), null);
    assertEquals(shared.hashes, 1);
  }
});

Deno.test("`searchShare()` leaves the slices of others alone", () => {
  const shares = [0, 1].map((place) => {
    const shared = new Shared();
    const nonce = searchShare({
      header: headerWith([0, 2]),
      place,
      threads: 2,
      memory: shared.memory,
    });
    assert(nonce !== null);
    assertEquals(Math.floor(nonce / SLICE) % 2, place);
    const slices = Math.floor(nonce / (2 * SLICE));
    assertEquals(shared.hashes, slices * SLICE + nonce % SLICE + 1);
    return nonce;
  });
  assertNotEquals(shares[0], shares[1]);
});
