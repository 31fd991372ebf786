/** What may arrive on a TCP connection before the hello is done. */

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { Arena, LINUX, Memory } from "../helpers/arena.ts";
import { deadAddress, LOCAL } from "../helpers/network.ts";
import { runRumor } from "../helpers/process.ts";
import { makeIdentity, RawPeer } from "../helpers/raw_peer.ts";

const HELLO_MS = 5_000;

/** The first bytes of a TLS 1.2 handshake, without a newline among them. */
const TLS = Buffer.from("16030100c8010000c40303", "hex").toString("latin1") + "\x55".repeat(200);

/** One hello after the other, each wrong in one way, and the code that it is refused with. */
const HELLOS: readonly (readonly [Record<string, string | undefined>, string])[] = [
  [{ v: "2" }, "bad-version"],
  [{ v: "0" }, "bad-version"],
  [{ v: "9007199254740991" }, "bad-version"],
  [{ v: "1.5" }, "bad-line"],
  [{ v: "-0" }, "bad-line"],
  [{ v: "1e400" }, "bad-line"],
  [{ v: "9007199254740993" }, "bad-line"],
  [{ v: '"1"' }, "bad-line"],
  [{ v: undefined }, "bad-line"],
  [{ network: '"other"' }, "bad-network"],
  [{ network: '""' }, "bad-network"],
  [{ network: '"RUMOR"' }, "bad-network"],
  [{ network: JSON.stringify("x".repeat(257)) }, "bad-line"],
  [{ network: "null" }, "bad-line"],
  [{ network: '"\\ud800"' }, "bad-line"],
  [{ id: '"short"' }, "bad-line"],
  [{ id: undefined }, "bad-line"],
  [{ id: JSON.stringify("A".repeat(44)) }, "bad-line"],
  [{ id: JSON.stringify(`${"A".repeat(42)}=`) }, "bad-line"],
  [{ id: JSON.stringify(`${"A".repeat(42)}+`) }, "bad-line"],
  [{ address: '"nowhere"' }, "bad-line"],
  [{ address: '"127.0.0.1:0"' }, "bad-line"],
  [{ address: '"127.0.0.1:65536"' }, "bad-line"],
  [{ address: '"a b:1"' }, "bad-line"],
  [{ nonce: "1" }, "bad-line"],
  [{ nonce: JSON.stringify("n".repeat(257)) }, "bad-line"],
  [{ guest: "true", v: "2" }, "bad-version"],
  [{ guest: "true", network: '"other"' }, "bad-network"],
  [{ guest: "false" }, "bad-line"],
  [{ v: '1,"v":1' }, "repeated-key"],
  [{ nonce: '"n","\\u006eonce":"n"' }, "repeated-key"],
];

/**
 * Keys under which anybody can sign, and other spellings of keys: y of small order with either sign
 * bit, y that is not below 2^255 - 19, and base64 whose last character carries bits of nothing.
 */
const BAD_KEYS: readonly string[] = [
  ...[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ].flatMap((hex) => {
    const key = Buffer.from(hex, "hex"), signed = Buffer.from(key);
    signed[31] |= 0x80;
    return [key.toString("base64url"), signed.toString("base64url")];
  }),
  respell(makeIdentity().id),
];

