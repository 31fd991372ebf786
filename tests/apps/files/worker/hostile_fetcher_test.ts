import { assert, assertEquals } from "@std/assert";
import {
  CONNECTIONS_BY_HOST_MAX,
  CONNECTIONS_BY_PEER_MAX,
  REQUESTS_MAX,
  STRANGERS_BY_HOST_MAX,
  WATCHES_MAX,
} from "../../../../src/apps/files/limits.ts";
import { Holder, type RawPeer, turn, until } from "./ends.ts";
import { linkOf } from "./fake_disk.ts";

const link = linkOf(10_000_000);
const askOf = (n: number) => ({ k: "ask", n, link, level: 0, first: 0, count: 32 });

/** What no holder waits for. */
const GARBAGE: readonly (readonly [name: string, bytes: string | Uint8Array])[] = [
  ["bytes that are no text", new Uint8Array([0xff, 0xfe, 0x0a])],
  ["HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a line that is too long", "x".repeat(100_000)],
  ["deep JSON", `${"[".repeat(400)}\n`],
  ["an empty line", "\n"],
];

for (const [name, bytes] of GARBAGE) {
  Deno.test(`a holder closes a stranger that sends ${name}`, async () => {
    using holder = new Holder();
    const raw = await holder.raw();
    await raw.write(bytes);
    await raw.closed();
    await until(() => holder.listener.counts.strangers === 0);
  });

  Deno.test(`a holder closes a node that it let in and that sends ${name}`, async () => {
    using holder = new Holder();
    const raw = await holder.rawGuest();
    await raw.write(bytes);
    await raw.closed();
    await until(() => holder.listener.counts.served === 0);
  });
}

Deno.test("a holder says to a stranger without a good token, or of another version, why it closes", async () => {
  using holder = new Holder();
  for (
    const [opening, why] of [[{ v: 1, token: "x" }, "token"], [{ v: 2, token: "" }, "version"]]
  ) {
    const raw = await holder.raw();
    await raw.say({ k: "files", ...opening as object });
    assertEquals(await raw.hear(), { k: "bye", why });
    await raw.closed();
  }
});

Deno.test("a holder closes a stranger that says nothing, or says it byte by byte, within 5 s", async () => {
  using holder = new Holder();
  const silent = await holder.raw(), slow = await holder.raw();
  await until(() => holder.listener.counts.strangers === 2);
  for (let second = 0; second < 5; second++) {
    await slow.write("{");
    assertEquals(holder.listener.counts.strangers, 2);
    holder.clock.advance(1_000);
  }
  await Promise.all([silent.closed(), slow.closed()]);
  await until(() => holder.listener.counts.strangers === 0);
});

Deno.test("the oldest stranger of a host gives way to a new one, and good ones get in all the while", async () => {
  using holder = new Holder();
  const strangers: RawPeer[] = [];
  for (let at = 0; at < STRANGERS_BY_HOST_MAX + 3; at++) strangers.push(await holder.raw());
  await Promise.all(strangers.slice(0, 3).map((raw) => raw.closed()));
  await until(() => holder.listener.counts.strangers === STRANGERS_BY_HOST_MAX);
  await holder.connect();
  await strangers[3].closed();
  assertEquals(holder.listener.counts, { strangers: STRANGERS_BY_HOST_MAX - 1, served: 1 });
});

Deno.test("a holder turns away a host that has as many connections as it may", async () => {
  using holder = new Holder();
  for (let at = 0; at < CONNECTIONS_BY_HOST_MAX; at++) await holder.rawGuest(`eve ${at}`);
  const raw = await holder.raw();
  await raw.say({ k: "files", v: 1, token: holder.listener.admit("ben").token });
  assertEquals(await raw.hear(), { k: "bye", why: "busy" });
});

Deno.test("a node's oldest connection gives way to its new one", async () => {
  using holder = new Holder();
  const all: RawPeer[] = [];
  for (let at = 0; at < CONNECTIONS_BY_PEER_MAX + 1; at++) all.push(await holder.rawGuest());
  await all[0].closed();
  await until(() => holder.listener.counts.served === CONNECTIONS_BY_PEER_MAX);
  await all[1].say({ k: "ping" });
  assertEquals(await all[1].hear(), { k: "pong" });
});

Deno.test("a holder closes a node that asks for too much at once", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, null);
  holder.disk.gate = new Promise(() => {});
  const raw = await holder.rawGuest();
  for (let n = 0; n < REQUESTS_MAX; n++) await raw.say(askOf(n));
  await holder.pass(1);
  assertEquals(holder.listener.counts.served, 2);
  await raw.say(askOf(REQUESTS_MAX));
  await raw.closed();
  assertEquals(holder.disk.reads.length, 1);
});

Deno.test("a holder closes a node that reads nothing of what it asked for, having read little of it", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, null);
  const raw = await holder.rawGuest();
  for (let n = 0; n < REQUESTS_MAX; n++) await raw.say(askOf(n));
  while (holder.listener.counts.served > 0) {
    // It is not for silence that it is closed.
    await raw.say({ k: "ping" });
    holder.clock.advance(1_000);
    await turn();
  }
  assert(holder.disk.reads.length < REQUESTS_MAX, `${holder.disk.reads.length}`);
});

Deno.test("a holder closes a node that is silent for 75 s, not one that pings", async () => {
  using holder = new Holder();
  const raw = await holder.rawGuest();
  await holder.pass(74);
  assertEquals(holder.listener.counts.served, 2);
  await holder.pass(3);
  await raw.closed();
  await until(() => holder.listener.counts.served === 1);
});

Deno.test("a holder forgets what was watched first beyond the limit", async () => {
  using holder = new Holder();
  const raw = await holder.rawGuest();
  for (let size = 0; size <= WATCHES_MAX; size++) {
    await raw.say({ k: "watch", link: linkOf(size) });
    assertEquals(await raw.hear(), { k: "has", link: linkOf(size), has: [] });
  }
  holder.listener.more(linkOf(0));
  holder.listener.more(linkOf(1));
  assertEquals(await raw.hear(), { k: "has", link: linkOf(1), has: [] });
});

Deno.test("a holder never tells of more runs than fit into a line", async () => {
  using holder = new Holder();
  const huge = linkOf(Number.MAX_SAFE_INTEGER);
  const runs = Array.from({ length: 5_000 }, (_, at) => [1_099_511_000_000 + 2 * at, 1] as const);
  holder.disk.files.set(huge, runs);
  const { connection, news } = await holder.connect();
  connection.watch(huge);
  await until(() => news.length === 1);
  assertEquals(news[0].has, runs.slice(0, 1_000));
});

Deno.test("a holder answers `no` to what is dropped, in order", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, null);
  const gate = Promise.withResolvers<void>();
  holder.disk.gate = gate.promise;
  const raw = await holder.rawGuest();
  for (const n of [7, 8, 9]) await raw.say({ ...askOf(n), count: 1 });
  for (const n of [8, 7, 3]) await raw.say({ k: "drop", n });
  await holder.pass(1);
  gate.resolve();
  assertEquals([await raw.hear(), await raw.hear()], [{ k: "no", n: 7 }, { k: "no", n: 8 }]);
  assertEquals(await raw.hear(), { k: "data", n: 9, bytes: 8_192 });
  assertEquals(holder.disk.reads.length, 2);
});
