/** The way of a node's user where there are no sockets: who may use it, and how its files go. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { STRANGERS_PER_HOST_MAX } from "../../../../src/core/data/limits.ts";
import { GONE, localSocketOf, LocalTransport } from "../../../../src/shell/net/local.ts";
import { TokenTrials } from "../../../../src/shell/net/token_link.ts";
import type { Connection } from "../../../../src/shell/net/transport.ts";
import { makeStale, names, test, Told } from "../../../helpers/local_ends.ts";

/** A node without a socket, and what it was told; its file has its token. */
function tokenNode(place: string, port = 7000) {
  const told = new Told(), path = `${place}/${port}-${Deno.pid}.token`;
  const node = new LocalTransport(told, () => [place], false);
  node.listen("127.0.0.1", port);
  return { told, node, path, ...JSON.parse(Deno.readTextFileSync(path)) };
}

/** Leads to a port with a token, as the file of a node does. */
function writeToken(path: string, port: number, token = new Uint8Array(32)): void {
  const text = token.toBase64({ alphabet: "base64url", omitPadding: true });
  Deno.writeTextFileSync(path, JSON.stringify({ port, token: text }));
}

/** Dials what stands at a path; gives what was told first. */
async function dial(path: string): Promise<Connection | string> {
  const told = new Told(), guest = new LocalTransport(told);
  guest.dial(path);
  const first = await told.first;
  await guest.close();
  return first;
}

test("`LocalTransport.listen()` makes a file of mode 0600 where there are no sockets", async (place) => {
  const { node, path, token } = tokenNode(place);
  assertEquals(names(place), [`7000-${Deno.pid}.token`]);
  const { isFile, mode, uid } = Deno.lstatSync(path);
  assertEquals([isFile, mode! & 0o777, uid], [true, 0o600, Deno.uid()]);
  assertEquals(token.length, 43);
  await node.close();
  assertEquals(names(place), []);
  const again = tokenNode(place);
  assertNotEquals(again.token, token);
  await again.node.close();
});

test("`LocalTransport` tells both ends that the other is the user, by the token", async (place) => {
  const { told, node } = tokenNode(place);
  const near = new Told(), guest = new LocalTransport(near);
  guest.dial(localSocketOf("localhost:7000", [place])!.path);
  for (const { first } of [near, told]) {
    const { own, remote_host } = await first as Connection;
    assertEquals([own, remote_host], [true, "local"]);
  }
  await Promise.all([guest.close(), node.close()]);
});

test("`LocalTransport` hears nothing of who has another token, or none", async (place) => {
  const { told, node, port } = tokenNode(place);
  writeToken(`${place}/7001-1.token`, port);
  assertEquals(await dial(`${place}/7001-1.token`), "the node closed the link");
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const hello = '{"k":"hello","v":1,"network":"rumor","guest":true}\n';
  await conn.write(new TextEncoder().encode(hello.repeat(2)));
  const bytes = (await new Response(conn.readable).bytes()).length;
  assertEquals(bytes, 32);
  await node.close();
  assertEquals(await Promise.race([told.first, "nothing"]), "nothing");
});

test("`LocalTransport.dial()` removes a token that leads to nobody, or to somebody else", async (place) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr;
  const path = `${place}/7000-1.token`;
  const heard: Uint8Array[] = [];
  const serving = (async () => {
    using conn = await listener.accept();
    await conn.write(new Uint8Array(64));
    const buffer = new Uint8Array(1_000);
    for (let count; (count = await conn.read(buffer)) !== null;) heard.push(buffer.slice(0, count));
  })();
  const token = new Uint8Array(32).fill(77);
  writeToken(path, port, token);
  assertEquals(await dial(path), GONE);
  await serving;
  listener.close();
  const said = Buffer.concat(heard);
  assertEquals([said.length, said.includes(Buffer.from(token))], [64, false]);
  assertEquals(names(place), []);
  writeToken(path, port, token);
  assertEquals(await dial(path), GONE);
  assertEquals(names(place), []);
  Deno.writeTextFileSync(path, "no token");
  assertEquals(await dial(path), GONE);
  assertEquals(names(place), []);
  assertEquals(await dial(path), GONE);
});

test("`LocalTransport.listen()` removes tokens of nodes that are gone, and no others", async (place) => {
  const other = tokenNode(place, 7001), gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  gone.close();
  writeToken(`${place}/7002-1.token`, gone.addr.port);
  makeStale(`${place}/7003-1.sock`);
  const { node, told } = tokenNode(place);
  // It looks at its neighbour, too.
  await other.told.first;
  await node.close();
  assertEquals(names(place), [`7001-${Deno.pid}.token`]);
  await other.node.close();
  assertEquals(await Promise.race([told.first, "nothing"]), "nothing");
});

test("`LocalTransport.close()` ends a dial, and keeps the token of a node that does not answer", async (place) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  writeToken(`${place}/7000-1.token`, listener.addr.port);
  const guest = new LocalTransport(new Told());
  const dialled = guest.dial(`${place}/7000-1.token`);
  using _conn = await listener.accept();
  await guest.close();
  await dialled;
  assertEquals(names(place), ["7000-1.token"]);
});

test("`TokenTrials` closes who says too little in time", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(await new TokenTrials(1).admit(await listener.accept(), new Uint8Array(32)), false);
  await conn.readable.cancel();
});

test("`TokenTrials` closes the oldest of too many, so that the user gets in", async (place) => {
  const { node, port, path } = tokenNode(place);
  await using stack = new AsyncDisposableStack();
  const silent: Deno.TcpConn[] = [];
  for (let at = 0; at < STRANGERS_PER_HOST_MAX; at++) {
    silent.push(stack.use(await Deno.connect({ hostname: "127.0.0.1", port })));
    // It is one of those that are tried, as soon as it hears the nonce.
    assertEquals(await silent[at].read(new Uint8Array(32)), 32);
  }
  assertEquals(typeof await dial(path), "object");
  assertEquals(await silent[0].read(new Uint8Array(1)).catch(() => null), null);
  await node.close();
});
