import { assertEquals, assertRejects } from "@std/assert";
import type { Admitted, FilesTask, Opened, Range } from "../../../../src/apps/files/tasks.ts";
import { Hands } from "../../../../src/apps/files/worker/hands.ts";
import { FakeClock } from "./fake_clock.ts";
import { contentOf, ENDLESS, FakeDisk, good, linkOf } from "./fake_disk.ts";
import { never, until } from "./ends.ts";
import { Running } from "./tasks.ts";

const HOST = "127.0.0.1";
const link = linkOf(100_000);
const range: Range = { level: 0, first: 3, count: 2 };
const target = {
  directory: "/",
  name: "a",
  is_chosen: true,
  is_executable: false,
  force: false,
  passes: false,
};

/** The hands of one node. */
class Node {
  readonly disk = new FakeDisk();
  readonly clock = new FakeClock();
  readonly hands = new Hands(HOST, this.disk, this.clock);

  start(task: FilesTask): Running {
    return new Running((one, signal, report) => {
      return this.hands.do(one as FilesTask, signal, report);
    }, task);
  }

  do(task: FilesTask): Promise<unknown> {
    return this.hands.do(task, never, () => {});
  }
}

/** Anna shares, and Ben is connected to her. */
class Two implements AsyncDisposable {
  readonly anna = new Node();
  readonly ben = new Node();
  readonly open = this.anna.start({ do: "open", upload_bytes_max: null });
  dialled!: Running;

  async connect(): Promise<void> {
    const { port } = await this.open.next() as Opened;
    const admitted = await this.anna.do({ do: "admit", peer: "ben", link: linkOf(1) }) as Admitted;
    assertEquals(admitted.port, port);
    this.dialled = this.ben.start({ do: "dial", peer: "anna", host: HOST, ...admitted });
    assertEquals(await this.dialled.next(), { dialled: true });
    await this.ben.do({ do: "begin", fetch: 1, link, target });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.open.cancel();
    await this.open.done;
    this.anna.hands.close();
    this.ben.hands.close();
  }
}

Deno.test("`Hands.do()` fetches what another shares, watches it, and ends all of it when told", async () => {
  await using two = new Two();
  await two.connect();
  const { anna, ben } = two;
  await ben.do({ do: "watch", peer: "anna", link });
  assertEquals(await two.dialled.next(), { link, has: [] });
  anna.disk.files.set(link, [[3, 2]]);
  anna.disk.onMore(link);
  assertEquals(await two.dialled.next(), { link, has: [[3, 2]] });
  assertEquals(await ben.do({ do: "ask", fetch: 1, peer: "anna", range }), good(range));
  assertEquals(ben.disk.puts, [{ range, is_right: true }]);
  await ben.do({ do: "finish", fetch: 1 });
  await assertRejects(
    () => ben.do({ do: "ask", fetch: 1, peer: "anna", range }),
    Error,
    "transfer",
  );
  two.dialled.cancel();
  await assertRejects(() => two.dialled.done, Error, "cancelled");
  await assertRejects(() => ben.do({ do: "watch", peer: "anna", link }), Error, "not connected");
});

Deno.test("`Hands.do()` tells who watches when a file is shared no more, or changed", async () => {
  await using two = new Two();
  await two.connect();
  const { anna, ben } = two;
  const [one, other] = [linkOf(1), linkOf(2)];
  for (const each of [one, other]) {
    anna.disk.files.set(each, null);
    await ben.do({ do: "watch", peer: "anna", link: each });
    assertEquals(await two.dialled.next(), { link: each, has: null });
  }
  await anna.do({ do: "unshare", link: one });
  assertEquals(await two.dialled.next(), { link: one, has: [] });
  anna.disk.files.delete(other);
  anna.disk.onChanged({ changed: other, why: "it shrank" });
  assertEquals(await two.dialled.next(), { link: other, has: [] });
  assertEquals(await two.open.next(), { changed: other, why: "it shrank" });
});

