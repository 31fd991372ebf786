/** Local sockets: who may use them, how they are found, and how they go. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StoreError } from "../../../../src/shell/files/files.ts";
import {
  GONE,
  localSocketOf,
  localSockets,
  LocalTransport,
} from "../../../../src/shell/net/local.ts";
import type { Connection } from "../../../../src/shell/net/transport.ts";
import { makeStale, names, test, Told } from "../../../helpers/local_ends.ts";

test("`LocalTransport.listen()` makes a socket of mode 0600, which `close()` removes", async (place) => {
  const node = new LocalTransport(new Told(), () => [place]);
  assertEquals(node.listen("0.0.0.0", 7000), 7000);
  assertEquals(names(place), [`7000-${Deno.pid}.sock`]);
  const { isSocket, mode, uid } = Deno.lstatSync(`${place}/7000-${Deno.pid}.sock`);
  assertEquals([isSocket, mode! & 0o777, uid], [true, 0o600, Deno.uid()]);
  await node.close();
  assertEquals(names(place), []);
});

test("`LocalTransport` tells both ends that the other is the user", async (place) => {
  const near = new Told(), far = new Told();
  const node = new LocalTransport(far, () => [place]), guest = new LocalTransport(near);
  node.listen("127.0.0.1", 7000);
  guest.dial(localSocketOf("127.0.0.1:7000", [place])!.path);
  for (const { first } of [near, far]) {
    const { own, remote_host } = await first as Connection;
    assertEquals([own, remote_host], [true, "local"]);
  }
  await Promise.all([guest.close(), node.close()]);
});

test("`LocalTransport.listen()` removes sockets of nodes that are gone, and no others", async (place) => {
  const other = new LocalTransport(new Told(), () => [place]);
  other.listen("0.0.0.0", 7001);
  makeStale(`${place}/7002-1.sock`);
  makeStale(`${place}/7003-1-10.0.0.5.sock`);
  makeStale(`${place}/something.sock`);
  Deno.writeTextFileSync(`${place}/7004-1.txt`, "");
  const node = new LocalTransport(new Told(), () => [place]);
  node.listen("0.0.0.0", 7000);
  await node.close();
  assertEquals(names(place), ["7001-" + Deno.pid + ".sock", "7004-1.txt", "something.sock"]);
  await other.close();
});

test("`LocalTransport.listen()` takes the place of a node that had its port and number", async (place) => {
  makeStale(`${place}/7000-${Deno.pid}.sock`);
  const node = new LocalTransport(new Told(), () => [place]);
  node.listen("0.0.0.0", 7000);
  (await Deno.connect({ transport: "unix", path: `${place}/7000-${Deno.pid}.sock` })).close();
  await node.close();
});

test("`LocalTransport.listen()` refuses a directory that others can enter", async (place) => {
  Deno.chmodSync(place, 0o711);
  const node = new LocalTransport(new Told(), () => [place]);
  assertThrows(() => node.listen("0.0.0.0", 7000), StoreError, "can be entered by others");
  await node.close();
  assertEquals(names(place), []);
});

test("`LocalTransport.dial()` removes a socket that nobody listens on", async (place) => {
  const path = `${place}/7000-1.sock`;
  makeStale(path);
  for (let round = 0; round < 2; round++) {
    const told = new Told();
    const guest = new LocalTransport(told);
    guest.dial(path);
    assertEquals(await told.first, GONE);
    await guest.close();
    assertEquals(names(place), []);
  }
  await assertRejects(() => Deno.connect({ transport: "unix", path }), Deno.errors.NotFound);
});

test("`localSocketOf()` finds a node by the address to join", async (place) => {
  const nodes = [
    ["0.0.0.0", 7000],
    ["127.0.0.1", 7001],
    ["10.0.0.5", 7002],
    ["::1", 7003],
    ["2001:db8::5", 7004],
    ["localhost", 7005],
  ] as const;
  const transports = nodes.map(([host, port]) => {
    const transport = new LocalTransport(new Told(), () => [place]);
    transport.listen(host, port);
    return transport;
  });
  const addressOf = (address: string) => localSocketOf(address, [place])?.address ?? null;
  for (const port of [7000, 7001, 7003, 7005]) {
    for (const host of ["127.0.0.1", "localhost", "[::1]", "127.1.2.3"]) {
      assertEquals(addressOf(`${host}:${port}`), `127.0.0.1:${port}`, host);
    }
    assertEquals(addressOf(`10.0.0.5:${port}`), null);
  }
  assertEquals(addressOf("10.0.0.5:7002"), "10.0.0.5:7002");
  assertEquals(addressOf("127.0.0.1:7002"), null);
  assertEquals(addressOf("[2001:db8::5]:7004"), "[2001:db8::5]:7004");
  assertEquals(addressOf("127.0.0.1:7009"), null);
  assertEquals(localSockets([place]).length, nodes.length);
  await Promise.all(transports.map((transport) => transport.close()));
});

test("`localSocketOf()` does not guess between two, nor use a directory of others", async (place) => {
  const node = new LocalTransport(new Told(), () => [place]);
  node.listen("0.0.0.0", 7000);
  makeStale(`${place}/7000-1.sock`);
  assertEquals(localSocketOf("127.0.0.1:7000", [place]), null);
  Deno.removeSync(`${place}/7000-1.sock`);
  assertEquals(localSocketOf("127.0.0.1:7000", [place])?.address, "127.0.0.1:7000");
  Deno.chmodSync(place, 0o750);
  assertEquals(localSocketOf("127.0.0.1:7000", [place]), null);
  assertThrows(() => localSockets([place]), StoreError, "can be entered by others");
  Deno.chmodSync(place, 0o700);
  await node.close();
});

test("`localSockets()` passes over a directory of others where there are nodes elsewhere", async (place) => {
  const good = `${place}/good`, bad = `${place}/bad`;
  Deno.mkdirSync(good, { mode: 0o700 });
  Deno.mkdirSync(bad);
  Deno.chmodSync(bad, 0o777);
  const node = new LocalTransport(new Told(), () => [good]);
  node.listen("0.0.0.0", 7000);
  makeStale(`${bad}/7001-1.sock`);
  for (const places of [[good, bad], [bad, good]]) {
    assertEquals(localSockets(places).map(({ address }) => address), ["127.0.0.1:7000"]);
  }
  await node.close();
  assertThrows(() => localSockets([bad, good]), StoreError, "can be entered by others");
});

test("`localSockets()` finds nothing where no node ever was", (place) => {
  assertEquals(localSockets([`${place}/missing`]), []);
  return Promise.resolve();
});
