import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { REQUESTS_MAX } from "../../../../src/apps/files/limits.ts";
import type { Link } from "../../../../src/apps/files/link.ts";
import type { Got, Range } from "../../../../src/apps/files/tasks.ts";
import type { Connection } from "../../../../src/apps/files/worker/connection.ts";
import { dial } from "../../../../src/apps/files/worker/dialer.ts";
import { Holder, never, until } from "./ends.ts";
import { FakeClock } from "./fake_clock.ts";
import { contentOf, good, linkOf } from "./fake_disk.ts";

const link = linkOf(10_000_000);
const piece = (at: number): Range => ({ level: 0, first: at * 32, count: 32 });

/** Asks, and checks that the bytes are the right ones. */
function ask(connection: Connection, of: Link, range: Range, signal = never): Promise<Got> {
  return connection.ask(of, range, signal, (bytes) => {
    assertEquals(bytes, contentOf(of, range));
    return Promise.resolve(good(range));
  });
}

Deno.test("`Connection.ask()` gets chunks of each level, many at a time, in the order of the requests", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, null);
  const { connection } = await holder.connect();
  const ranges = Array.from({ length: 30 }, (_, at) => piece(at));
  ranges.push({ level: 1, first: 0, count: 5 }, { level: 2, first: 0, count: 1 });
  ranges.push({ level: 0, first: 1_220, count: 1 });
  const order: Range[] = [];
  await Promise.all(
    ranges.map((range) => ask(connection, link, range).then(() => order.push(range))),
  );
  assertEquals(order, ranges);
  assertEquals(holder.disk.reads, ranges);
});

Deno.test("`Connection.ask()` is told where the holder does not have the chunks; the next are asked all the same", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, null);
  const { connection } = await holder.connect();
  const lacking = ask(connection, linkOf(9_000), { level: 0, first: 0, count: 2 });
  const there = ask(connection, link, piece(0));
  assertEquals(await lacking, {
    good: [],
    wrong: false,
    why: "it does not have them now",
    stuck: null,
  });
  assertEquals(await there, good(piece(0)));
});

Deno.test("`Connection.ask()` refuses at once what the file does not have", async () => {
  using holder = new Holder();
  const { connection } = await holder.connect();
  assertThrows(() => ask(connection, link, piece(40)), Error, "no such chunks");
});

Deno.test("`Connection.ask()` keeps requests back beyond what a holder takes", async () => {
  using holder = new Holder();
  const { connection } = await holder.connect();
  const gate = Promise.withResolvers<void>();
  holder.disk.gate = gate.promise;
  const small = linkOf(8_192);
  holder.disk.files.set(small, null);
  const all = Array.from({ length: 2 * REQUESTS_MAX }, () => {
    return ask(connection, small, { level: 0, first: 0, count: 1 });
  });
  await until(() => holder.disk.reads.length > 0);
  gate.resolve();
  assertEquals((await Promise.all(all)).length, 2 * REQUESTS_MAX);
});

Deno.test("`Connection.ask()` that is cancelled is not read where it still waits, and dropped where it comes", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, null);
  const { connection } = await holder.connect();
  const gate = Promise.withResolvers<void>();
  holder.disk.gate = gate.promise;
  const control = new AbortController();
  const asked = [0, 1, 2, 3].map((at) => {
    return ask(connection, link, piece(at), at === 3 ? never : control.signal);
  });
  const cancelled = asked.slice(0, 3).map((one) => assertRejects(() => one, DOMException));
  await until(() => holder.disk.reads.length > 0);
  control.abort();
  await Promise.all(cancelled);
  // A word behind it tells that the holder has heard of it.
  const { news, connection: other } = await holder.connect("cleo");
  other.watch(link);
  await until(() => news.length > 0);
  gate.resolve();
  assertEquals(await asked[3], good(piece(3)));
  assertEquals(holder.disk.reads, [piece(0), piece(3)]);
});

