/** A real tracker, and peers made of bare sockets. */

import { assert, assertEquals } from "@std/assert";
import { LINUX, Memory } from "../helpers/arena.ts";
import { atOnce } from "../helpers/at_once.ts";
import { LOCAL, WINDOWS } from "../helpers/network.ts";
import { type Process, runRumor, type StartOptions, startRumor } from "../helpers/process.ts";
import { RawPeer } from "../helpers/raw_peer.ts";

/** A line of a tracker about who is there. */
interface Told {
  readonly p: [string, string][];
  readonly gone?: string[];
}

function startTracker(args: readonly string[] = [], options: StartOptions = {}): Process {
  return startRumor(["tracker", ...LOCAL, ...args], { stdin: "null", ...options });
}

/** Connects, and says and proves who it is. */
async function join(address: string, name?: string, options = {}): Promise<RawPeer> {
  const peer = await RawPeer.connect(address, { acks: true, ...options });
  peer.send(peer.hello(name === undefined ? {} : { name: JSON.stringify(name) }));
  const hello = await peer.control("hello");
  assertEquals([hello.tracker, hello.address], [true, address]);
  peer.send(peer.proof(hello));
  return peer;
}

/** The first list that a peer is given, as ids. */
async function idsOf(peer: RawPeer): Promise<string[]> {
  const list: Told = await peer.control("peers");
  return list.p.map(([id]) => id).sort();
}

/** Waits until a peer was told that somebody came, or is gone. */
function isTold(peer: RawPeer, id: string, what: "p" | "gone"): Promise<string> {
  return peer.wait((line) => {
    if (!line.startsWith('{"k":"peers"')) return false;
    const { p, gone = [] }: Told = JSON.parse(line);
    return what === "gone" ? gone.includes(id) : p.some(([one]) => one === id);
  });
}

Deno.test("`rumor tracker` lists who came before, and tells of who comes and goes", async () => {
  await using tracker = startTracker();
  const address = await tracker.address();
  await using ann = await join(address);
  assertEquals(await idsOf(ann), []);
  await using bob = await join(address);
  assertEquals(await idsOf(bob), [ann.id]);
  await isTold(ann, bob.id, "p");
  await using cyd = await join(address);
  assertEquals(await idsOf(cyd), [ann.id, bob.id].sort());
  await Promise.all([ann, bob].map((peer) => isTold(peer, cyd.id, "p")));

  bob.send('{"k":"bye","code":"left","why":""}');
  await Promise.all([ann, cyd].map((peer) => isTold(peer, bob.id, "gone")));
  // Without a word, as a program ends that is killed.
  cyd.close();
  await isTold(ann, cyd.id, "gone");
  await using dan = await join(address);
  assertEquals(await idsOf(dan), [ann.id]);
});

Deno.test("`rumor tracker --max-peers 10` refuses the eleventh until one leaves", async () => {
  await using tracker = startTracker(["--max-peers", "10"]);
  const address = await tracker.address();
  const peers = await Promise.all(Array.from({ length: 10 }, () => join(address)));
  for (const peer of peers) await peer.control("peers");
  await using refused = await join(address);
  const { code, why } = await refused.ending();
  assertEquals({ code, why }, { code: "full", why: "this tracker takes at most 10 peers" });
  await isTold(peers[0], peers[3].id, "p");
  peers[3].close();
  await isTold(peers[0], peers[3].id, "gone");
  await using late = await join(address);
  assertEquals((await idsOf(late)).length, 9);
  for (const peer of peers) await peer[Symbol.asyncDispose]();
});

Deno.test("`rumor tracker` gives each name once", async () => {
  await using tracker = startTracker();
  const address = await tracker.address();
  await using ann = await join(address, "anna");
  await ann.control("peers");
  await using other = await join(address, "anna");
  assertEquals(await other.ending().then(({ code, why }) => [code, why]), [
    "name-taken",
    "the name anna is taken at this tracker; choose another with --name",
  ]);
  await using second = await join(address, "ben");
  assertEquals(await idsOf(second), [ann.id]);
});

Deno.test("`rumor tracker` keeps the newer link of one peer", async () => {
  await using tracker = startTracker();
  const address = await tracker.address();
  await using old = await join(address, "anna");
  await old.control("peers");
  await using fresh = await join(address, "anna", { identity: old.identity });
  assertEquals(await idsOf(fresh), []);
  assertEquals((await old.ending()).code, "duplicate");
});

Deno.test("`rumor tracker` answers guests, and sends those elsewhere that want lines", async () => {
  await using tracker = startTracker();
  const address = await tracker.address();
  await using ann = await join(address, "anna");
  await ann.control("peers");
  await using guest = await RawPeer.guest(address);
  guest.send('{"k":"ask","i":3,"q":"peers"}');
  const { i, r: [row, ...rest] } = await guest.control("answer");
  const [id, name, dial, state, since_ms, direct] = row;
  assertEquals([i, rest], [3, []]);
  assertEquals([id, name, dial, state, direct], [ann.id, "anna", "127.0.0.1:9", "alive", "direct"]);
  assert(Math.abs(Number(since_ms) - Date.now()) < 60_000);
  const { code, stderr } = await runRumor(["sub", "--join", address]);
  assertEquals(code, 69);
  assert(stderr.some((line) => line.includes("this is a tracker")), stderr.join("\n"));
});