/** What is no protocol at all, or not in its place, and the codes that it may be refused with. */
const GARBAGE: readonly (readonly [string, string | Uint8Array, readonly string[]])[] = [
  ["HTTP", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", ["bad-json"]],
  ["a POST with a hello in it", 'POST / HTTP/1.1\r\n\r\n{"k":"hello","v":1}\n', ["bad-json"]],
  ["TLS", `${TLS}\n`, ["bad-json", "bad-utf8"]],
  ["SSH", "SSH-2.0-OpenSSH_9.6\r\n", ["bad-json"]],
  ["random bytes", randomBytes(65_536), ["bad-json", "bad-utf8"]],
  ["zeros", new Uint8Array(1_000_000), ["too-long"]],
  ["NULs and a newline", "\0\0\0\n", ["bad-json"]],
  ["an empty line", "\n", ["bad-json"]],
  ["newlines", "\n".repeat(100_000), ["bad-json"]],
  ["a BOM", '\ufeff{"k":"hello","v":1,"network":"rumor","guest":true}\n', ["bad-json"]],
  ["UTF-16", Buffer.from('{"k":"hello"}\n', "utf16le"), ["bad-json"]],
  ["bytes that are no UTF-8", Buffer.from('{"k":"\xff"}\n', "latin1"), ["bad-utf8"]],
  ["a surrogate as UTF-8", Buffer.from('{"k":"\xed\xa0\x80"}\n', "latin1"), ["bad-utf8"]],
  ["an array", "[]\n", ["bad-line"]],
  ["a number", "7\n", ["bad-line"]],
  ["a string", '"hello"\n', ["bad-line"]],
  ["null", "null\n", ["bad-line"]],
  ["an object without k", "{}\n", ["bad-line"]],
  ["k that is not first", '{"v":1,"k":"hello"}\n', ["bad-line"]],
  ["k that is no text", '{"k":["hello"]}\n', ["bad-line"]],
  ["a depth of 33", `${"[".repeat(33)}${"]".repeat(33)}\n`, ["too-deep"]],
  ["a depth of 100,000", `${"[".repeat(100_000)}${"]".repeat(100_000)}\n`, ["too-deep"]],
  ["a depth without end", `{"k":${"[".repeat(200_000)}\n`, ["too-deep"]],
  ["a line of 262,145 bytes", `${" ".repeat(262_145)}\n`, ["too-long"]],
  ["10^6 items", `[${"0,".repeat(1_000_000)}0]\n`, ["too-long"]],
  ["a proof", `{"k":"proof","z":"${"A".repeat(86)}"}\n`, ["bad-order"]],
  ["a clock", '{"k":"have","c":{}}\n', ["bad-order"]],
  ["a ping", '{"k":"ping","x":1}\n', ["bad-order"]],
  ["lines to publish", '{"k":"publish","i":1,"t":"chat","b":["x"]}\n', ["bad-order"]],
  ["a question", '{"k":"ask","i":1,"q":"balances","a":[]}\n', ["bad-order"]],
  ["peers", '{"k":"peers","p":[]}\n', ["bad-order"]],
];

/** The same 32 bytes as another text: the last of 43 characters has two bits to spare. */
function respell(id: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return id.slice(0, -1) + letters[letters.indexOf(id.at(-1)!) ^ 1];
}

Deno.test("a connection that is silent or slow is closed after 5 s in all", async (t) => {
  await using arena = await Arena.start();
  const address = await arena.address();
  const slow = async (text: string, bytes: number, pause_ms: number) => {
    const peer = await RawPeer.connect(address);
    for (let at = 0; !peer.isClosed; at += bytes) {
      peer.write(text.slice(at, at + bytes));
      let timer: ReturnType<typeof setTimeout> | undefined;
      const pause = new Promise((resolve) => timer = setTimeout(resolve, pause_ms));
      await Promise.race([peer.ended, pause]);
      clearTimeout(timer);
    }
    return await peer.ending();
  };
  const unproved = async () => {
    const peer = await RawPeer.connect(address);
    peer.send(peer.hello());
    await peer.control("hello");
    return await peer.ending();
  };
  const cases: Record<string, () => Promise<{ code: string | null; after_ms: number }>> = {
    "nothing": () => slow("", 1, 10_000),
    "one byte a second": () => slow('{"k":"hello","v":1', 1, 1_000),
    "ten bytes a second, with whole lines": () => slow('{"k":"x"}\n'.repeat(100), 10, 1_000),
    "TLS": () => slow(TLS, TLS.length, 10_000),
    "half a hello": () => slow('{"k":"hello","v":1,', 100, 10_000),
    "a hello without proof": unproved,
  };
  const running = Object.entries(cases).map(([name, run]) => [name, run()] as const);
  await arena.exchange();
  for (const [name, ending] of running) {
    await t.step(name, async () => {
      const { code, after_ms } = await ending;
      assertEquals(code, "timeout");
      assertGreater(after_ms, HELLO_MS - 500);
      assertLess(after_ms, HELLO_MS * 2);
    });
  }
  await arena.finish();
});

Deno.test("bytes of something else are refused with a coded goodbye", async (t) => {
  await using arena = await Arena.start();
  for (const [name, bytes, codes] of GARBAGE) {
    await t.step(name, async () => {
      await using peer = await RawPeer.connect(await arena.address());
      peer.write(bytes);
      const { code } = await peer.ending();
      assert(codes.includes(code ?? ""), `${code} is not ${codes.join(" or ")}`);
    });
  }
  await arena.finish();
});

Deno.test("64 MiB without a newline are cut off at the limit, and not kept", async () => {
  await using arena = await Arena.start();
  const memory = new Memory(arena.target);
  const chunk = new Uint8Array(1_048_576).fill(0x61);
  await using peer = await RawPeer.connect(await arena.address());
  for (let sent = 0; sent < 64 && !peer.isClosed; sent++) await peer.writeAll(chunk);
  assertEquals((await peer.ending()).code, "too-long");
  memory.assertGrownBelow(48);
  await arena.finish();
});

Deno.test("a hello that is wrong in one thing is refused, and says why", async (t) => {
  await using arena = await Arena.start();
  for (const [parts, expected] of HELLOS) {
    await t.step(JSON.stringify(parts), async () => {
      await using peer = await RawPeer.connect(await arena.address());
      peer.send(peer.hello(parts));
      const { code, why } = await peer.ending();
      assertEquals(code, expected);
      assert(why !== "", "says why");
    });
  }
  await arena.finish();
});

Deno.test("a key that anybody can use, or in another spelling, is refused", async () => {
  await using arena = await Arena.start();
  for (const id of BAD_KEYS) {
    await using peer = await RawPeer.connect(await arena.address());
    peer.send(peer.hello({ id: JSON.stringify(id) }));
    const { code } = await peer.ending();
    assert(code === "bad-key" || code === "bad-line", `${id} is refused with ${code}`);
  }
  await arena.finish();
});

Deno.test("keys like __proto__ and unknown ones in a hello mean nothing", async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.connect(await arena.address());
  peer.send('{"k":"__proto__"}', '{"k":"constructor","x":1}', '{"k":"toString"}');
  peer.send(
    peer.hello({ __proto__x: "1", constructor: '{"guest":true}', extra: "[1,2]" })
      .replace("__proto__x", "__proto__"),
  );
  const hello = await peer.control("hello");
  peer.send(peer.proof(hello), '{"k":"have","c":{}}');
  await peer.settled();
  await arena.finish();
});

