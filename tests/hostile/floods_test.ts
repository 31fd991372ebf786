/** Too much of everything: memory stays bounded, and honest peers do not notice much. */

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Arena, LINUX, Memory } from "../helpers/arena.ts";
import { atOnce } from "../helpers/at_once.ts";
import { LONG, LONG_ONLY } from "../helpers/long.ts";
import { Nodes } from "../helpers/network.ts";
import { runRumor, startRumor } from "../helpers/process.ts";
import { Author, type Ending, makeIdentity, randomId, RawPeer } from "../helpers/raw_peer.ts";

/** What a node may need besides, whatever is thrown at it. Garbage waits for its collector. */
const GROWTH_MB = 200;
/** Honest nodes hear each other within this time, even on a machine that is busy with an attack. */
const PATIENCE_MS = 10_000;
/** More control lines than a link may send at once. */
const TOO_MANY = 15_000;
/** What is said while somebody does not read: more than a node keeps; in the short version less. */
const UNREAD_MB = LONG ? 120 : 40;
/** So long a node may bear a flood, on a machine however busy. */
const FLOOD_MS = 60_000;
/** Questions that a link may ask at once: half of what it may say. */
const ANSWERS = 5_000;
/** A line that costs a node next to nothing, and counts like any other. */
const UNKNOWN = '{"k":"x"}';

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A line with peers that do not exist, at addresses where nobody is. */
function peersLine(count: number, address: () => string): string {
  return JSON.stringify({ k: "peers", p: times(count, () => [randomId(), address()]) });
}

/** A clock of logs that nobody knows. */
function clockLine(count: number, more: boolean): string {
  const c = Object.fromEntries(times(count, () => [randomId(), { chat: 5 }]));
  return JSON.stringify(more ? { k: "have", c, more } : { k: "have", c });
}

/** Somewhere that nobody listens: the first ports of a loopback address of its own. */
function nowhere(): string {
  return `127.0.0.99:${1 + Math.floor(Math.random() * 1_000)}`;
}

/**
 * Sends a line again and again, as fast as the node takes it, until the node closes. What a link may
 * send grows with each second, so a node that is slow has to be sent more before it is too much.
 */
async function flood(peer: RawPeer, line: string): Promise<Ending> {
  const lines = new TextEncoder().encode(`${line}\n`.repeat(TOO_MANY));
  const late = performance.now() + FLOOD_MS;
  while (!peer.isClosed && performance.now() < late) await peer.writeAll(lines);
  return await peer.ending();
}

Deno.test("too many control lines end their link, and only that", async (t) => {
  await using arena = await Arena.start();
  const memory = new Memory(arena.target);
  const lines: Record<string, string> = {
    have: '{"k":"have","c":{}}',
    want: `{"k":"want","o":"${randomId()}","t":"chat","s":1}`,
    ping: '{"k":"ping","x":1}',
    peers: '{"k":"peers","p":[]}',
    gap: `{"k":"gap","o":"${randomId()}","t":"chat","s":1,"e":5}`,
    publish: '{"k":"publish","i":1,"t":"chat","b":["x"]}',
  };
  for (const [name, line] of Object.entries(lines)) {
    await t.step(name, async () => {
      await using peer = await RawPeer.peer(await arena.address());
      assertEquals((await flood(peer, line)).code, "flood");
      await arena.exchange(PATIENCE_MS);
    });
  }
  for (const [name, line] of [["ask", '{"k":"ask","i":1,"q":"balances","a":[]}']]) {
    await t.step(`${name} of a guest`, async () => {
      await using guest = await RawPeer.guest(await arena.address());
      assertEquals((await flood(guest, line)).code, "flood");
      await arena.exchange(PATIENCE_MS);
    });
  }
  memory.assertGrownBelow(GROWTH_MB);
  await arena.finish();
});

