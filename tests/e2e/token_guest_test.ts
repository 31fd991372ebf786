/** Guests of the node's own user where there are no local sockets: they have the token of the node. */

import { assertEquals } from "@std/assert";
import { type Home, portOf, test as testAt } from "../helpers/home.ts";
import { endAll } from "../helpers/network.ts";
import { assertDelivered, known } from "../helpers/private.ts";
import { type Process, runRumor } from "../helpers/process.ts";
import { Proxy } from "../helpers/proxy.ts";
import { RawPeer } from "../helpers/raw_peer.ts";

const NO_SOCKETS = { RUMOR_NO_SOCKETS: "1" };

/** A test in a home without sockets, as every home is on Windows. */
function test(name: string, body: (home: Home) => Promise<void>): void {
  testAt(name, body, { env: NO_SOCKETS, ignore: false });
}

/** The same where there are modes and signals. */
function testUnix(name: string, body: (home: Home) => Promise<void>): void {
  testAt(name, body, { env: NO_SOCKETS });
}

/** What is in the file of a node. */
interface Token {
  readonly port: number;
  readonly token: string;
}

async function fileOf(node: Process): Promise<string> {
  return `${portOf(await node.address())}-${node.pid}.token`;
}

function readToken(path: string): Token {
  return JSON.parse(Deno.readTextFileSync(path));
}

testUnix(
  "a node without sockets has a token that only its user can read, until it ends",
  async (home) => {
    const ends: Record<string, (node: Process) => Promise<void>> = {
      "its input ends": (node) => node.closeStdin(),
      "SIGTERM": (node) => Promise.resolve(node.signal("SIGTERM")),
    };
    const tokens = new Set<string>();
    for (const [how, end] of Object.entries(ends)) {
      const { node } = await home.node();
      assertEquals(home.sockets(), [await fileOf(node)]);
      const path = `${home.run}/${home.sockets()[0]}`;
      const { isFile, mode, uid } = Deno.lstatSync(path);
      assertEquals([isFile, mode! & 0o777, uid], [true, 0o600, Deno.uid()]);
      const { token } = readToken(path);
      assertEquals(Uint8Array.fromBase64(token, { alphabet: "base64url" }).length, 32);
      tokens.add(token);
      await end(node);
      const { stdout, stderr } = await node.result();
      assertEquals([stdout, stderr.length], [[], 1], how);
      assertEquals(home.sockets(), [], how);
    }
    assertEquals(tokens.size, 2);
  },
);

test("`rumor pub` and `rumor pm` find the one node of the user by its token", async (home) => {
  const { node: anna, address } = await home.node("--name", "anna");
  // Of another user, as far as one can tell.
  const elsewhere = { env: { ...NO_SOCKETS, RUMOR_RUNTIME_DIR: `${home.place}/other` } };
  const ben = home.start(["--name", "ben", "--join", address], elsewhere);
  await known(anna, "ben");
  const hello = await home.guest("pub", "hello");
  assertEquals([hello.code, hello.stdout, hello.stderr], [0, [], []]);
  await anna.waitForStdout("hello");
  assertDelivered(await home.guest("pm", "ben", "one"));
  assertDelivered(await home.guest("pm", "ben", "two", "--join", address));
  const localhost = address.replace("127.0.0.1", "localhost");
  assertDelivered(await home.guest("pm", "ben", "three", "--join", localhost));
  await ben.waitForStdout((line) => line.includes("three"));
  // The choice is the node's: a guest takes what it finds.
  const plain = { env: { RUMOR_RUNTIME_DIR: home.run } };
  assertDelivered(await runRumor(["pm", "ben", "four"], plain));
  await endAll([ben, anna]);
});

