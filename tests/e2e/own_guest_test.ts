/** Guests that come over the local socket of a node: what only they may, and how they find it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { portOf, test } from "../helpers/home.ts";
import { endAll, Nodes } from "../helpers/network.ts";
import { assertDelivered, known } from "../helpers/private.ts";
import { Proxy } from "../helpers/proxy.ts";
import { type Process, runRumor } from "../helpers/process.ts";
import { RawPeer } from "../helpers/raw_peer.ts";
import { LINKS_PER_HOST_MAX, STRANGERS_PER_HOST_MAX } from "../../src/core/data/limits.ts";

const NOBODY =
  "rumor: no node of yours runs here; start one with rumor, or name one with --join HOST:PORT";

test("a node has a socket that only its user can open, until it ends, however it ends", async (home) => {
  const ends: Record<string, (node: Process) => Promise<void>> = {
    "its input ends": (node) => node.closeStdin(),
    "SIGTERM": (node) => Promise.resolve(node.signal("SIGTERM")),
    "SIGINT": (node) => Promise.resolve(node.signal("SIGINT")),
  };
  for (const [how, end] of Object.entries(ends)) {
    const { node, address } = await home.node();
    assertEquals(home.sockets(), [`${portOf(address)}-${node.pid}.sock`]);
    const directory = Deno.lstatSync(home.run);
    assertEquals([directory.mode! & 0o777, directory.uid], [0o700, Deno.uid()]);
    const path = `${home.run}/${home.sockets()[0]}`;
    const { isSocket, mode, uid } = Deno.lstatSync(path);
    assertEquals([isSocket, mode! & 0o777, uid], [true, 0o600, Deno.uid()]);
    await end(node);
    assertEquals((await node.result()).stderr.length, 1, how);
    assertEquals(home.sockets(), [], how);
  }
});

test("a node that is told to end at once takes its socket with it", async (home) => {
  // Nobody acknowledges that it left, so leaving takes its time, and the second signal ends it.
  const { node, address } = await home.node();
  await using peer = await RawPeer.peer(address);
  await peer.settled();
  node.signal("SIGINT");
  await peer.wait((line) => line.includes('"left":true'));
  node.signal("SIGINT");
  assertEquals((await peer.ending()).code, null);
  await node.result();
  assertEquals(home.sockets(), []);
});

test("`rumor pub` and the others find the one node of the user by themselves", async (home) => {
  const { node } = await home.node("--name", "anna");
  const hello = await home.guest("pub", "hello", "you");
  assertEquals([hello.code, hello.stdout, hello.stderr], [0, [], []]);
  await node.waitForStdout("hello you");
  const sub = await home.guest("sub", "-C", "1");
  assertEquals([sub.code, sub.stdout, sub.stderr], [0, ["hello you"], []]);
  const paid = await home.guest("pay", "alice", "bob", "5");
  assertEquals([paid.code, paid.stderr], [0, []]);
  const balances = await home.guest("balances");
  assertEquals([balances.code, balances.stdout], [0, ["alice -5", "bob 5"]]);
  const peers = await home.guest("peers");
  assertEquals([peers.code, peers.stdout[0].split(" ")[1]], [0, "anna"]);
  const routes = await home.guest("routes");
  assertEquals([routes.code, routes.stdout, routes.stderr], [0, [], []]);
  await endAll([node]);
});

test("`rumor pub` without a node of the user ends with 69, and says what to do", async (home) => {
  for (const args of [["pub", "x"], ["sub"], ["pay", "a", "b", "1"], ["peers"], ["balances"]]) {
    const { code, stdout, stderr } = await home.guest(...args);
    assertEquals([code, stdout, stderr], [69, [], [NOBODY]], args[0]);
  }
});

test("`rumor pub` lists several nodes of the user, and ends with 2", async (home) => {
  const one = await home.node("--name", "anna"), other = await home.node();
  const lab = await home.node("--network", "lab");
  for (const args of [["pub", "x"], ["sub"], ["pm", "anna", "x"], ["routes"]]) {
    const { code, stdout, stderr } = await home.guest(...args);
    assertEquals([code, stdout], [2, []]);
    assertEquals(stderr[0], "rumor: several nodes of yours run here; name one with --join:");
    const listed = [`  ${one.address} anna`, `  ${other.address}`];
    assertEquals(stderr.slice(1).sort(), listed.sort());
  }
  const named = await home.guest("pub", "--join", one.address, "to anna");
  assertEquals([named.code, named.stderr], [0, []]);
  await one.node.waitForStdout("to anna");
  // Of another network there is only one.
  const there = await home.guest("pub", "--network", "lab", "to the lab");
  assertEquals([there.code, there.stderr], [0, []]);
  await lab.node.waitForStdout("to the lab");
  const nowhere = await home.guest("pub", "--network", "moon", "x");
  assertEquals([nowhere.code, nowhere.stderr.length], [69, 4]);
  assertMatch(nowhere.stderr[0], /^rumor: 127\.0\.0\.1:\d+: .*network/);
  assertMatch(nowhere.stderr[3], /^rumor: no node reachable; .*--join HOST:PORT$/);
  await endAll([one.node, other.node, lab.node]);
});

test("`rumor pub` takes no notice of a node that was killed, and removes its socket", async (home) => {
  const killed = await home.node(), { node } = await home.node();
  killed.node.signal("SIGKILL");
  await killed.node.result();
  assertEquals(home.sockets().length, 2);
  const { code, stderr } = await home.guest("pub", "still here");
  assertEquals([code, stderr], [0, []]);
  await node.waitForStdout("still here");
  assertEquals(home.sockets(), [`${portOf(await node.address())}-${node.pid}.sock`]);
  await endAll([node]);
});

test("`rumor pub` does not choose while another node does not answer", async (home) => {
  const quiet = await home.node(), { node, address } = await home.node();
  quiet.node.signal("SIGSTOP");
  const { code, stderr } = await home.guest("pub", "x");
  assertEquals([code, stderr.length], [2, 3]);
  assert(stderr.includes(`  ${address}`));
  assert(stderr.some((line) => line.startsWith(`rumor: ${quiet.address}: no answer within`)));
  quiet.node.signal("SIGCONT");
  await endAll([quiet.node, node]);
});

test("`rumor pm` is taken from the node's own user, and through no port, proxy or tunnel", async (home) => {
  const { node: anna, address } = await home.node("--name", "anna");
  const { node: ben } = await home.node("--name", "ben", "--join", address);
  await known(anna, "ben");
  const why = "only the node's own user, on its machine, may do that";
  const refusal = { code: 1, stdout: [], stderr: [`rumor: refused: ${why}`] };
  await using proxy = new Proxy(address);
  // Somebody else has another directory, and so only the port.
  const stranger = { env: { RUMOR_RUNTIME_DIR: `${home.place}/other` } };
  const tries = {
    "a port of loopback": () => runRumor(["pm", "ben", "psst", "--join", address], stranger),
    "a proxy": () => home.guest("pm", "ben", "psst", "--join", proxy.address),
  };
  for (const [way, run] of Object.entries(tries)) {
    const { code, stdout, stderr } = await run();
    assertEquals({ code, stdout, stderr }, refusal, way);
  }
  // What everybody may is done on the same ways.
  const said = await home.guest("pub", "aloud", "--join", proxy.address);
  assertEquals([said.code, said.stderr], [0, []]);
  await ben.waitForStdout("aloud");
  const localhost = address.replace("127.0.0.1", "localhost");
  assertDelivered(await home.guest("pm", "ben", "one", "--join", address));
  assertDelivered(await home.guest("pm", "ben", "two", "--join", localhost));
  await ben.waitForStdout((line) => line.includes("two"));
  assertEquals(ben.stdout.filter((line) => line.includes("psst")), []);
  await endAll([ben]);
});

test("`rumor pm` needs no `--join` where the user has one node", async (home) => {
  const { node: anna, address } = await home.node("--name", "anna");
  await using others = new Nodes();
  const ben = others.start(["--name", "ben", "--join", address]);
  await known(anna, "ben");
  assertDelivered(await home.guest("pm", "ben", "hello"));
  await ben.waitForStdout((line) => line.includes("hello"));
  await endAll([ben]);
});

test("guests on the socket count for the limits, and leave room for others", async (home) => {
  const { node, address } = await home.node();
  const socket = `${home.run}/${home.sockets()[0]}`;
  await using stack = new AsyncDisposableStack();
  const strangers: RawPeer[] = [];
  for (let at = 0; at < STRANGERS_PER_HOST_MAX; at++) {
    strangers.push(stack.use(await RawPeer.connect(socket)));
  }
  const last = stack.use(await RawPeer.connect(socket));
  assertEquals((await last.ending()).code, "full");
  assertEquals((await home.guest("pub", "hello", "--join", address)).code, 69);
  // Who comes through the port is another host.
  stack.use(await RawPeer.guest(address));
  // The node closes them itself, so that none of them still counts.
  for (const stranger of strangers) {
    stranger.send("{}");
    assertEquals((await stranger.ending()).code, "bad-line");
  }
  await stack.disposeAsync();
  await using guests = new AsyncDisposableStack();
  for (let at = 0; at < LINKS_PER_HOST_MAX; at++) guests.use(await RawPeer.guest(socket));
  const surplus = guests.use(await RawPeer.connect(socket));
  assertEquals((await surplus.ending()).code, "full");
  await guests.disposeAsync();
  await endAll([node]);
});

test("a node goes on without a socket where the directory is not its user's alone", async (home) => {
  const target = `${home.place}/target`, run = home.run;
  Deno.mkdirSync(target, { mode: 0o700 });
  Deno.symlinkSync(target, run);
  const { node, address } = await home.node();
  const hint = "set RUMOR_RUNTIME_DIR to a directory that only you can enter";
  await node.waitForStderr(`rumor: no local socket for guests: ${run} is a symbolic link; ${hint}`);
  const { code, stderr } = await home.guest("pub", "hello");
  assertEquals([code, stderr], [69, [`rumor: ${run} is a symbolic link; ${hint}`]]);
  const named = await home.guest("pub", "hello", "--join", address);
  assertEquals([named.code, named.stderr], [0, []]);
  await node.waitForStdout("hello");
  assertEquals([...Deno.readDirSync(target)], []);
  await endAll([node]);
});

test("a node finds its place by XDG_RUNTIME_DIR, and else in the directory for files of a while", async (home) => {
  const variables = (xdg: string) => {
    return { RUMOR_RUNTIME_DIR: "", XDG_RUNTIME_DIR: xdg, TMPDIR: home.place };
  };
  const xdg = `${home.place}/xdg`;
  Deno.mkdirSync(xdg, { mode: 0o700 });
  const places = { [xdg]: `${xdg}/rumor`, "": `${home.place}/rumor-${Deno.uid()}` };
  const nodes: Process[] = [];
  for (const [value, place] of Object.entries(places)) {
    const node = home.start([], { env: variables(value) });
    const name = `${portOf(await node.address())}-${node.pid}.sock`;
    // A machine with a directory for this user in /run takes that one.
    if (value !== "" || !hasRun()) assertEquals(Deno.lstatSync(`${place}/${name}`).isSocket, true);
    nodes.push(node);
  }
  // Who has more places to look at sees the nodes in all of them.
  const { code, stderr } = await runRumor(["pub", "x"], { env: variables(xdg) });
  assertEquals(code, 2);
  for (const node of nodes) assert(stderr.includes(`  ${await node.address()}`), stderr.join("\n"));
  await endAll(nodes);
});

function hasRun(): boolean {
  try {
    return Deno.lstatSync(`/run/user/${Deno.uid()}`).isDirectory;
  } catch {
    return false;
  }
}

test("guests reach a node that listens for datagrams only", async (home) => {
  const { node, address } = await home.node("--transport", "udp");
  assertMatch(address, /^udp:/);
  const { code, stderr } = await home.guest("pub", "hello");
  assertEquals([code, stderr], [0, []]);
  await node.waitForStdout("hello");
  await endAll([node]);
});