Deno.test("honest peers go on while others send all that they may", async (t) => {
  await using arena = await Arena.start();
  const flood = (line: string, seconds: number) => async () => {
    await using peer = await RawPeer.peer(await arena.address(), { acks: true });
    for (let tick = 0; tick < seconds * 20; tick++) {
      peer.send(...Array(90).fill(line));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert(!peer.isClosed, "it keeps to its budget");
  };
  await t.step("clocks", (t) => arena.compare(t, flood('{"k":"have","c":{}}', 1)));
  await t.step("pings", (t) => arena.compare(t, flood('{"k":"ping","x":1}', 1)));
  await t.step("connections", (t) =>
    arena.compare(t, async () => {
      for (let count = 0; count < 500; count++) {
        (await RawPeer.connect(await arena.address())).close();
      }
    }));
  await t.step("garbage", (t) =>
    arena.compare(t, async () => {
      for (let count = 0; count < 200; count++) {
        await using peer = await RawPeer.connect(await arena.address());
        peer.write(new Uint8Array(300_000));
        await peer.ending();
      }
    }));
  await t.step("entries", (t) =>
    arena.compare(t, async () => {
      await using peer = await RawPeer.peer(await arena.address(), { acks: true });
      const author = new Author(peer.identity, "spam");
      for (let count = 0; count < 50; count++) {
        peer.send(...times(100, () => author.next(["spam"])));
        await peer.settled();
      }
    }));
  await arena.finish();
});

Deno.test("connections that come and go leave nothing behind", { ignore: !LINUX }, async () => {
  await using arena = await Arena.start();
  const open = () => [...Deno.readDirSync(`/proc/${arena.target.pid}/fd`)].length;
  const before = open();
  const memory = new Memory(arena.target);
  for (let round = 0; round < 20; round++) {
    await Promise.all(times(50, async () => {
      await using peer = await RawPeer.connect(await arena.address());
      if (round % 2 === 0) peer.send(peer.hello());
    }));
  }
  await arena.exchange(PATIENCE_MS);
  // The last of them are closed while the test looks.
  const deadline = performance.now() + PATIENCE_MS;
  while (open() > before && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertEquals(open(), before);
  memory.assertGrownBelow(64);
  await arena.finish();
});

Deno.test("clocks with 100,000 unknown logs are not kept", LONG_ONLY, async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address(), { acks: true });
  const lines = times(25, () => clockLine(4_000, true));
  peer.send(...lines);
  await peer.settled();
  const memory = new Memory(arena.target);
  for (let round = 0; round < 5; round++) {
    peer.send(...lines);
    await arena.exchange(PATIENCE_MS);
  }
  await peer.settled();
  memory.assertGrownBelow(GROWTH_MB);
  await arena.finish();
});

Deno.test("a node to join that is never in step is not waited for", LONG_ONLY, async (t) => {
  const hosts: Readonly<Record<string, (host: RawPeer) => Promise<void>>> = {
    "it tells of 100,000 logs, and has none": (host) => {
      host.send(...times(25, (index) => clockLine(4_000, index < 24)));
      return Promise.resolve();
    },
    "its clock never ends": async (host) => {
      const timer = setInterval(() => host.send(clockLine(1, true)), 1_000);
      await host.ended.finally(() => clearInterval(timer));
    },
  };
  // It gives up to be in step after 5 s without progress, and goes on; all of them at the same time.
  const steps = Object.entries(hosts).map(([name, serve]) => [name, () => joinAnyway(serve)]);
  await atOnce(t, Object.fromEntries(steps));
});

/** A node that joins a host says something, and prints it. */
async function joinAnyway(serve: (host: RawPeer) => Promise<void>): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using network = new Nodes();
  const joiner = network.start(["--join", `127.0.0.1:${listener.addr.port}`]);
  await using host = RawPeer.over(await listener.accept());
  host.send(host.hello(), host.proof(await host.control("hello")));
  await host.control("proof");
  const serving = serve(host);
  await joiner.send("I am here anyway");
  await joiner.waitForStdout("I am here anyway", { timeout_ms: 15_000 });
  host.close();
  await serving;
}

Deno.test("10,000 peers that do not exist are no burden", async (t) => {
  await using arena = await Arena.start();
  const memory = new Memory(arena.target);
  await using liar = await RawPeer.peer(await arena.address(), { acks: true });

  await t.step("they are taken in while honest peers talk", async (t) => {
    await arena.compare(t, async () => {
      liar.send(...times(10, () => peersLine(800, nowhere)));
      await liar.settled();
    });
  });

  await t.step("other addresses for them cost no more", async () => {
    const line = peersLine(800, nowhere);
    liar.send(...times(20, (round) => line.replaceAll("127.0.0.99", `127.0.0.${100 + round}`)));
    await arena.exchange(PATIENCE_MS);
    await liar.settled(PATIENCE_MS);
  });

  await t.step("honest newcomers find each other nevertheless", async () => {
    const late = await arena.newcomer(["--history", "0"]);
    await late.send("I am new");
    await arena.expect("I am new");
    arena.target.signal("SIGSTOP");
    try {
      await late.send("without the target");
      await arena.nodes[1].waitForStdout("without the target", { timeout_ms: PATIENCE_MS });
    } finally {
      arena.target.signal("SIGCONT");
    }
  });

  await t.step("a peer that asks for the list and does not read it costs little", async () => {
    await using deaf = await RawPeer.peer(await arena.address());
    deaf.stopReading();
    deaf.send(...Array(9_000).fill('{"k":"want","peers":true}'));
    await arena.exchange(PATIENCE_MS);
  });

  memory.assertGrownBelow(GROWTH_MB);
  arena.assertAlive();
});