test("`rumor pm` has no authority without the token, though it comes from loopback", async (home) => {
  const { node: anna, address } = await home.node("--name", "anna");
  const { node: ben } = await home.node("--name", "ben", "--join", address);
  await known(anna, "ben");
  const why = "only the node's own user, on its machine, may do that";
  const refusal = { code: 1, stdout: [], stderr: [`rumor: refused: ${why}`] };
  await using proxy = new Proxy(address);
  const stranger = { env: { ...NO_SOCKETS, RUMOR_RUNTIME_DIR: `${home.place}/other` } };
  const tries = {
    "a port of loopback": () => runRumor(["pm", "ben", "psst", "--join", address], stranger),
    "a proxy": () => home.guest("pm", "ben", "psst", "--join", proxy.address),
  };
  for (const [way, run] of Object.entries(tries)) {
    const { code, stdout, stderr } = await run();
    assertEquals({ code, stdout, stderr }, refusal, way);
  }
  assertDelivered(await home.guest("pm", "ben", "aloud", "--join", address));
  await ben.waitForStdout((line) => line.includes("aloud"));
  assertEquals(ben.stdout.filter((line) => line.includes("psst")), []);
  await endAll([ben]);
});

test("`rumor pm` is sent away with a token that is not the node's", async (home) => {
  const { node, address } = await home.node("--name", "anna");
  const path = `${home.run}/${await fileOf(node)}`;
  const { port, token } = readToken(path);
  const wrong = token.replace(/^./, token.startsWith("A") ? "B" : "A");
  Deno.writeTextFileSync(path, JSON.stringify({ port, token: wrong }));
  const { code, stdout, stderr } = await home.guest("pm", "anna", "psst", "--join", address);
  const refusal = [`rumor: ${address}: the node closed the link`, "rumor: no node reachable"];
  assertEquals([code, stdout, stderr], [69, [], refusal]);
  // Whoever comes to this port without a proof is not heard.
  await using guest = await RawPeer.connect(`127.0.0.1:${port}`);
  guest.send('{"k":"hello","v":1,"network":"rumor","guest":true}');
  guest.send('{"k":"request","i":1,"app":"private","r":{"to":"anna","items":["x"]}}');
  assertEquals((await guest.ending()).code, null);
  await endAll([node]);
});

testUnix(
  "`rumor pub` takes no notice of a node that was killed, and removes its token",
  async (home) => {
    const killed = await home.node(), { node } = await home.node();
    const left = readToken(`${home.run}/${await fileOf(killed.node)}`);
    killed.node.signal("SIGKILL");
    await killed.node.result();
    // Somebody took its port, and would like to be told more than is of use.
    using thief = Deno.listen({ hostname: "127.0.0.1", port: left.port });
    const stolen = steal(thief);
    const { code, stderr } = await home.guest("pub", "still here");
    assertEquals([code, stderr], [0, []]);
    await node.waitForStdout("still here");
    const heard = await stolen;
    assertEquals([heard.length, heard.includes("still here")], [64, false]);
    assertEquals(home.sockets(), [await fileOf(node)]);
    await endAll([node]);
  },
);

test("`rumor pub` lists several nodes of the user, be it by sockets or tokens", async (home) => {
  const one = await home.node("--name", "anna");
  const other = home.start([], { env: { RUMOR_RUNTIME_DIR: home.run } });
  const listed = [`  ${one.address} anna`, `  ${await other.address()}`];
  const { code, stdout, stderr } = await home.guest("pub", "x");
  assertEquals([code, stdout], [2, []]);
  assertEquals(stderr[0], "rumor: several nodes of yours run here; name one with --join:");
  assertEquals(stderr.slice(1).sort(), listed.sort());
  await endAll([one.node, other]);
});

/** Poses as a node to the next that comes; gives all that it says, as latin1. */
async function steal(listener: Deno.TcpListener): Promise<string> {
  using conn = await listener.accept();
  await conn.write(new Uint8Array(64));
  const parts: string[] = [], buffer = new Uint8Array(1_000);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    parts.push(new TextDecoder("latin1").decode(buffer.subarray(0, count)));
  }
  return parts.join("");
}