Deno.test("nobody is who he cannot prove to be", async (t) => {
  await using arena = await Arena.start();
  const [target, other] = await Promise.all(arena.nodes.map((node) => node.address()));

  await t.step("a hello that is sent back to its sender", async () => {
    await using first = await RawPeer.peer(target);
    const hello = await first.wait((line) => line.startsWith('{"k":"hello"'));
    await using second = await RawPeer.connect(target);
    second.send(hello);
    assertEquals((await second.ending()).code, "self");
  });

  await t.step("an id with the proof of another key", async () => {
    await using peer = await RawPeer.connect(target);
    peer.send(peer.hello({ id: JSON.stringify(makeIdentity().id) }));
    peer.send(peer.proof(await peer.control("hello")));
    assertEquals((await peer.ending()).code, "bad-proof");
  });

  await t.step("a proof that is sent back to its sender", async () => {
    await using peer = await RawPeer.connect(target);
    peer.send(peer.hello());
    await peer.control("hello");
    peer.send(await peer.wait((line) => line.startsWith('{"k":"proof"')));
    assertEquals((await peer.ending()).code, "bad-proof");
  });

  await t.step("a proof that was made for another connection", async () => {
    const identity = makeIdentity();
    await using first = await RawPeer.connect(target, { identity });
    first.send(first.hello());
    const old = first.proof(await first.control("hello"));
    await using second = await RawPeer.connect(target, { identity });
    second.send(second.hello(), old);
    assertEquals((await second.ending()).code, "bad-proof");
  });

  await t.step("a proof that an honest node made for somebody else", async () => {
    await using victim = await RawPeer.connect(target);
    await using honest = await RawPeer.connect(other);
    honest.send(honest.hello());
    const { id } = await honest.control("hello");
    victim.send(victim.hello({ id: JSON.stringify(id) }));
    const { nonce } = await victim.control("hello");
    await using asked = await RawPeer.connect(other);
    asked.send(asked.hello({ nonce: JSON.stringify(nonce) }));
    victim.send(await asked.wait((line) => line.startsWith('{"k":"proof"')));
    assertEquals((await victim.ending()).code, "bad-proof");
  });

  await t.step("a second hello", async () => {
    await using peer = await RawPeer.peer(target);
    peer.send(peer.hello({ id: JSON.stringify(makeIdentity().id) }));
    assertEquals((await peer.ending()).code, "bad-order");
  });

  await arena.finish();
});

