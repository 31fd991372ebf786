/** Bad datagrams: a node answers no stranger with more than it was sent, and goes on. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { randomBytes } from "node:crypto";
import { Arena, Memory } from "../helpers/arena.ts";
import { randomId } from "../helpers/raw_peer.ts";
import {
  CLOSE,
  COOKIE,
  KNOCK,
  LINES,
  makeDatagram,
  makeId,
  OPEN,
  PIECE,
  RawDatagrams,
  RESET,
} from "../helpers/raw_datagrams.ts";

/** The largest that UDP carries over IPv4. */
const LARGEST_BYTES = 65_507;
const GROWTH_MB = 200;

/** Two honest nodes that take datagrams, and the port of the first. */
async function start(transport: "udp" | "both"): Promise<{ arena: Arena; port: number }> {
  const arena = await Arena.start({ args: ["--transport", transport] });
  const address = await arena.address();
  return { arena, port: Number(address.slice(address.lastIndexOf(":") + 1)) };
}

function hello(id: string): string {
  const fields = { k: "hello", v: 1, network: "rumor", id, address: "udp:127.0.0.1:9", nonce: "n" };
  return `${JSON.stringify(fields)}\n`;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

Deno.test("a stranger's datagrams are answered with less than they are, or not at all", async () => {
  const { arena, port } = await start("udp");
  await using _arena = arena;
  await using raw = await RawDatagrams.open(port);
  const good = makeId(), cookie = join(await raw.cookie(good));
  const kinds = [0, KNOCK, COOKIE, OPEN, LINES, PIECE, CLOSE, RESET, 8, 255];
  const attacks = [
    new Uint8Array(0),
    new Uint8Array(1),
    new Uint8Array(LARGEST_BYTES),
    new Uint8Array(randomBytes(1_000)),
    ...kinds.flatMap((kind) => {
      const whole = makeDatagram(kind, makeId(), join(randomBytes(16)), 80);
      const cut = [2, 9, 10, 11, 25, 26, 63, 64].map((length) => whole.subarray(0, length));
      return [whole, ...cut, makeDatagram(kind, makeId(), "x\n", LARGEST_BYTES)];
    }),
    // A cookie of somebody else's connection, and one with a bit turned.
    makeDatagram(OPEN, makeId(), join(cookie, randomBytes(300))),
    makeDatagram(OPEN, good, join(cookie.map((byte, at) => at === 0 ? byte ^ 1 : byte))),
  ];
  for (const attack of attacks) {
    await using one = await RawDatagrams.open(port);
    await one.send(attack);
    const sent_bytes = one.sent_bytes, sent = one.received.length;
    await one.settle();
    const answers = one.received.slice(sent, -1);
    const bytes = answers.reduce((sum, answer) => sum + answer.length, 0);
    assert(bytes <= sent_bytes, `${bytes} bytes for ${attack.slice(0, 12)} of ${attack.length}`);
    assert(answers.every((answer) => answer[1] === COOKIE || answer[1] === RESET));
  }
  await arena.finish();
});

Deno.test("a cookie is of no use at another address", async () => {
  const { arena, port } = await start("udp");
  await using _arena = arena;
  await using victim = await RawDatagrams.open(port);
  await using liar = await RawDatagrams.open(port);
  const id = makeId(),
    cookie = await victim.cookie(id),
    hi = new TextEncoder().encode(hello(randomId()));
  const open = makeDatagram(OPEN, id, join(cookie, hi));
  const before = liar.received_bytes;
  for (let count = 0; count < 20; count++) await liar.send(open);
  assertEquals(liar.received_bytes, before);
  await liar.settle();
  assert(liar.received.every((bytes) => bytes[1] === COOKIE));
  // Where it was made it opens a connection, and the node says who it is.
  const answer = await victim.ask(open, LINES, id);
  assert(new TextDecoder().decode(answer).includes('"k":"hello"'));
  await arena.finish();
});

Deno.test("what was recorded and is sent again opens nothing", async () => {
  const { arena, port } = await start("udp");
  await using _arena = arena;
  await using raw = await RawDatagrams.open(port);
  const id = makeId(), cookie = await raw.cookie(id);
  const hi = new TextEncoder().encode(hello(randomId()));
  const open = makeDatagram(OPEN, id, join(cookie, hi));
  await raw.ask(open, LINES, id);
  await raw.ask(makeDatagram(CLOSE, id), RESET, id);
  await raw.settle();
  const before = raw.received.length;
  for (let count = 0; count < 50; count++) await raw.send(open);
  await raw.settle();
  assertEquals(raw.received.slice(before).filter((bytes) => bytes[1] === LINES).length, 0);
  await arena.finish();
});

Deno.test("guests, and those who lie in datagrams, are sent away; the others go on", async () => {
  const { arena, port } = await start("both");
  await using _arena = arena;
  const bodies: Record<string, string> = {
    "a guest": '{"k":"hello","v":1,"network":"rumor","guest":true}\n',
    "another network": hello(randomId()).replace('"rumor"', '"other"'),
    "no line of the protocol": "GET / HTTP/1.1\r\n",
    "a second hello": hello(randomId()) + hello(randomId()),
  };
  for (const [name, body] of Object.entries(bodies)) {
    await using raw = await RawDatagrams.open(port);
    const id = makeId(), cookie = await raw.cookie(id);
    const open = makeDatagram(OPEN, id, join(cookie, new TextEncoder().encode(body)));
    const goodbye = await raw.ask(open, CLOSE, id);
    assert(goodbye.length > 10 || raw.received.some((bytes) => bytes[1] === LINES), name);
  }
  await arena.finish();
});

Deno.test("a flood of datagrams costs bounded memory, and the nodes go on", async () => {
  const { arena, port } = await start("both");
  await using _arena = arena;
  const memory = new Memory(arena.target);
  await using stack = new AsyncDisposableStack();
  const flooders = await Promise.all(Array.from({ length: 4 }, () => RawDatagrams.open(port)));
  for (const flooder of flooders) stack.use(flooder);
  const opened = await Promise.all(flooders.map(async (flooder) => {
    const id = makeId(), cookie = await flooder.cookie(id);
    const open = makeDatagram(OPEN, id, join(cookie, new TextEncoder().encode(hello(randomId()))));
    await flooder.ask(open, LINES, id);
    return id;
  }));
  // Each says something else: strangers who knock, pieces of lines that never end, unknown ids.
  const makers = [
    () => makeDatagram(KNOCK, makeId(), "", 64),
    () =>
      makeDatagram(
        PIECE,
        opened[1],
        join(randomBytes(8), new Uint8Array([0, 1, 0, 200]), randomBytes(1_100)),
      ),
    () => makeDatagram(LINES, makeId(), randomBytes(200)),
    () => makeDatagram(OPEN, makeId(), randomBytes(300)),
  ];
  await Promise.all(flooders.map(async (flooder, index) => {
    for (let count = 0; count < 25_000; count += 50) {
      await Promise.all(Array.from({ length: 50 }, () => flooder.send(makers[index]())));
    }
  }));
  await arena.exchange();
  assertLess(memory.grown_mb, GROWTH_MB);
  const newcomer = await arena.newcomer(["--transport", "udp"]);
  await newcomer.waitForStdout(arena.said.length);
  arena.network.all.pop();
  await newcomer.closeStdin();
  assertEquals((await newcomer.result()).code, 0);
  await arena.finish();
});
