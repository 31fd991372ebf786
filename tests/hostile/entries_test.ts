/** Entries that lie: about their origin, their place, their causes, or what they hold. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";
import { Arena, Memory } from "../helpers/arena.ts";
import { LONG_ONLY } from "../helpers/long.ts";
import { Nodes } from "../helpers/network.ts";
import { Proxy } from "../helpers/proxy.ts";
import {
  Author,
  concatBytes,
  makeIdentity,
  type Parts,
  randomId,
  RawPeer,
  seal,
  sealBytes,
} from "../helpers/raw_peer.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const forked = (line: string) => line.includes("signed two different entries");

/** Parts of a first entry, signed as they are, and the codes that its bearer is sent off with. */
const BAD: readonly (readonly [name: string, parts: Parts, codes: string])[] = [
  ["number 0", { s: "0" }, "bad-entry"],
  ["number -1", { s: "-1" }, "bad-entry"],
  ["number -0", { s: "-0" }, "bad-entry"],
  ["number 01", { s: "01" }, "bad-entry bad-json"],
  ["number 1.5", { s: "1.5" }, "bad-entry"],
  ["number 1e0", { s: "1e0" }, "bad-entry"],
  ["number 1e400", { s: "1e400" }, "bad-entry"],
  ["number 2^53", { s: "9007199254740992" }, "bad-entry"],
  ["number 2^53+1", { s: "9007199254740993" }, "bad-entry"],
  ["a number of 10,000 digits", { s: "9".repeat(10_000) }, "bad-entry"],
  ["a number as text", { s: '"1"' }, "bad-entry"],
  ["no topic", { t: '""' }, "bad-entry"],
  ["a topic of 65 letters", { t: `"${"t".repeat(65)}"` }, "bad-entry"],
  ["a topic with a space", { t: '"a b"' }, "bad-entry"],
  ["a topic with a newline", { t: '"a\\nb"' }, "bad-entry"],
  ["a topic in another spelling", { t: '"\\u0063hat"' }, "bad-entry"],
  ["a topic with an umlaut", { t: '"\u00e4"' }, "bad-entry"],
  ["a topic that is a number", { t: "1" }, "bad-entry"],
  ["a first entry with a predecessor", { p: `"${"A".repeat(43)}"` }, "bad-entry"],
  ["a predecessor that is no hash", { s: "2", p: '"x"' }, "bad-entry"],
  ["a later entry without predecessor", { s: "2" }, "bad-entry"],
  ["a predecessor that is null", { p: "null" }, "bad-entry"],
  ["a time of -1", { w: "-1" }, "bad-entry"],
  ["a time of 1e400", { w: "1e400" }, "bad-entry"],
  ["a time of 2^53", { w: "9007199254740992" }, "bad-entry"],
  ["a time as text", { w: '"now"' }, "bad-entry"],
  ["items from number 0", { i: "0" }, "bad-entry"],
  ["items from number 1.5", { i: "1.5" }, "bad-entry"],
  ["items from number -0", { i: "-0" }, "bad-entry"],
  ["items from number 2^53+1", { i: "9007199254740993" }, "bad-entry"],
  ["items that are text", { b: '"x"' }, "bad-entry"],
  ["items that are an object", { b: "{}" }, "bad-entry"],
  ["items that are null", { b: "null" }, "bad-entry"],
  ["16,385 items", { b: `[${Array(16_385).fill(0)}]` }, "bad-entry"],
  ["120,000 items", { b: `[${Array(120_000).fill(0)}]` }, "bad-entry"],
  ["10^6 items", { b: `[${Array(1_000_000).fill(0)}]` }, "too-long"],
  ["a line over the limit", { b: `["${"x".repeat(262_144)}"]` }, "too-long"],
  ["a depth of 33", { b: "[".repeat(32) + "]".repeat(32) }, "too-deep"],
  ["a depth of 100,000", { b: "[".repeat(100_000) + "]".repeat(100_000) }, "too-deep"],
  ["an item with a repeated key", { b: '[{"a":1,"a":2}]' }, "repeated-key"],
  ["an item with a repeated __proto__", { b: '[{"__proto__":1,"__proto__":2}]' }, "repeated-key"],
  ["a repeated b", { b: '["good"],"b":["evil"]' }, "repeated-key bad-entry"],
  ["a key too many", { b: '[],"x":1' }, "bad-entry"],
  ["__proto__ as a key", { b: '[],"__proto__":{"z":1}' }, "bad-entry"],
  ["a lone surrogate", { b: '["\\ud83d"]' }, "bad-entry"],
  ["a lone surrogate deep inside", { b: '[{"x":["\\udc00"]}]' }, "bad-entry"],
  ["a lone surrogate in a key", { b: '[{"\\ud83d":1}]' }, "bad-entry"],
  ["a raw NUL", { b: '["a\0b"]' }, "bad-json"],
  ["a raw newline as CR", { b: '["a\rb"]' }, "bad-json"],
  ["causes that are a list", { d: "[]" }, "bad-entry"],
  ["causes that are null", { d: "null" }, "bad-entry"],
  ["__proto__ as a cause", { d: '{"__proto__":1}' }, "bad-entry"],
  ["constructor as a cause", { d: '{"constructor":1}' }, "bad-entry"],
  ["a cause 0", { d: `{"${"A".repeat(43)}":0}` }, "bad-entry"],
  ["a cause 1.5", { d: `{"${"A".repeat(43)}":1.5}` }, "bad-entry"],
  ["a cause 2^53+1", { d: `{"${"A".repeat(43)}":9007199254740993}` }, "bad-entry"],
  ["a cause twice", { d: `{"${"A".repeat(43)}":1,"${"A".repeat(43)}":2}` }, "repeated-key"],
  [
    "1,001 causes",
    { d: JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, () => [randomId(), 1]))) },
    "bad-entry",
  ],
];

