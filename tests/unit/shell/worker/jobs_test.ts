import { assertEquals, assertThrows } from "@std/assert";
import { type JobNews, Jobs, type Worker } from "../../../../src/shell/worker/jobs.ts";

/** The work of one app, and what is told of it, as it is told. */
class Desk {
  readonly news: JobNews[] = [];
  readonly jobs: Jobs;
  #heard = Promise.withResolvers<void>();

  constructor(worker: Worker) {
    this.jobs = new Jobs({ a: worker }, (news) => {
      this.news.push(news);
      this.#heard.resolve();
    });
  }

  /** Resolves when so much was told. */
  async heard(count: number): Promise<readonly JobNews[]> {
    while (this.news.length < count) {
      this.#heard = Promise.withResolvers<void>();
      await this.#heard.promise;
    }
    return this.news;
  }
}

/** Works until it is told to end. */
const endless: Worker = (_, signal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });

Deno.test("`Jobs.start()` tells how far a job is, and what came of it", async () => {
  const desk = new Desk((task, _, report) => {
    report("half");
    return Promise.resolve(`all of ${task}`);
  });
  desk.jobs.start("a", 7, "it");
  // Never while the core is still at work.
  assertEquals(desk.news, []);
  assertEquals(await desk.heard(2), [
    { job: 7, result: "half", fault: null, done: false },
    { job: 7, result: "all of it", fault: null, done: true },
  ]);
});

Deno.test("`Jobs.start()` tells of what a worker throws, and does other jobs all the same", async () => {
  const desk = new Desk((task) => {
    if (task === "bad") throw new Error("it is bad");
    return Promise.resolve("good");
  });
  desk.jobs.start("a", 1, "bad");
  desk.jobs.start("a", 2, "good");
  const news = [...await desk.heard(2)].sort((a, b) => a.job - b.job);
  assertEquals(news, [
    { job: 1, result: null, fault: "it is bad", done: true },
    { job: 2, result: "good", fault: null, done: true },
  ]);
  assertThrows(() => desk.jobs.start("b", 3, null), Error, "b has no worker");
});

Deno.test("`Jobs.cancel()` ends one job, and leaves the others", async () => {
  const desk = new Desk(endless);
  desk.jobs.start("a", 1, null);
  desk.jobs.start("a", 2, null);
  desk.jobs.cancel(2);
  desk.jobs.cancel(99);
  assertEquals(await desk.heard(1), [{ job: 2, result: null, fault: "cancelled", done: true }]);
  desk.jobs.cancel(1);
  assertEquals((await desk.heard(2))[1].job, 1);
});

Deno.test("`Jobs.close()` ends all jobs without a word", async () => {
  const ended = Promise.withResolvers<void>();
  const desk = new Desk(async (task, signal, report) => {
    await endless(task, signal, report).catch(() => {});
    report("late");
    ended.resolve();
    return null;
  });
  desk.jobs.start("a", 1, null);
  await Promise.resolve();
  desk.jobs.close();
  await ended.promise;
  assertEquals(desk.news, []);
});
