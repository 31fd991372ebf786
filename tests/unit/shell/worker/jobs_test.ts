import { assert, assertEquals } from "@std/assert";
import { type JobNews, Jobs, type Worker } from "../../../../src/shell/worker/jobs.ts";

/** A worker that does what it is told, when it is told. */
class Bench {
  readonly news: JobNews[] = [];
  readonly tasks: unknown[] = [];
  readonly jobs: Jobs;
  signal!: AbortSignal;
  report!: (result: unknown) => void;
  readonly end = Promise.withResolvers<unknown>();
  readonly #begun = Promise.withResolvers<void>();
  readonly #told = Promise.withResolvers<void>();

  constructor(more: Readonly<Record<string, Worker>> = {}) {
    const work: Worker = (task, signal, report) => {
      this.tasks.push(task);
      Object.assign(this, { signal, report });
      this.#begun.resolve();
      return this.end.promise;
    };
    this.jobs = new Jobs({ work, ...more }, (news) => {
      this.news.push(news);
      if (news.done) this.#told.resolve();
    });
  }

  /** Begins a job; resolves when the worker is at it. */
  async start(job = 7, task: unknown = { n: 1 }): Promise<void> {
    this.jobs.start("work", job, task);
    await this.#begun.promise;
  }

  /** Resolves when a job is over. */
  get over(): Promise<void> {
    return this.#told.promise;
  }
}

/** Resolves when everything that waits for nothing from outside has happened. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("`Jobs.start()` tells how far a job is, and what came of it", async () => {
  const bench = new Bench();
  await bench.start();
  assertEquals(bench.tasks, [{ n: 1 }]);
  bench.report("half");
  bench.report("nearly");
  bench.end.resolve({ found: 3 });
  await bench.over;
  const job = 7, fault = null;
  assertEquals(bench.news, [
    { job, result: "half", fault, done: false },
    { job, result: "nearly", fault, done: false },
    { job, result: { found: 3 }, fault, done: true },
  ]);
  // What it says later is of no job.
  bench.report("more");
  assertEquals(bench.news.length, 3);
});

Deno.test("`Jobs.start()` tells nothing before it returns", async () => {
  const eager: Worker = (task, _signal, report) => {
    report(task);
    return Promise.resolve("done");
  };
  const bench = new Bench({ eager });
  bench.jobs.start("eager", 1, "begun");
  assertEquals(bench.news, []);
  await bench.over;
  assertEquals(bench.news.map(({ result }) => result), ["begun", "done"]);
});

Deno.test("`Jobs.start()` makes a fault of what a worker throws, at once or later", async () => {
  const throws: Worker = () => {
    throw new Error("no such file");
  };
  for (const late of [false, true]) {
    const bench = new Bench({ throws });
    if (late) {
      await bench.start(1);
      bench.end.reject(new Error("no such file"));
    } else bench.jobs.start("throws", 1, null);
    await bench.over;
    assertEquals(bench.news, [{ job: 1, result: null, fault: "no such file", done: true }]);
  }
});

Deno.test("`Jobs.start()` keeps jobs apart", async () => {
  const ends = new Map<unknown, PromiseWithResolvers<unknown>>();
  const news: JobNews[] = [];
  const both = Promise.withResolvers<void>();
  const slow: Worker = (task) => {
    const end = Promise.withResolvers<unknown>();
    ends.set(task, end);
    return end.promise;
  };
  const jobs = new Jobs({ slow, other: slow }, (one) => {
    news.push(one);
    if (news.length === 2) both.resolve();
  });
  jobs.start("slow", 1, "a");
  jobs.start("other", 2, "b");
  await settle();
  jobs.cancel(1);
  ends.get("b")!.resolve("of b");
  ends.get("a")!.reject(new Error("stopped"));
  await both.promise;
  assertEquals(news, [
    { job: 2, result: "of b", fault: null, done: true },
    { job: 1, result: null, fault: "cancelled", done: true },
  ]);
});

Deno.test("`Jobs.cancel()` tells the worker, and that the job ended", async () => {
  const bench = new Bench();
  await bench.start();
  assert(!bench.signal.aborted);
  bench.jobs.cancel(7);
  assert(bench.signal.aborted);
  assertEquals(bench.news, []);
  bench.end.reject(bench.signal.reason);
  await bench.over;
  assertEquals(bench.news, [{ job: 7, result: null, fault: "cancelled", done: true }]);
});

Deno.test("`Jobs.cancel()` still tells what a worker made that was done all the same", async () => {
  const bench = new Bench();
  await bench.start();
  bench.jobs.cancel(7);
  bench.end.resolve("was quick");
  await bench.over;
  assertEquals(bench.news, [{ job: 7, result: "was quick", fault: null, done: true }]);
});

Deno.test("`Jobs.cancel()` of what is over, or never was, does nothing", async () => {
  const bench = new Bench();
  bench.jobs.cancel(1);
  await bench.start();
  bench.end.resolve("done");
  await bench.over;
  bench.jobs.cancel(7);
  assert(!bench.signal.aborted);
  assertEquals(bench.news.length, 1);
});

Deno.test("`Jobs.close()` cancels everything, and nothing more is told", async () => {
  const bench = new Bench();
  await bench.start();
  bench.jobs.close();
  assert(bench.signal.aborted);
  bench.report("half");
  bench.end.reject(bench.signal.reason);
  await settle();
  assertEquals(bench.news, []);
});

Deno.test("`Jobs.start()` ends a job at once where no app of that name has a worker", async () => {
  const bench = new Bench();
  bench.jobs.start("nobody", 1, null);
  await bench.over;
  const fault = "the app nobody has no worker";
  assertEquals(bench.news, [{ job: 1, result: null, fault, done: true }]);
});