/** Ways to spoil a line that was good, and the codes that they may be refused with. */
const SPOILT: readonly (readonly [name: string, spoil: (line: string) => string, codes: string])[] =
  [
    ["a letter of the text", (line) => line.replace("spoil", "SPOIL"), "bad-signature"],
    ["a bit of the seal", (line) => flip(line, line.length - 40), "bad-signature"],
    ["spare bits of the seal", (line) => respell(line, line.length - 3), "bad-entry"],
    ["padding behind the seal", (line) => line.replace(/"}$/, '=="}'), "bad-entry"],
    ["the other base64", (line) => flip(line, line.length - 50, "+"), "bad-entry"],
    [
      "an origin in another spelling",
      (line) => respell(line, 48),
      "bad-entry bad-key bad-signature",
    ],
    ["a space before the seal", (line) => line.replace(',"z"', ' ,"z"'), "bad-entry bad-signature"],
    ["a space inside", (line) => line.replace(',"p"', ', "p"'), "bad-entry bad-signature"],
    ["a space at the end", (line) => `${line} `, "bad-entry"],
    ["a CR at the end", (line) => `${line}\r`, "bad-entry"],
    ["an escape for a letter", (line) => line.replace("spoil", "\\u0073poil"), "bad-signature"],
    ["another order", (line) => line.replace(/("w":\d+),("i":\d+)/, "$2,$1"), "bad-entry"],
    ["no seal", (line) => line.replace(/,"z".*/, "}"), "bad-entry"],
    ["two seals", (line) => line.replace(/(,"z":"[^"]+")/, "$1$1"), "repeated-key bad-entry"],
    ["an empty seal", (line) => line.replace(/"z":"[^"]+"/, '"z":""'), "bad-entry"],
    ["another time", (line) => line.replace(/"w":\d/, '"w":2'), "bad-signature"],
    ["another number", (line) => line.replace('"i":1', '"i":2'), "bad-signature"],
  ];

/** Another character for the one at a place. */
function flip(text: string, at: number, to = ALPHABET[ALPHABET.indexOf(text[at]) ^ 32]): string {
  return text.slice(0, at) + to + text.slice(at + 1);
}

/** The same bytes in another spelling: the last character's lowest bit stands for nothing. */
function respell(text: string, at: number): string {
  return flip(text, at, ALPHABET[ALPHABET.indexOf(text[at]) ^ 1]);
}

Deno.test("an entry that is wrong in one thing is refused, and nobody sees it", async (t) => {
  await using arena = await Arena.start();
  for (const [name, parts, codes] of BAD) {
    await t.step(name, async () => {
      await using peer = await RawPeer.peer(await arena.address());
      peer.send(new Author(peer.identity).draft(["evil"], parts));
      const { code } = await peer.ending();
      assert(codes.split(" ").includes(code ?? ""), `${code} is not ${codes}`);
    });
  }
  await t.step("bytes that are no UTF-8", async () => {
    for (const evil of ["\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc3"]) {
      await using peer = await RawPeer.peer(await arena.address());
      const unsigned = new Author(peer.identity).unsigned([evil]);
      peer.write(sealBytes(peer.identity, new Uint8Array(Buffer.from(unsigned, "latin1"))));
      peer.write("\n");
      assertEquals((await peer.ending()).code, "bad-utf8");
    }
  });
  await arena.finish();
});

Deno.test("what is odd, but allowed, arrives byte for byte", async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address(), { acks: true });
  const other = arena.nodes[1];
  await using watcher = await RawPeer.peer(await other.address(), { acks: true });
  const author = new Author(peer.identity);
  const lines = [
    author.next(["%c%s %d {} ${x}"]),
    author.next([], { d: "{}" }),
    author.next(["\\u0065scaped"], { b: '["\\u0065scaped"]' }),
    author.next(["spaces"], { b: '[ "spaces" ]' }),
    author.next([{ __proto__x: 1 }], { b: '[{"__proto__":1,"constructor":2}]' }),
    author.next(["x"], { w: "0", b: '["x"]' }),
    author.next(["\u{1f600} \ufeff \u202e \0 \x1b[31m"]),
    author.next(Array(16_384).fill(0).map(() => ""), { b: `[${Array(16_384).fill('"y"')}]` }),
  ];
  peer.send(...lines);
  for (const line of lines) await watcher.wait(line);
  await arena.expect("%c%s %d {} ${x}", "escaped", "spaces", "x");
  arena.said.push(
    '{"__proto__":1,"constructor":2}',
    "\u{1f600} \ufeff \u202e \0 \x1b[31m",
    ...Array(16_384).fill("y"),
  );
  await arena.finish();
});

Deno.test("an entry that was changed on its way is refused, and its origin not blamed", async (t) => {
  await using arena = await Arena.start();
  // The second node gets it honestly; whoever relays it to the first one changes it.
  for (const [name, spoil, codes] of SPOILT) {
    await t.step(name, async () => {
      const author = new Author();
      const good = author.next([`do not spoil ${name}`]);
      await using relay = await RawPeer.peer(await arena.address());
      relay.send(spoil(good));
      const { code } = await relay.ending();
      assert(codes.split(" ").includes(code ?? ""), `${code} is not ${codes}`);
      // After the good one, too, the bad one is no proof of a fork.
      await using honest = await RawPeer.peer(await arena.nodes[1].address());
      honest.send(good);
      await arena.expect(`do not spoil ${name}`);
      await using again = await RawPeer.peer(await arena.address());
      again.send(spoil(good));
      await Promise.race([again.ending(), again.settled()]);
    });
  }
  await arena.finish();
});

Deno.test("a forged origin is refused", async () => {
  await using arena = await Arena.start();
  await using watcher = await RawPeer.peer(await arena.address(), { acks: true });
  const said = await watcher.wait((line) => line.includes('"honest 0 of 1"'));
  const { o, s } = JSON.parse(said);
  for (const victim of [JSON.stringify(o), JSON.stringify(makeIdentity().id)]) {
    for (const seq of [1, s + 1, 1000]) {
      await using peer = await RawPeer.peer(await arena.address());
      const place = seq === 1 ? {} : { s: String(seq), p: JSON.stringify("A".repeat(43)) };
      peer.send(new Author(peer.identity).draft(["forged"], { o: victim, ...place }));
      assertEquals((await peer.ending()).code, "bad-signature");
    }
  }
  await arena.finish();
});

Deno.test("a key under which anybody can sign is no origin", async () => {
  await using arena = await Arena.start();
  // The neutral element as key and as R, and S = 0, fulfil the equation for every message.
  const key = new Uint8Array(32);
  key[0] = 1;
  const o = Buffer.from(key).toString("base64url");
  const signature = concatBytes(key, new Uint8Array(32));
  const unsigned = new Author().unsigned(["anybody"], { o: JSON.stringify(o) });
  const jwk = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: o }, format: "jwk" });
  assert(verify(null, Buffer.from(unsigned), jwk, signature), "the signature itself is good");
  await using peer = await RawPeer.peer(await arena.address());
  peer.send(`${unsigned},"z":"${Buffer.from(signature).toString("base64url")}"}`);
  await Promise.race([peer.ending(), peer.settled()]);
  await arena.finish();
});

