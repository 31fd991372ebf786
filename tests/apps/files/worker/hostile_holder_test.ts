import { assertEquals, assertRejects } from "@std/assert";
import { PUTS_MAX } from "../../../../src/apps/files/limits.ts";
import type { Got, Range } from "../../../../src/apps/files/tasks.ts";
import { dial } from "../../../../src/apps/files/worker/dialer.ts";
import { type Fetcher, never, RawHolder, type RawPeer, turn, until } from "./ends.ts";
import { good, linkOf } from "./fake_disk.ts";

const link = linkOf(10_000_000);
const range: Range = { level: 0, first: 0, count: 1 };
const ask = ({ connection }: Fetcher, put = () => Promise.resolve(good(range)), signal = never) =>
  connection.ask(link, range, signal, put);

/** What a holder says to a request, and why the connection then ends. */
const LIES: readonly (readonly [name: string, lie: unknown, why: string])[] = [
  ["an answer to another request", { k: "no", n: 5 }, "it answered what it was not asked"],
  ["no JSON", "data", "it sent what is no answer"],
  ["a line that is too long", "x".repeat(70_000), "it sent a line that is too long"],
  ["a goodbye", { k: "bye", why: "busy" }, "it ended the connection"],
];

for (const [name, lie, why] of LIES) {
  Deno.test(`a fetcher gives up a holder that sends ${name}`, async () => {
    using stage = new RawHolder();
    const { fetcher, holder } = await stage.meet();
    const asked = ask(fetcher);
    await holder.say(lie);
    await assertRejects(() => asked, Error, why);
    assertEquals(await fetcher.connection.ended, why);
    await holder.closed();
  });
}

for (const bytes of [0, 8_191, 8_193, 262_144, Number.MAX_SAFE_INTEGER]) {
  Deno.test(`a fetcher takes nothing of ${bytes} bytes where it asked for 8,192, and blames the holder`, async () => {
    using stage = new RawHolder();
    const { fetcher, holder } = await stage.meet();
    const asked = ask(fetcher, () => Promise.reject(new Error("nothing is to be put")));
    const next = ask(fetcher);
    await holder.say({ k: "data", n: 0, bytes });
    await assertRejects(() => next, Error, "another number of bytes");
    assertEquals(await asked, { good: [], wrong: true, why: null, stuck: null });
  });
}

Deno.test("a fetcher gives up a holder that was not asked", async () => {
  using stage = new RawHolder();
  const { fetcher, holder } = await stage.meet();
  await holder.say({ k: "data", n: 0, bytes: 8_192 });
  assertEquals(await fetcher.connection.ended, "it answered what it was not asked");
});

for (const has of [[[0, 0]], [[0, 1_222]], [[3, 1], [2, 1]], [[0, 1], [1, 1]], "all", { 0: 1 }]) {
  Deno.test(`a fetcher gives up a holder that claims to have ${JSON.stringify(has)}`, async () => {
    using stage = new RawHolder();
    const { fetcher, holder } = await stage.meet();
    fetcher.connection.watch(link);
    await holder.say({ k: "has", link, has });
    assertEquals(await fetcher.connection.ended, "it sent what are no runs of chunks");
    assertEquals(fetcher.news, []);
  });
}

Deno.test("a fetcher passes over news of what it does not watch, and lines that it does not know", async () => {
  using stage = new RawHolder();
  const { fetcher, holder } = await stage.meet();
  fetcher.connection.watch(link);
  await holder.say({ k: "has", link: linkOf(3), has: null });
  await holder.say({ k: "later" });
  await holder.say({ k: "has", link, has: [] });
  await until(() => fetcher.news.length > 0);
  assertEquals(fetcher.news, [{ link, has: [] }]);
});

Deno.test("a fetcher gives up a holder that stops within chunks", async () => {
  using stage = new RawHolder();
  const { fetcher, holder } = await stage.meet();
  const asked = ask(fetcher);
  await holder.say({ k: "data", n: 0, bytes: 8_192 });
  await holder.write(new Uint8Array(8_191));
  holder.close();
  await assertRejects(() => asked, Error, "it stopped within chunks");
});

/** Lets seconds pass, and the holder say a little in each. */
async function pass(stage: RawHolder, seconds: number, say = () => Promise.resolve()) {
  for (let at = 0; at < seconds; at++) {
    stage.clock.advance(1_000);
    await say();
  }
}