Deno.test("`Hands.do()` forgets what it watched only when nothing fetches it any more", async () => {
  await using two = new Two();
  await two.connect();
  const { anna, ben } = two;
  await ben.do({ do: "begin", fetch: 2, link, target });
  await ben.do({ do: "watch", peer: "anna", link });
  await two.dialled.next();
  await ben.do({ do: "stop", fetch: 1 });
  anna.disk.onMore(link);
  await two.dialled.next();
  await ben.do({ do: "stop", fetch: 2 });
  anna.disk.onMore(link);
  anna.clock.advance(200);
  await ben.do({ do: "watch", peer: "anna", link: linkOf(9) });
  assertEquals(await two.dialled.next(), { link: linkOf(9), has: [] });
});

Deno.test("`Hands.do()` lets one connection to a node stand", async () => {
  await using two = new Two();
  await two.connect();
  const admitted = await two.anna.do({ do: "admit", peer: "ben", link: linkOf(1) }) as Admitted;
  const again = two.ben.start({ do: "dial", peer: "anna", host: HOST, ...admitted });
  await assertRejects(() => again.done, Error, "connected already");
  await two.ben.do({ do: "watch", peer: "anna", link });
  assertEquals(await two.dialled.next(), { link, has: [] });
});

Deno.test("`Hands.do()` takes chunks that came another way, and reads them for others", async () => {
  const node = new Node();
  node.disk.files.set(link, null);
  const chunks = await node.do({ do: "read", link, range }) as readonly string[];
  assertEquals(chunks.map((chunk) => Uint8Array.fromBase64(chunk)), [
    contentOf(link, { ...range, count: 1 }),
    contentOf(link, { ...range, first: 4, count: 1 }),
  ]);
  await node.do({ do: "begin", fetch: 1, link, target });
  assertEquals(await node.do({ do: "put", fetch: 1, range, chunks }), good(range));
  const wrong = { good: [], wrong: true, why: null, stuck: null };
  for (const bad of [[], chunks.slice(1), ["?", "?"], [...chunks, chunks[0]]]) {
    assertEquals(await node.do({ do: "put", fetch: 1, range, chunks: bad }), wrong);
  }
  assertEquals(node.disk.puts.length, 1);
  const far = { do: "read", link, range: { ...range, first: 99 } } as const;
  await assertRejects(() => node.do(far), Error, "no such chunks");
});

Deno.test("`Hands.do()` shares and serves by the disk, and lets nobody in where nothing listens", async () => {
  const node = new Node();
  const file = await node.do({ do: "share", path: "/5" });
  node.disk.files.clear();
  await node.do({ do: "serve", file } as FilesTask);
  assertEquals(node.disk.has(linkOf(5)), null);
  const endless = node.start({ do: "share", path: "/endless" });
  assertEquals(await endless.next(), { hashed_bytes: 1, size: 2 });
  endless.cancel();
  await assertRejects(() => endless.done, DOMException);
  await assertRejects(
    () => node.do({ do: "admit", peer: "ben", link: linkOf(1) }),
    Error,
    "nothing listens",
  );
});

Deno.test("`Hands.do()` stops what it begins when that is cancelled", async () => {
  const node = new Node();
  const begun = node.start({ do: "begin", fetch: 1, link: ENDLESS, target });
  begun.cancel();
  await assertRejects(() => begun.done, Error, "stopped");
  const range = { level: 0, first: 0, count: 1 };
  const ask = { do: "ask", fetch: 1, peer: "anna", range } as const;
  await assertRejects(() => node.do(ask), Error, "no such transfer");
});

Deno.test("`Hands.do()` opens once, and ends its connections with that", async () => {
  await using two = new Two();
  await two.connect();
  const again = { do: "open", upload_bytes_max: null } as const;
  await assertRejects(() => two.anna.do(again), Error, "open already");
  two.open.cancel();
  assertEquals(await two.open.done, null);
  await assertRejects(() => two.dialled.done, Error, "it closed the connection");
  await until(() => two.anna.clock.next_ms === null);
});