Deno.test("a gap of 2^52 entries takes no memory", async () => {
  await using arena = await Arena.start();
  const memory = new Memory(arena.target);
  await using peer = await RawPeer.peer(await arena.address());
  const p = JSON.stringify("A".repeat(43));
  for (let index = 0; index < 100; index++) {
    const author = new Author();
    peer.send(author.draft(["far"], { s: String(2 ** 52), p }));
    peer.send(author.draft(["farthest"], { s: String(2 ** 53 - 1), p }));
  }
  await peer.settled();
  memory.assertGrownBelow(32);
  await arena.finish();
});

Deno.test("items that are counted wrong are not printed", async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  const author = new Author(peer.identity);
  peer.send(
    author.draft(["wrong"], { i: "2" }),
    author.draft(["wrong"], { i: String(2 ** 53 - 1) }),
  );
  await peer.settled();
  peer.send(author.next(["right"]));
  peer.send(author.draft(["wrong again"], { i: "1" }), author.draft(["wrong again"], { i: "3" }));
  peer.send(author.next(["right again"]));
  await arena.expect("right", "right again");
  await arena.finish();
});

Deno.test("two entries with one number end their log, and only that", async (t) => {
  await using arena = await Arena.start();
  const [first, second] = await Promise.all(arena.nodes.map((node) => node.address()));

  await t.step("a fork on one link", async () => {
    await using peer = await RawPeer.peer(first);
    const author = new Author(peer.identity);
    peer.send(author.next(["before the fork"]));
    await arena.expect("before the fork");
    const other = author.fork();
    peer.send(author.next(["one side"]));
    await arena.expect("one side");
    peer.send(other.next(["other side"]), other.next(["behind it"]), author.next(["too late"]));
    await peer.settled();
    await arena.target.waitForStderr((line) => forked(line) && line.includes(peer.id));
    // Another topic of the same origin has a log of its own.
    const elsewhere = new Author(peer.identity, "elsewhere");
    peer.send(elsewhere.next(["not printed here"]));
    await peer.settled();
    await arena.exchange();
  });

  await t.step("a fork that begins with the first entry", async () => {
    await using peer = await RawPeer.peer(first);
    const author = new Author(peer.identity), other = author.fork();
    peer.send(author.next(["original"]));
    await arena.expect("original");
    peer.send(other.next(["copy"]));
    await arena.target.waitForStderr((line) => forked(line) && line.includes(peer.id));
    await arena.exchange();
  });

  await t.step("an entry on top of another past", async () => {
    await using peer = await RawPeer.peer(first);
    const author = new Author(peer.identity);
    peer.send(author.next(["root"]), author.draft(["branch"], { p: `"${"B".repeat(42)}A"` }));
    await arena.expect("root");
    await arena.target.waitForStderr((line) => forked(line) && line.includes(peer.id));
    await arena.exchange();
  });

  await t.step("a fork whose sides meet in the middle of the network", async () => {
    await using left = await RawPeer.peer(first);
    await using right = await RawPeer.peer(second, { identity: left.identity });
    const author = new Author(left.identity), other = author.fork();
    left.send(author.next(["same text"]));
    right.send(other.next(["same text"], { w: "1" }));
    await arena.expect("same text");
    await arena.exchange();
  });

  await t.step("a fork that is shown again and again is told once", async () => {
    await using peer = await RawPeer.peer(first);
    const author = new Author(peer.identity), other = author.fork();
    const [one, two] = [author.next(["shown"]), other.next(["hidden"])];
    peer.send(one);
    await arena.expect("shown");
    for (let times = 0; times < 100; times++) peer.send(two, one);
    await peer.settled();
    const told = arena.target.stderr.filter((line) => forked(line) && line.includes(peer.id));
    assertEquals(told.length, 1);
  });

  await arena.finish(forked);
});