Deno.test("a node is not turned against others", async () => {
  await using arena = await Arena.start();
  using victim = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let dials = 0;
  const serving = (async () => {
    for await (const connection of victim) {
      dials++;
      connection.close();
    }
  })();
  await using liar = await RawPeer.peer(await arena.address(), { acks: true });
  const began = performance.now();
  liar.send(...times(10, () => peersLine(800, () => `127.0.0.1:${victim.addr.port}`)));
  while (performance.now() - began < 3_000) await arena.exchange(PATIENCE_MS);
  const seconds = (performance.now() - began) / 1_000;
  // 20 at once, then 20 a second, by each of the nodes that heard of it.
  assertLess(dials, arena.nodes.length * 20 * (seconds + 2));
  victim.close();
  await serving.catch(() => {});
});

Deno.test("a guest that asks for many balances and reads none is not served from memory", async () => {
  await using network = new Nodes();
  const node = network.start(["ledger"]);
  const second = network.start(["--join", await node.address()]);
  await second.address();
  await using peer = await RawPeer.peer(await node.address());
  const author = new Author(peer.identity, "ledger");
  for (let thousand = 0; thousand < 100; thousand++) {
    peer.send(author.next(
      times(1_000, (index) => ({ from: "bank", to: `account-${thousand}-${index}`, amount: 1 })),
    ));
    await peer.settled();
  }
  await node.waitForStdout(100_000);
  const memory = new Memory(node);
  await using deaf = await RawPeer.guest(await node.address());
  deaf.stopReading();
  for (let hundred = 0; hundred < 20; hundred++) {
    deaf.send(...times(100, (index) => `{"k":"ask","i":${index},"q":"balances","a":[]}`));
  }
  await peer.settled(60_000);
  memory.assertGrownBelow(GROWTH_MB);
  // Whoever reads gets all that was asked for.
  await using guest = await RawPeer.guest(await node.address());
  guest.send('{"k":"ask","i":1,"q":"balances","a":["bank","account-7-7","nobody"]}');
  assertEquals((await guest.control("answer")).r, [
    ["account-7-7", "1"],
    ["bank", "-100000"],
    ["nobody", "0"],
  ]);
});

Deno.test("a peer that stops reading costs no memory, and holds up others for 5 s only", async () => {
  await using arena = await Arena.start();
  const [target, other] = arena.nodes;
  const memory = new Memory(target);
  await using deaf = await RawPeer.peer(await arena.address());
  deaf.stopReading();
  await using deaf_guest = await RawPeer.guest(await arena.address());
  deaf_guest.send('{"k":"want","t":"chat"}');
  deaf_guest.stopReading();
  const line = "x".repeat(10_000);
  const megabyte = times(100, () => line);
  let printed = 0;
  other.onStdout = (bytes) => void (printed += bytes.length);
  for (let count = 0; count < UNREAD_MB; count++) await target.send(...megabyte);
  await target.send("the end");
  await other.waitForStdout("the end", { timeout_ms: 60_000 });
  assertGreater(printed, UNREAD_MB * 1_000_000);
  memory.assertGrownBelow(400);
  const newcomer = await arena.newcomer(["--history", "0"]);
  await newcomer.send("still fine");
  await other.waitForStdout("still fine");
});