Deno.test("500 connections from one host leave room for others", { ignore: !LINUX }, async () => {
  await using arena = await Arena.start();
  const address = await arena.address();
  const memory = new Memory(arena.target);
  const crowd = await Promise.all(
    Array.from({ length: 500 }, () => RawPeer.connect(address, { from: "127.0.0.66" })),
  );
  const refused: (string | null)[] = [];
  for (const peer of crowd) peer.ended.then(({ code }) => refused.push(code));
  const newcomer = await arena.newcomer(["--history", "0"]);
  await newcomer.send("there is room for me");
  await arena.expect("there is room for me");
  const open = crowd.filter((peer) => !peer.isClosed).length;
  assert(open <= 128, `${open} connections of one host are open`);
  memory.assertGrownBelow(64);
  for (const peer of crowd) peer.close();
  await Promise.all(crowd.map((peer) => peer.ended));
  const said = refused.filter((code) => code === "full").length;
  assertGreater(said, 300, "who is refused is told so");
  await arena.exchange();
});

Deno.test("peers of one host that are proved are limited, too", { ignore: !LINUX }, async () => {
  await using arena = await Arena.start();
  const address = await arena.address();
  const crowd: RawPeer[] = [];
  let refused = 0;
  for (let tries = 0; tries < 150; tries++) {
    const peer = await RawPeer.connect(address, { from: "127.0.0.67" });
    crowd.push(peer);
    const greeted = await peer.greet().then(() => true, () => false);
    if (!greeted && (await peer.ending()).code === "full") refused++;
  }
  assertGreater(refused, 0);
  assertLess(refused, 100);
  await arena.exchange();
  for (const peer of crowd) peer.close();
  await arena.finish();
});

Deno.test("a node does not join itself, also under another name", async (t) => {
  await t.step("its own address in the list of those to join means nothing", async () => {
    const address = deadAddress();
    const args = ["--listen", address, "--join", address];
    const { code, stdout, stderr } = await runRumor(args, { input: "hello\n" });
    assertEquals({ code, stdout }, { code: 0, stdout: ["hello"] }, stderr.join("\n"));
  });
  await t.step("it notices it where the name is another", async () => {
    const address = deadAddress();
    const listen = `0.0.0.0:${address.split(":")[1]}`;
    const args = ["--keep-open", "--listen", listen, "--join", address];
    const { code, stdout, stderr } = await runRumor(args);
    assertEquals({ code, stdout }, { code: 69, stdout: [] }, stderr.join("\n"));
    assert(stderr.some((line) => line.includes(address) && line.includes("this node")));
  });
});

Deno.test("a node that joins something else ends with 69, and prints nothing of it", async (t) => {
  const page = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  const cases: Record<string, (connection: Deno.TcpConn) => Promise<unknown>> = {
    "a web server": (connection) => connection.write(new TextEncoder().encode(page)),
    "an echo": (connection) => connection.readable.pipeTo(connection.writable),
    "a server that hangs up": (connection) => Promise.resolve(connection.close()),
    "a server that says nothing": () => Promise.resolve(),
    "a server that never ends its line": async (connection) => {
      const chunk = new Uint8Array(65_536).fill(0x61);
      for (;;) await connection.write(chunk);
    },
  };
  const runs = Object.entries(cases).map(async ([name, serve]) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const connections: Deno.TcpConn[] = [];
    const serving = (async () => {
      for await (const connection of listener) {
        connections.push(connection);
        serve(connection).catch(() => {});
      }
    })();
    const join = ["--keep-open", "--join", `127.0.0.1:${listener.addr.port}`];
    const result = await runRumor([...LOCAL, ...join]);
    listener.close();
    await serving.catch(() => {});
    for (const connection of connections) closeQuietly(connection);
    return [name, result] as const;
  });
  for (const [name, { code, stdout, stderr }] of await Promise.all(runs)) {
    await t.step(name, () => {
      assertEquals({ code, stdout }, { code: 69, stdout: [] }, stderr.join("\n"));
      assert(stderr.some((line) => line.startsWith("rumor: cannot join")), stderr.join("\n"));
    });
  }
});

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed by one of those who used it.
  }
}