Deno.test("a log that ended holds nobody up who saw more of it", async () => {
  await using network = new Nodes();
  const [first] = await network.star(1);
  await using proxy = new Proxy(await first.address());
  const second = network.start(["--join", proxy.address]);
  await second.address();
  await second.send("in step");
  await first.waitForStdout("in step");

  await using left = await RawPeer.peer(await first.address());
  await using right = await RawPeer.peer(await second.address(), { identity: left.identity });
  const author = new Author(left.identity), other = author.fork();
  proxy.hold();
  // While the two nodes cannot hear each other, each gets its own version of the past.
  left.send(author.next(["one"]), author.next(["two"]), author.next(["three"]));
  right.send(other.next(["uno"]));
  await first.waitForStdout("three");
  await second.waitForStdout("uno");
  await first.send("what I say after three");
  await first.waitForStdout("what I say after three");
  proxy.release();
  await second.waitForStdout("what I say after three", { timeout_ms: 10_000 });
});

Deno.test("a whole log that is played again is not printed again", async () => {
  await using arena = await Arena.start({ count: 3 });
  await arena.exchange();
  await using recorder = await RawPeer.peer(await arena.address(), { acks: true });
  const wanted = JSON.stringify(arena.said.at(-1));
  await recorder.wait((line) => line.includes(wanted));
  const entries = recorder.lines.filter((line) => line.startsWith('{"o":'));
  assertGreater(entries.length, 5);
  const orders = [entries, entries.toReversed(), [...entries, ...entries], entries.slice(1)];
  for (const node of arena.nodes) {
    for (const order of orders) {
      await using player = await RawPeer.peer(await node.address());
      for (let times = 0; times < 20; times++) player.send(...order);
      await player.settled();
    }
  }
  const newcomer = await arena.newcomer();
  for (const line of arena.said) await newcomer.waitForStdout(line);
  await arena.finish();
});