Deno.test(
  "a peer that takes a byte a second does not stop the network",
  LONG_ONLY,
  async () => {
    await using arena = await Arena.start();
    const [target, other] = arena.nodes;
    await using slow = await RawPeer.peer(await arena.address());
    let acknowledged = 0;
    const timer = setInterval(() => slow.send(`{"k":"have","c":{},"n":${++acknowledged}}`), 1_000);
    try {
      const megabyte = times(100, () => "x".repeat(10_000));
      const sending = (async () => {
        for (let count = 0; count < 40; count++) await target.send(...megabyte);
        await target.send("the end");
      })();
      // Whoever waits below says what is wrong; this one breaks off when its node is ended.
      sending.catch(() => {});
      await other.waitForStdout("the end", { timeout_ms: 15_000 });
    } finally {
      clearInterval(timer);
    }
  },
);

Deno.test(
  "bytes that come one by one take no more room than others",
  async () => {
    await using arena = await Arena.start();
    const peers = await Promise.all(times(4, async () => RawPeer.peer(await arena.address())));
    const memory = new Memory(arena.target);
    const byte = new Uint8Array([0x61]);
    await Promise.all(peers.map(async (peer) => {
      for (let sent = 0; sent < 30_000; sent++) await peer.writeAll(byte);
    }));
    await arena.exchange(PATIENCE_MS);
    memory.assertGrownBelow(32);
    for (const peer of peers) peer.close();
    await arena.finish();
  },
);

Deno.test("more topics than a node follows do not end it", async (t) => {
  await t.step("of a peer", async () => {
    await using arena = await Arena.start();
    const newcomer = arena.network.start();
    await using peer = await RawPeer.peer(await newcomer.address());
    const identity = makeIdentity();
    peer.send(...times(1_100, (index) => new Author(identity, `topic-${index}`).next(["x"])));
    await peer.settled();
    // It has never said anything: its own topic is new to it.
    await newcomer.send("may I?");
    await Promise.race([
      newcomer.waitForStdout("may I?"),
      newcomer.waitForStderr((line) => line.startsWith("rumor: ")),
    ]);
  });

  await t.step("of a guest", async () => {
    await using arena = await Arena.start();
    await using guest = await RawPeer.guest(await arena.address());
    for (let index = 0; index < 1_100; index++) {
      guest.send(`{"k":"publish","i":${index},"t":"topic-${index}","b":["x"]}`);
    }
    await guest.wait((line) => /"k":"(published|refused)","i":1099,/.test(line));
    await arena.finish();
  });
});

Deno.test(
  "a guest's item that fits its line, but no entry, is refused",
  async () => {
    await using arena = await Arena.start();
    await using guest = await RawPeer.guest(await arena.address());
    for (const length of [43_600, 43_640, 43_660, 43_670, 43_680]) {
      guest.send(`{"k":"publish","i":${length},"t":"chat","b":["${"\\u0001".repeat(length)}"]}`);
      const answer = await guest.wait((line) =>
        /"k":"(published|refused)"/.test(line) && line.includes(`"i":${length},`)
      );
      if (answer.startsWith('{"k":"published"')) arena.said.push("\x01".repeat(length));
    }
    await arena.exchange(PATIENCE_MS);
    await arena.finish();
  },
);

Deno.test("requests that wait forever hold up nobody", async () => {
  await using arena = await Arena.start();
  const memory = new Memory(arena.target);
  const guests = await Promise.all(times(20, async () => RawPeer.guest(await arena.address())));
  for (const guest of guests) {
    guest.send(...times(1_000, (i) => `{"k":"publish","i":${i},"t":"x","b":["x"],"ack":1000}`));
  }
  await arena.exchange(PATIENCE_MS);
  guests[0].send(`{"k":"publish","i":5000,"t":"x","b":${JSON.stringify(Array(80_000).fill(""))}}`);
  await arena.exchange(PATIENCE_MS);
  await Promise.all(guests.map((guest) => guest.settled(PATIENCE_MS)));
  memory.assertGrownBelow(GROWTH_MB);
  for (const guest of guests) guest.close();
  await arena.finish();
});

Deno.test(
  "a guest that wants many topics costs no more than others",
  async () => {
    await using arena = await Arena.start();
    const memory = new Memory(arena.target);
    await using guest = await RawPeer.guest(await arena.address());
    guest.send(...times(9_000, (index) => `{"k":"want","t":"topic-${index}"}`));
    for (let second = 0; second < 3 && !guest.isClosed; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      guest.send(...times(1_900, (index) => `{"k":"want","t":"topic-${second}-${index}"}`));
    }
    // What honest peers say now is not held up by all that nobody publishes to.
    const times_ms = await arena.latencies(20);
    assertLess(times_ms[10], 100);
    memory.assertGrownBelow(GROWTH_MB);
    await arena.finish();
  },
);