Deno.test("`Connection.ask()` fails when the holder is gone", async () => {
  const holder = new Holder();
  holder.disk.files.set(link, null);
  holder.disk.gate = new Promise(() => {});
  const { connection } = await holder.connect();
  const asked = ask(connection, link, piece(0));
  await until(() => holder.disk.reads.length > 0);
  holder.listener.close();
  await assertRejects(() => asked, Error, "it closed the connection");
  assertEquals(await connection.ended, "it closed the connection");
  assertThrows(() => ask(connection, link, piece(0)), Error, "it closed the connection");
});

Deno.test("`Connection.watch()` hears what a holder has, then as it gets more, and that it has it no more", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, [[0, 3]]);
  const { connection, news } = await holder.connect();
  connection.watch(link);
  connection.watch(linkOf(5));
  await until(() => news.length === 2);
  for (const has of [[[0, 4]], [[0, 5]], [[0, 6]]] as const) {
    holder.disk.files.set(link, has);
    holder.listener.more(link);
  }
  await until(() => news.length === 3);
  holder.disk.files.set(link, null);
  holder.clock.advance(200);
  await until(() => news.length === 4);
  holder.disk.unshare(link);
  holder.listener.more(link);
  holder.clock.advance(200);
  await until(() => news.length === 5);
  const said = news.map(({ link: of, has }) => of === link ? has : "other");
  assertEquals(said, [[[0, 3]], "other", [[0, 6]], null, []]);
});

Deno.test("`Connection.forget()` hears no more of a file", async () => {
  using holder = new Holder();
  const { connection, news } = await holder.connect();
  connection.watch(link);
  await until(() => news.length === 1);
  connection.forget(link);
  holder.listener.more(link);
  holder.disk.files.set(linkOf(5), null);
  connection.watch(linkOf(5));
  await until(() => news.length === 2);
  assertEquals(news[1], { link: linkOf(5), has: null });
});

Deno.test("`Connection` closes when it was idle for a minute, but not while it asks or watches", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, [[0, 3]]);
  const { connection, news } = await holder.connect();
  let why: string | null = null;
  connection.ended.then((said) => why = said);
  connection.watch(link);
  await until(() => news.length === 1);
  await holder.pass(300);
  assertEquals(why, null);
  connection.forget(link);
  assertEquals(holder.listener.counts.served, 2);
  await holder.pass(59);
  assertEquals(why, null);
  await holder.pass(2);
  assertEquals(why, "it was idle");
  await until(() => holder.listener.counts.served === 1);
});

Deno.test("`Connection` closes when it was idle for a minute and watches only what the holder has whole", async () => {
  using holder = new Holder();
  holder.disk.files.set(link, null);
  const { connection, news } = await holder.connect();
  connection.watch(link);
  await until(() => news.length === 1);
  await holder.pass(62);
  assertEquals(await connection.ended, "it was idle");
});

Deno.test("`dial()` is told why it is not let in", async () => {
  using holder = new Holder();
  const door = { host: "127.0.0.1", ...holder.listener.admit("ben") };
  const bad = { ...door, token: `${door.token}A` };
  await assertRejects(() => dial(bad, holder.clock, never), Error, "does not let this node in");
  holder.clock.advance(600_000);
  await assertRejects(() => dial(door, holder.clock, never), Error, "does not let this node in");
  assertEquals(holder.listener.counts, { strangers: 0, served: 0 });
});

Deno.test("`dial()` says that nobody listens, and does not begin when it is cancelled", async () => {
  const clock = new FakeClock(), listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const door = { host: "127.0.0.1", port: listener.addr.port, token: "t" };
  listener.close();
  await assertRejects(() => dial(door, clock, never), Error, "connection refused");
  await assertRejects(() => dial(door, clock, AbortSignal.abort()), DOMException);
  assertEquals(clock.next_ms, null);
});