Deno.test("a fetcher gives up a holder that owes an answer and is silent for 15 s", async () => {
  using stage = new RawHolder();
  const { fetcher } = await stage.meet();
  await pass(stage, 10);
  const asked = ask(fetcher);
  await pass(stage, 14);
  fetcher.connection.watch(link);
  await pass(stage, 2);
  await assertRejects(() => asked, Error, "it answered nothing for 15 s");
});

Deno.test("a fetcher gives up a holder that answers no ping", async () => {
  using stage = new RawHolder();
  const { fetcher, holder } = await stage.meet();
  await pass(stage, 20);
  assertEquals(await holder.hear(), { k: "ping" });
  await pass(stage, 16);
  assertEquals(await fetcher.connection.ended, "it answered nothing for 15 s");
});

Deno.test("a fetcher does not give up a holder that is only slow", async () => {
  using stage = new RawHolder();
  const { fetcher, holder } = await stage.meet();
  const asked = ask(fetcher);
  await holder.say({ k: "data", n: 0, bytes: 8_192 });
  for (let part = 0; part < 8; part++) {
    const before = fetcher.wire.heard_bytes;
    await holder.write(new Uint8Array(1_024));
    await until(() => fetcher.wire.heard_bytes > before);
    await pass(stage, 10);
  }
  assertEquals(await asked, good(range));
});

/** Answers requests as they come, with nothing but zeros. */
async function answerZeros(holder: RawPeer, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await holder.say({ k: "data", n, bytes: 8_192 });
    await holder.write(new Uint8Array(8_192));
  }
}

Deno.test("a fetcher reads no more than the disk takes, and does not blame the holder for that", async () => {
  using stage = new RawHolder();
  const { fetcher, holder } = await stage.meet();
  const gate = Promise.withResolvers<Got>();
  let puts = 0;
  const put = () => {
    puts++;
    return gate.promise;
  };
  const asked = Array.from({ length: 2 * PUTS_MAX }, () => ask(fetcher, put));
  await answerZeros(holder, 2 * PUTS_MAX);
  await until(() => puts === PUTS_MAX);
  await pass(stage, 60, turn);
  assertEquals(puts, PUTS_MAX);
  gate.resolve(good(range));
  await Promise.all(asked);
  assertEquals(puts, 2 * PUTS_MAX);
});

Deno.test("a fetcher puts nothing of what it cancelled, though it comes", async () => {
  using stage = new RawHolder();
  const { fetcher, holder } = await stage.meet();
  const control = new AbortController();
  let puts = 0;
  const put = () => {
    puts++;
    return Promise.resolve(good(range));
  };
  const first = ask(fetcher, put, control.signal), second = ask(fetcher, put);
  control.abort();
  await assertRejects(() => first, DOMException);
  assertEquals([(await holder.hear()).n, (await holder.hear()).n, await holder.hear()], [0, 1, {
    k: "drop",
    n: 0,
  }]);
  await answerZeros(holder, 2);
  assertEquals(await second, good(range));
  assertEquals(puts, 1);
});

Deno.test("`dial()` gives up a holder that does not answer, or answers something else", async () => {
  using stage = new RawHolder();
  const door = { host: "127.0.0.1", port: stage.port, token: "t" };
  const silent = dial(door, stage.clock, never);
  const holder = await stage.accept();
  assertEquals(await holder.hear(), { k: "files", v: 1, token: "t" });
  stage.clock.advance(5_000);
  await assertRejects(() => silent, Error, "no answer within 5 s");
  await holder.closed();
  for (const answer of [{ k: "files", v: 2 }, { k: "pong" }, 3]) {
    const dialling = dial(door, stage.clock, never);
    const holder = await stage.accept();
    await holder.say(answer);
    await assertRejects(() => dialling, Error, "it answered what is no opening");
    await holder.closed();
  }
});

Deno.test("`dial()` that is cancelled closes what it opened", async () => {
  using stage = new RawHolder();
  const control = new AbortController();
  const door = { host: "127.0.0.1", port: stage.port, token: "t" };
  const dialling = dial(door, stage.clock, control.signal);
  const holder = await stage.accept();
  await holder.hear();
  control.abort();
  await assertRejects(() => dialling, Error);
  await holder.closed();
});