Deno.test("a guest that wants the history again and again holds up nobody", LONG_ONLY, async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  const author = new Author(peer.identity, "old");
  for (let count = 0; count < 40; count++) {
    peer.send(...times(500, () => author.next(["x"])));
    await peer.settled();
  }
  const memory = new Memory(arena.target);
  await using guest = await RawPeer.guest(await arena.address());
  guest.stopReading();
  guest.send(...times(9_000, () => '{"k":"want","t":"old","history":19999}'));
  await arena.exchange(PATIENCE_MS);
  memory.assertGrownBelow(GROWTH_MB);
});

Deno.test("gaps of logs that nobody knows are not kept", async () => {
  await using arena = await Arena.start();
  const memory = new Memory(arena.target);
  await using liar = await RawPeer.peer(await arena.address(), { acks: true });
  liar.send(...times(9_000, () => `{"k":"gap","o":"${randomId()}","t":"chat","s":1,"e":5}`));
  await arena.exchange(PATIENCE_MS);
  // What is accepted is accepted after a second.
  for (let second = 0; second < 2; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    liar.send(...times(1_900, () => `{"k":"gap","o":"${randomId()}","t":"chat","s":1,"e":5}`));
    await arena.exchange(PATIENCE_MS);
  }
  memory.assertGrownBelow(GROWTH_MB);
  await arena.finish();
});

Deno.test("entries whose causes never come fill a bounded room, and slow nobody down", async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address(), { acks: true });
  // Causes that are there, so that each look at one that waits takes long; the last is missing.
  const causes = times(35, () => new Author());
  peer.send(...causes.map((author) => author.next([], { d: "{}" })));
  await peer.settled();
  const memory = new Memory(arena.target);
  const d = JSON.stringify(
    Object.fromEntries([...causes.map((author) => [author.id, 1]), [randomId(), 1]]),
  );
  for (let count = 0; count < 10; count++) {
    peer.send(...times(500, () => new Author().next(["never"], { d })));
    await peer.settled();
  }
  memory.assertGrownBelow(GROWTH_MB);
  const times_ms = await arena.latencies(50);
  assertLess(times_ms[25], 15, "half of all lines take no longer than this");
  const author = new Author(peer.identity);
  const lines = times(500, (index) => `many ${index}`);
  const began = performance.now();
  peer.send(...lines.map((line) => author.next([line])));
  await arena.expect(...lines);
  assertLess(performance.now() - began, 5_000);
});

Deno.test("a goodbye arrives, also behind a lot else", async () => {
  await using arena = await Arena.start();
  for (let round = 0; round < 10; round++) {
    await using peer = await RawPeer.peer(await arena.address());
    // So many answers are under way before the goodbye, and so much that nobody reads behind it.
    peer.send(...Array(ANSWERS).fill('{"k":"want","peers":true}'));
    assertEquals((await flood(peer, UNKNOWN)).code, "flood");
    const answers = peer.lines.filter((line) => line.startsWith('{"k":"peers"'));
    assert(answers.length >= ANSWERS, `${answers.length} answers came before the goodbye`);
  }
  await arena.finish();
});

Deno.test("`rumor sub` of a node that floods it ends by itself", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["sub", "--join", `127.0.0.1:${listener.addr.port}`];
  await using sub = startRumor(args, { stdin: "null" });
  await using host = RawPeer.over(await listener.accept());
  await host.control("hello");
  host.send(host.hello());
  await host.control("want");
  const chunk = new Uint8Array(1_048_576).fill(0x61);
  for (let sent = 0; sent < 64 && !host.isClosed; sent++) await host.writeAll(chunk);
  await host.ended;
  assertEquals((await sub.status()).code, 69);
  assertEquals(sub.stdout, []);
});

Deno.test("`rumor balances` of a node that never ends its answer ends by itself", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const join = ["--join", `127.0.0.1:${listener.addr.port}`, "--timeout", "2"];
  const running = runRumor(["balances", ...join]);
  await using host = RawPeer.over(await listener.accept());
  await host.control("hello");
  host.send(host.hello());
  await host.control("ask");
  const timer = setInterval(() => {
    host.send('{"k":"answer","i":1,"r":[["a","1"]],"more":true}');
  }, 100);
  const { code, stdout } = await running.finally(() => clearInterval(timer));
  assertEquals({ code, stdout }, { code: 75, stdout: [] });
});
