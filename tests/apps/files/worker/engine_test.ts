import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type {
  Admitted,
  FilesTask,
  Opened,
  SharedFile,
  Target,
} from "../../../../src/apps/files/tasks.ts";
import { Engine, makeFilesWorker, type Thread } from "../../../../src/apps/files/worker/engine.ts";
import { good, linkOf } from "./fake_disk.ts";
import { never } from "./ends.ts";
import { Running } from "./tasks.ts";

const HOST = "127.0.0.1";
const URL_OF_THREAD = new URL("./fake_thread.ts", import.meta.url);
const ignore = () => {};

/** Where a file goes that may have any name. */
function targetIn(directory: string): Target {
  return {
    directory,
    name: "there",
    is_chosen: true,
    is_executable: false,
    force: false,
    passes: false,
  };
}

/** An engine whose threads have disks that are none, and are counted. */
class Watched {
  begun = 0;
  readonly ended: Promise<void>[] = [];
  readonly engine = new Engine({ host: HOST, data: null }, () => this.#begin());

  start(task: FilesTask): Running {
    return new Running(this.engine.work, task);
  }

  #begin(): Thread {
    this.begun++;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended.push(promise);
    const worker = new Worker(URL_OF_THREAD, { type: "module" });
    const terminate = worker.terminate.bind(worker);
    worker.terminate = () => {
      terminate();
      resolve();
    };
    return worker;
  }
}

Deno.test("`Engine.work()` does tasks in a thread, which lives as long as `open`", async () => {
  const anna = new Watched(), ben = new Watched();
  const [of_anna, of_ben] = [anna, ben].map((node) => {
    return node.start({ do: "open", upload_bytes_max: 100_000_000 });
  });
  const { port } = await of_anna.next() as Opened;
  await anna.start({ do: "share", path: "/1000000" }).done;
  const admitted = await anna.start({ do: "admit", peer: "ben", link: linkOf(1) }).done as Admitted;
  assertEquals(admitted.port, port);
  const dialled = ben.start({ do: "dial", peer: "anna", host: HOST, ...admitted });
  assertEquals(await dialled.next(), { dialled: true });
  const link = linkOf(1_000_000), target = targetIn("/");
  await ben.start({ do: "begin", fetch: 1, link, target }).done;
  const range = { level: 0, first: 0, count: 32 };
  const got = await ben.start({ do: "ask", fetch: 1, peer: "anna", range }).done;
  assertEquals(got, good(range));
  of_anna.cancel();
  await of_anna.done;
  await assertRejects(() => dialled.done, Error, "it closed the connection");
  of_ben.cancel();
  await Promise.all([...anna.ended, ...ben.ended]);
  assertEquals([anna.begun, ben.begun], [1, 1]);
});

Deno.test("`makeFilesWorker()` shares a file of the disk, and another fetches it", async () => {
  const place = Deno.makeTempDirSync();
  const content = Uint8Array.from({ length: 20_000 }, (_, at) => at * 7 >> 4);
  Deno.writeFileSync(`${place}/here`, content);
  const anna = makeFilesWorker({ host: HOST, data: `${place}/data` });
  const ben = makeFilesWorker({ host: HOST, data: null });
  const open = new Running(anna, { do: "open", upload_bytes_max: null });
  await open.next();
  const share = new Running(anna, { do: "share", path: `${place}/here` });
  const { link } = await share.done as SharedFile;
  const admitted = await new Running(anna, { do: "admit", peer: "ben", link: linkOf(1) })
    .done as Admitted;
  const dialled = new Running(ben, { do: "dial", peer: "anna", host: HOST, ...admitted });
  await dialled.next();
  await new Running(ben, { do: "begin", fetch: 1, link, target: targetIn(place) }).done;
  for (const range of [{ level: 1, first: 0, count: 1 }, { level: 0, first: 0, count: 3 }]) {
    const got = await new Running(ben, { do: "ask", fetch: 1, peer: "anna", range }).done;
    assertEquals(got, good(range));
  }
  await new Running(ben, { do: "finish", fetch: 1 }).done;
  assertEquals(Deno.readFileSync(`${place}/there`), content);
  for (const running of [dialled, open]) {
    running.cancel();
    await running.done.catch(ignore);
  }
  Deno.removeSync(place, { recursive: true });
});

Deno.test("`Engine.work()` cancels a task, and ends the thread where nothing is open", async () => {
  const node = new Watched();
  const endless = node.start({ do: "share", path: "/endless" });
  await endless.next();
  endless.cancel();
  await assertRejects(() => endless.done, Error);
  await node.ended[0];
  await node.start({ do: "share", path: "/5" }).done;
  assertEquals(node.begun, 2);
  await node.ended[1];
});

Deno.test("`Engine.work()` begins no thread for a task that is cancelled already", async () => {
  const node = new Watched();
  const task = { do: "share", path: "/5" };
  await assertRejects(() => node.engine.work(task, AbortSignal.abort(), ignore), DOMException);
  assertEquals(node.begun, 0);
});

Deno.test("`Engine.work()` fails all tasks of a thread that falls; the next gets a new one", async () => {
  const node = new Watched();
  const open = node.start({ do: "open", upload_bytes_max: null });
  await open.next();
  const falls = [open, node.start({ do: "share", path: "/crash" })];
  for (const { done } of falls) {
    const { message } = await assertRejects(() => done, Error);
    assertMatch(message, /^the thread of files fell: .*out of luck/);
  }
  await node.engine.work({ do: "share", path: "/5" }, never, ignore);
  assertEquals(node.begun, 2);
  await Promise.all(node.ended);
});

Deno.test("`Engine.work()` ends what else is under way with `open`", async () => {
  const node = new Watched();
  const open = node.start({ do: "open", upload_bytes_max: null });
  await open.next();
  const endless = node.start({ do: "share", path: "/endless" });
  await endless.next();
  open.cancel();
  await assertRejects(() => endless.done, Error, "the node is leaving");
  await Promise.all(node.ended);
});