Deno.test("what was dropped for room is not printed again when it is played again", async () => {
  await using arena = await Arena.start({ args: ["--keep-bytes", "1M"] });
  await using peer = await RawPeer.peer(await arena.address());
  const author = new Author(peer.identity);
  const texts = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(10_000)}`);
  const entries = texts.map((text) => author.next([text]));
  // A few at a time, so that no node falls so far behind that it loses some.
  for (let at = 0; at < texts.length; at += 20) {
    peer.send(...entries.slice(at, at + 20));
    await arena.expect(...texts.slice(at, at + 20));
  }
  for (const node of arena.nodes) {
    await using player = await RawPeer.peer(await node.address());
    player.send(...entries, ...entries.toReversed());
    await player.settled();
  }
  peer.close();
  await arena.finish();
});

Deno.test("a cause that never comes is asked for, then given up and told", async (t) => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  await using bystander = await RawPeer.peer(await arena.address(), { acks: true });
  const missing = new Author().id;
  const waiting = new Author(), jumping = new Author();
  peer.send(waiting.next(["waits for a cause"], { d: JSON.stringify({ [missing]: 3 }) }));
  jumping.next(["never sent"]);
  peer.send(jumping.next(["waits for the one before"]));
  // Of a log that nobody has shown, what is depended on is asked for; of others, what comes next.
  for (const [wanted, seq] of [[missing, 3], [jumping.id, 1]]) {
    const want = `{"k":"want","o":"${wanted}","t":"chat","s":${seq}`;
    await bystander.wait((line) => line.startsWith(want));
  }
  assertEquals(arena.target.stdout.filter((line) => line.startsWith("waits")), []);
  await arena.exchange();
  // That takes half a minute.
  await t.step({
    name: "given up and told",
    ...LONG_ONLY,
    fn: async () => {
      const [target] = arena.nodes;
      await target.waitForStdout("waits for a cause", { timeout_ms: 60_000 });
      await target.waitForStdout("waits for the one before", { timeout_ms: 60_000 });
      await target.waitForStderr((line) => line.includes("gap") && line.includes(jumping.id));
      await target.waitForStderr((line) => line.includes("gap") && line.includes(missing));
    },
  });
});

Deno.test("a gap that somebody invents takes no entry from anybody", async () => {
  await using arena = await Arena.start();
  await using liar = await RawPeer.peer(await arena.address(), { acks: true });
  const origins = new Set<string>();
  for (const text of ["honest 0 of 0", "honest 0 of 1"]) {
    const line = await liar.wait((line) => line.includes(JSON.stringify(text)));
    origins.add(JSON.parse(line).o);
  }
  for (const origin of origins) {
    for (const topic of ["chat", "presence"]) {
      for (const [from, to] of [[1, 5], [2, 1000], [1, 2 ** 52], [1, 2 ** 53 - 1]]) {
        liar.send(`{"k":"gap","o":"${origin}","t":"${topic}","s":${from},"e":${to}}`);
      }
    }
  }
  await liar.settled();
  // A gap is accepted after a second, if it is.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await arena.exchange(5_000);
  const newcomer = await arena.newcomer();
  for (const line of arena.said) await newcomer.waitForStdout(line);
  await arena.finish();
});

Deno.test("one item is one line, also when it holds a newline", async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  const author = new Author(peer.identity);
  peer.send(
    author.next(["first\nforged", { base64: btoa("second\nforged") }, "third\r\nforged\n"]),
    author.next(["the end"]),
  );
  await Promise.all(arena.nodes.map((node) => node.waitForStdout("the end")));
  for (const node of arena.nodes) {
    assertEquals(node.stdout.filter((line) => line.startsWith("forged")), []);
  }
});

Deno.test("a time that no calendar has does not end `--json`", async () => {
  await using network = new Nodes();
  const node = network.start(["--json"]);
  for (const w of ["0", "253402300799999"]) {
    await using peer = await RawPeer.peer(await node.address());
    peer.send(new Author(peer.identity).next([`at ${w}`], { w }));
    const line = await node.waitForStdout((line) => line.includes(`at ${w}`));
    assertEquals(JSON.parse(line).time, new Date(Number(w)).toISOString());
  }
  for (const w of ["253402300800000", "8640000000000001", "9007199254740991"]) {
    await using peer = await RawPeer.peer(await node.address());
    peer.send(new Author(peer.identity).next(["never"], { w }));
    assertEquals((await peer.ending()).code, "bad-entry");
  }
  await node.send("still here");
  await node.waitForStdout(3);
  assertEquals(JSON.parse(node.stdout[2]).text, "still here");
});

Deno.test("a topic named __proto__ is one like another", async () => {
  await using network = new Nodes();
  const topic = ["--topic", "__proto__"];
  const [first, second] = await network.star(2, topic);
  await first.send("hello");
  await second.waitForStdout("hello");
  await second.send("hello yourself");
  await first.waitForStdout("hello yourself");
  const newcomer = network.start([...topic, "--join", await second.address()]);
  await newcomer.waitForStdout(2);
  await second.closeStdin();
  // What is not acknowledged keeps it from leaving.
  assertEquals((await second.status({ timeout_ms: 5_000 })).code, 0);
});

Deno.test("an entry under another seal of its own origin is a fork, too", async () => {
  // Ed25519 is deterministic, but a signer need not be: the origin itself made both lines.
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  const author = new Author(peer.identity);
  const unsigned = author.unsigned(["sealed"]);
  peer.send(seal(peer.identity, unsigned));
  await arena.expect("sealed");
  peer.send(seal(peer.identity, unsigned));
  await peer.settled();
  await arena.finish();
});