Deno.test("`rumor tracker` says goodbye and ends when it is told to", async () => {
  for (const [signal, expected] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
    await using tracker = startTracker();
    const address = await tracker.address();
    await using ann = await join(address);
    await ann.control("peers");
    tracker.signal(signal);
    assertEquals((await ann.ending()).code, "left");
    const { code, stdout, stderr } = await tracker.result();
    assertEquals([code, stdout, stderr], [expected, [], [`listening on ${address}`]]);
  }
});

Deno.test("`rumor tracker` refuses what it cannot do, in one line", async () => {
  await using tracker = startTracker();
  const address = await tracker.address();
  const most = "is not a whole number from 1 to 10000";
  const cases: [string[], number, string][] = [
    [["--listen", address], 1, `rumor: cannot listen on ${address}: Address already in use`],
    [["--max-peers", "0"], 2, `rumor: --max-peers: 0 ${most}`],
    [["--max-peers", "10001"], 2, `rumor: --max-peers: 10001 ${most}`],
    [["--join", address], 2, "rumor: --join is not a flag here; see --help"],
    [["word"], 2, "rumor: word is not expected"],
  ];
  for (const [args, code, said] of cases) {
    const result = await runRumor(["tracker", ...args]);
    assertEquals([result.code, result.stdout, result.stderr], [code, [], [said]]);
  }
});

Deno.test("`rumor tracker` bears who is silent, stopped or wild", (t) =>
  atOnce(t, {
    "it notices who is silent, and keeps who answers its pings": noticesSilence,
    "when it was stopped, it drops nobody": WINDOWS ? null : goesOnWhenStopped,
    "it goes on while others misbehave": LINUX ? goesOnAmongOthers : null,
  }));

async function noticesSilence(): Promise<void> {
  await using tracker = startTracker();
  const address = await tracker.address();
  await using ann = await join(address);
  await using mute = await join(address, undefined, { acks: false, answers: false });
  await isTold(ann, mute.id, "p");
  assertEquals((await mute.ending()).code, "silent");
  await isTold(ann, mute.id, "gone");
  await ann.settled();
}

async function goesOnWhenStopped(): Promise<void> {
  await using tracker = startTracker();
  const address = await tracker.address();
  await using ann = await join(address, undefined, { acks: false, answers: false });
  const { x } = await ann.control("ping");
  tracker.signal("SIGSTOP");
  // Longer than it would wait for an answer; nothing else can tell how long it is stopped.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  tracker.signal("SIGCONT");
  await using bob = await join(address);
  assertEquals(await idsOf(bob), [ann.id]);
  ann.send(`{"k":"pong","x":${x}}`);
  await ann.settled();
  assert(!ann.isClosed);
}

async function goesOnAmongOthers(): Promise<void> {
  await using tracker = startTracker();
  const address = await tracker.address();
  await using ann = await join(address);
  await ann.control("peers");
  const memory = new Memory(tracker);
  // All but the first 64 of a host that say nothing are refused.
  const crowd = await Promise.all(
    Array.from({ length: 200 }, () => RawPeer.connect(address, { from: "127.0.0.66" })),
  );
  await Promise.all(
    crowd.slice(64).map(async (peer) => {
      assertEquals((await peer.ending()).code, "full");
    }),
  );
  const nonsense: [string | Uint8Array, string][] = [
    ["GET / HTTP/1.1\r\n\r\n", "bad-json"],
    [new Uint8Array(300_000).fill(0x61), "too-long"],
    ['{"o":"x"}\n', "bad-order"],
    [`${"[".repeat(33)}${"]".repeat(33)}\n`, "too-deep"],
    ['{"k":"hello","v":2,"network":"rumor","guest":true}\n', "bad-version"],
    ['{"k":"hello","v":1,"network":"other","guest":true}\n', "bad-network"],
  ];
  for (const [bytes, expected] of nonsense) {
    await using peer = await RawPeer.connect(address);
    peer.write(bytes);
    assertEquals((await peer.ending()).code, expected);
  }
  await using flood = await join(address);
  for (let x = 0; x < 300; x++) flood.send(`{"k":"ping","x":${x}}`);
  assertEquals((await flood.ending()).code, "flood");
  const ends = await Promise.all(crowd.slice(0, 64).map((peer) => peer.ending()));
  assertEquals(new Set(ends.map(({ code }) => code)), new Set(["timeout"]));
  await ann.settled();
  await using bob = await join(address);
  assertEquals(await idsOf(bob), [ann.id]);
  memory.assertGrownBelow(48);
}
