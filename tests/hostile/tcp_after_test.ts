/** What a peer or a guest may send once it has greeted. Entries have a file of their own. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { Arena } from "../helpers/arena.ts";
import { LONG_ONLY } from "../helpers/long.ts";
import { runRumor } from "../helpers/process.ts";
import { Author, randomId, RawPeer } from "../helpers/raw_peer.ts";

/** A name for a step, a line, and the code that its sender is sent off with. */
type Case = readonly [name: string, line: string | Uint8Array, code: string];

const LINE_BYTES = 262_144;
const TEXT = '"0123456789abcdefghijklmnopqrstuvwxyzABCDEFE"';
const SEAL = "A".repeat(86);

/** JSON of exactly so many bytes, of a kind that nobody knows. */
function padded(bytes: number): string {
  const start = '{"k":"unknown","pad":"', end = '"}';
  return start + "x".repeat(bytes - start.length - end.length) + end;
}

function nested(depth: number): string {
  // The object itself is the first level.
  return `{"k":"unknown","x":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
}

function clock(text: string): string {
  return `{"k":"have","c":${text}}`;
}

/** Whoever sends one of these is sent off. */
const FATAL: readonly Case[] = [
  ["a line of 262,145 bytes", padded(LINE_BYTES + 1), "too-long"],
  ["1 MiB without a newline", new Uint8Array(1_048_576).fill(0x7b), "too-long"],
  ["10^6 items", `{"k":"publish","i":1,"t":"chat","b":[${"0,".repeat(1e6)}0]}`, "too-long"],
  ["a depth of 33", nested(33), "too-deep"],
  ["a depth of 100,000", nested(100_000), "too-deep"],
  ["a depth of 33 in what is known", clock("[".repeat(32) + "]".repeat(32)), "too-deep"],
  ["a repeated key", '{"k":"ping","x":1,"x":1}', "repeated-key"],
  ["a repeated key in another spelling", '{"k":"ping","x":1,"\\u0078":2}', "repeated-key"],
  ["a repeated k", '{"k":"ping","x":1,"k":"bye"}', "repeated-key"],
  ["a repeated key deep inside", clock(`{${TEXT}:{"chat":1,"chat":2}}`), "repeated-key"],
  ["a repeated __proto__", '{"k":"x","__proto__":1,"__proto__":2}', "repeated-key"],
  ["__proto__ for an id", clock('{"__proto__":{"chat":1}}'), "bad-line"],
  ["constructor for an id", clock('{"constructor":{"chat":1}}'), "bad-line"],
  ["1e400", '{"k":"ping","x":1e400}', "bad-line"],
  ["-0", '{"k":"ping","x":-0}', "bad-line"],
  ["-1", '{"k":"ping","x":-1}', "bad-line"],
  ["1.5", '{"k":"ping","x":1.5}', "bad-line"],
  ["2^53", '{"k":"ping","x":9007199254740992}', "bad-line"],
  ["2^53+1", '{"k":"ping","x":9007199254740993}', "bad-line"],
  ["a number as text", '{"k":"ping","x":"1"}', "bad-line"],
  ["no number", '{"k":"ping"}', "bad-line"],
  ["NaN", '{"k":"ping","x":NaN}', "bad-json"],
  ["Infinity", '{"k":"ping","x":Infinity}', "bad-json"],
  ["a hexadecimal number", '{"k":"ping","x":0x10}', "bad-json"],
  ["a comment", '{"k":"ping",/**/"x":1}', "bad-json"],
  ["a comma too many", '{"k":"ping","x":1,}', "bad-json"],
  ["two objects", '{"k":"ping","x":1}{"k":"ping","x":1}', "bad-json"],
  ["an array", '[{"k":"ping","x":1}]', "bad-line"],
  ["a number", "1", "bad-line"],
  ["a string", '"ping"', "bad-line"],
  ["true", "true", "bad-line"],
  ["null", "null", "bad-line"],
  ["nothing", "", "bad-json"],
  ["k that is not first", '{"x":1,"k":"ping"}', "bad-line"],
  ["k that is an object", '{"k":{}}', "bad-line"],
  ["a BOM", '\ufeff{"k":"ping","x":1}', "bad-json"],
  ["NUL", '{"k":"ping","x":1}\0', "bad-json"],
  ["bytes that are no UTF-8", Buffer.from('{"k":"bye","why":"\xff\xfe"}', "latin1"), "bad-utf8"],
  ["an overlong slash", Buffer.from('{"k":"bye","why":"\xc0\xaf"}', "latin1"), "bad-utf8"],
  ["a surrogate as UTF-8", Buffer.from('{"k":"ping\xed\xa0\x80"}', "latin1"), "bad-utf8"],
  ["a lone surrogate", '{"k":"bye","code":"\\ud800","why":""}', "bad-line"],
  ["a lone surrogate in a key", '{"k":"ping","x":1,"\\udc00":1}', "bad-line"],
  ["a clock that is an array", clock("[]"), "bad-line"],
  ["a clock with an array", clock(`{${TEXT}:[]}`), "bad-line"],
  ["a clock with null", clock(`{${TEXT}:null}`), "bad-line"],
  ["a clock at 0", clock(`{${TEXT}:{"chat":0}}`), "bad-line"],
  ["a clock at 2^53", clock(`{${TEXT}:{"chat":9007199254740992}}`), "bad-line"],
  ["a clock at 1.5", clock(`{${TEXT}:{"chat":1.5}}`), "bad-line"],
  ["a clock with a bad topic", clock(`{${TEXT}:{"a b":1}}`), "bad-line"],
  ["an acknowledgement of -1", '{"k":"have","c":{},"n":-1}', "bad-line"],
  ["an acknowledgement of 1e400", '{"k":"have","c":{},"n":1e400}', "bad-line"],
  ["peers that are no pairs", '{"k":"peers","p":[1]}', "bad-line"],
  ["a peer with a bad id", '{"k":"peers","p":[["x","127.0.0.1:1"]]}', "bad-line"],
  ["a peer with a bad address", `{"k":"peers","p":[[${TEXT},"127.0.0.1"]]}`, "bad-line"],
  ["a peer at port 0", `{"k":"peers","p":[[${TEXT},"127.0.0.1:0"]]}`, "bad-line"],
  [
    "1,001 peers in a line",
    `{"k":"peers","p":[${Array(1_001).fill(`[${TEXT},"127.0.0.1:1"]`)}]}`,
    "bad-line",
  ],
  ["wanting entry 0", `{"k":"want","o":${TEXT},"t":"chat","s":0}`, "bad-line"],
  ["wanting entry 2^53+1", `{"k":"want","o":${TEXT},"t":"chat","s":9007199254740993}`, "bad-line"],
  ["a gap that ends before it begins", `{"k":"gap","o":${TEXT},"t":"x","s":5,"e":4}`, "bad-line"],
  ["a gap in the ledger", `{"k":"gap","o":${TEXT},"t":"ledger","s":1,"e":4}`, "bad-gap"],
  ["a proof that is no signature", '{"k":"proof","z":"x"}', "bad-line"],
  ["a second proof", `{"k":"proof","z":"${SEAL}"}`, "bad-order"],
  ["a second hello as a guest", '{"k":"hello","v":1,"network":"rumor","guest":true}', "bad-order"],
  ["an entry without anything", '{"o":"', "bad-entry"],
  ["an entry that ends early", `{"o":${TEXT},"t":"chat","s":1,"p":""}`, "bad-entry"],
];

/** These are ignored and counted, or answered; the connection stays. */
const HARMLESS: readonly (readonly [name: string, line: string])[] = [
  ["a line of 262,144 bytes", padded(LINE_BYTES)],
  ["a depth of 32", nested(32)],
  ["an unknown k", '{"k":"unknown","x":[1,{"y":null}]}'],
  ["k that is __proto__", '{"k":"__proto__"}'],
  ["k that is constructor", '{"k":"constructor","x":1}'],
  ["k that is empty", '{"k":""}'],
  ["k with a newline in it", '{"k":"\\n\\u001b[31m"}'],
  ["keys that nobody knows", '{"k":"have","c":{},"later":1}'],
  ["the key __proto__", '{"k":"have","c":{},"__proto__":{"n":5}}'],
  ["the key constructor", '{"k":"have","c":{},"constructor":{"prototype":{"n":5}}}'],
  ["topics with odd names", clock(`{${TEXT}:{"__proto__":5,"constructor":6,"../x":7}}`)],
  ["spaces and a CR", ' \t{ "k" : "have" , "c" : {} } \r'],
  ["an unknown origin's clock", clock(`{${TEXT}:{"chat":9007199254740991}}`)],
  ["more acknowledged than was sent", '{"k":"have","c":{},"n":9007199254740991}'],
  ["an unknown entry that is wanted", `{"k":"want","o":${TEXT},"t":"chat","s":1}`],
  ["an entry 2^53-1 that is wanted", `{"k":"want","o":${TEXT},"t":"x","s":9007199254740991}`],
  ["what only a node says", '{"k":"published","i":1,"held":5}'],
  ["what only a guest says", '{"k":"publish","i":1,"t":"chat","b":["forged"]}'],
  ["a question of a peer", '{"k":"ask","i":1,"q":"balances","a":[]}'],
  ["an answer to nobody", '{"k":"answer","i":1,"r":[["alice","5"]]}'],
  ["a refusal to nobody", '{"k":"refused","i":1,"why":"\\u001b[2J"}'],
  ["no peers", '{"k":"peers","p":[]}'],
];

/** Guests may do less. */
const GUEST_FATAL: readonly Case[] = [
  ["a proof", `{"k":"proof","z":"${SEAL}"}`, "bad-order"],
  ["a second hello", '{"k":"hello","v":1,"network":"rumor","guest":true}', "bad-order"],
  ["an entry", new Author().next(["forged"]), "bad-order"],
  ["publishing something else than a list", '{"k":"publish","i":1,"t":"x","b":{}}', "bad-line"],
  ["publishing to no topic", '{"k":"publish","i":1,"t":"","b":[]}', "bad-line"],
  ["publishing to a long topic", `{"k":"publish","i":1,"t":"${SEAL}","b":[]}`, "bad-line"],
  ["publishing with ack 0", '{"k":"publish","i":1,"t":"x","b":["x"],"ack":0}', "bad-line"],
  ["publishing with ack 1e400", '{"k":"publish","i":1,"t":"x","b":["x"],"ack":1e400}', "bad-line"],
  ["publishing a lone surrogate", '{"k":"publish","i":1,"t":"x","b":["\\ud83d"]}', "bad-line"],
  [
    "publishing a repeated key",
    '{"k":"publish","i":1,"t":"x","b":[{"a":1,"a":2}]}',
    "repeated-key",
  ],
  ["asking without a question", '{"k":"ask","i":1,"a":[]}', "bad-line"],
  ["asking a question that is no text", '{"k":"ask","i":1,"q":["peers"],"a":[]}', "bad-line"],
  ["a question that is too long", `{"k":"ask","i":1,"q":"${"q".repeat(257)}"}`, "bad-line"],
  ["asking for no names", '{"k":"ask","i":1,"q":"balances","a":[1]}', "bad-line"],
  ["wanting -1 lines", '{"k":"want","t":"chat","history":-1}', "bad-line"],
  ["wanting 1.5 lines", '{"k":"want","t":"chat","history":1.5}', "bad-line"],
];

/** A guest's items that are refused, each with the others of its request. */
const REFUSED: readonly (readonly [topic: string, items: string])[] = [
  ["chat", "[]"],
  ["chat", "[1]"],
  ["chat", "[null]"],
  ["chat", '["good","two\\nlines"]'],
  ["chat", '[["x"]]'],
  ["chat", '[{"base64":"?"}]'],
  ["chat", '[{"base64":"AAA"}]'],
  ["chat", '[{"base64":"AAAA","more":1}]'],
  ["chat", '[{"__proto__":{"base64":"AAAA"}}]'],
  ["presence", '["x"]'],
  ["presence", '[{"left":true}]'],
  ["ledger", '["alice bob 5"]'],
  ["ledger", '[{"from":"alice","to":"bob","amount":1},{"from":"alice","to":"bob","amount":0}]'],
  ["ledger", '[{"from":"alice","to":"bob","amount":-0}]'],
  ["ledger", '[{"from":"alice","to":"bob","amount":1e400}]'],
  ["ledger", '[{"from":"alice","to":"bob","amount":9007199254740993}]'],
  ["ledger", '[{"from":"alice","to":"alice","amount":1}]'],
  ["ledger", '[{"from":"a\\nb","to":"bob","amount":1}]'],
  ["ledger", '[{"to":"bob","amount":1}]'],
  ["ledger", '[{"__proto__":{"from":"alice"},"to":"bob","amount":1}]'],
];

Deno.test("a peer that breaks the protocol is sent off with a code", async (t) => {
  await using arena = await Arena.start();
  for (const [name, line, code] of FATAL) {
    await t.step(name, async () => {
      await using peer = await RawPeer.peer(await arena.address());
      peer.write(line);
      peer.write("\n");
      const ending = await peer.ending();
      assertEquals(ending.code, code);
      assert(ending.why !== "", "says why");
    });
  }
  await arena.finish();
});

Deno.test("a peer that says what nobody understands may stay", async (t) => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  for (const [name, line] of HARMLESS) {
    await t.step(name, async () => {
      peer.send(line);
      await peer.settled();
    });
  }
  await arena.finish();
});

Deno.test("lines are told apart however they are cut", async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  const author = new Author(peer.identity);
  const lines = ["one", "two \u00e9\u4e16\u{1f600}", "three"].map((text) => author.next([text]));
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  // Two bytes at a time, which tears characters, too.
  for (let at = 0; at < bytes.length; at += 2) await peer.writeAll(bytes.subarray(at, at + 2));
  await arena.expect("one", "two \u00e9\u4e16\u{1f600}", "three");
  await arena.finish();
});

Deno.test("a line that breaks off in the middle is dropped with its connection", async () => {
  await using arena = await Arena.start();
  await using peer = await RawPeer.peer(await arena.address());
  const line = new Author(peer.identity).next(["never finished"]);
  peer.write(line);
  await peer.settled().then(() => assert(false, "a ping is a part of the line"), () => {});
  peer.close();
  await arena.finish();
});

Deno.test("a peer that says goodbye is let go, whatever it says", async () => {
  await using arena = await Arena.start();
  const why = JSON.stringify("\x1b]52;c;AAAA\x07".repeat(10_000)).slice(0, 200_000);
  for (const code of ["left", "duplicate", "self", "\\u001b[2J", "__proto__", ""]) {
    await using peer = await RawPeer.peer(await arena.address());
    peer.send(`{"k":"bye","code":"${code}","why":${why.endsWith('"') ? why : '""'}}`);
    assertEquals((await peer.ending()).code, null);
  }
  await arena.finish();
});

Deno.test("a guest that does what only peers may is sent off", async (t) => {
  await using arena = await Arena.start();
  for (const [name, line, code] of GUEST_FATAL) {
    await t.step(name, async () => {
      await using guest = await RawPeer.guest(await arena.address());
      guest.write(line);
      guest.write("\n");
      assertEquals((await guest.ending()).code, code);
    });
  }
  await arena.finish();
});

Deno.test("a guest's bad items are refused, all or none, and it may stay", async (t) => {
  await using arena = await Arena.start();
  await using guest = await RawPeer.guest(await arena.address());
  for (const [index, [topic, items]] of REFUSED.entries()) {
    await t.step(`${topic} ${items}`, async () => {
      guest.send(`{"k":"publish","i":${index},"t":"${topic}","b":${items}}`);
      const answer = await guest.wait((line) =>
        /"k":"(refused|published)"/.test(line) && line.includes(`"i":${index},`)
      );
      assert(answer.startsWith('{"k":"refused"'), answer);
      assert(JSON.parse(answer).why !== "", "says why");
    });
  }
  for (const [index, q] of ["secrets", "", "__proto__", "constructor", "Balances"].entries()) {
    await t.step(`asking for ${JSON.stringify(q)}`, async () => {
      guest.send(`{"k":"ask","i":${100 + index},"q":"${q}","a":[]}`);
      const answer = await guest.wait((line) => line.includes(`"i":${100 + index},`));
      const why = `this node has no answer to ${q}`;
      assertEquals(JSON.parse(answer), { k: "refused", i: 100 + index, why });
    });
  }
  guest.send('{"k":"ask","i":1,"q":"balances","a":["alice","__proto__","constructor"]}');
  const { r } = await guest.control("answer");
  assertEquals(r, [["__proto__", "0"], ["alice", "0"], ["constructor", "0"]]);
  await arena.finish();
});

Deno.test("a guest's requests of one number do not get mixed up", async () => {
  await using arena = await Arena.start();
  await using guest = await RawPeer.guest(await arena.address());
  guest.send(
    '{"k":"publish","i":7,"t":"chat","b":["first seven"],"ack":1000}',
    '{"k":"publish","i":7,"t":"chat","b":["second seven"]}',
    '{"k":"publish","i":8,"t":"chat","b":["eight"]}',
  );
  assertEquals((await guest.control("refused")).i, 7);
  assertEquals((await guest.control("published")).i, 8);
  await arena.expect("first seven", "eight");
  await arena.finish();
});

Deno.test(
  "a peer that talks but acknowledges nothing is closed, and counted",
  LONG_ONLY,
  async () => {
    await using arena = await Arena.start();
    await using mute = await RawPeer.peer(await arena.address());
    const lines = Array.from({ length: 20 }, (_, at) => `${at} ${"x".repeat(9_000)}`);
    const join = ["--join", await arena.address()];
    assertEquals((await runRumor(["pub", ...join], { input: `${lines.join("\n")}\n` })).code, 0);
    assertEquals((await mute.ending()).code, "stuck");
    const { stdout } = await runRumor(["peers", ...join, "--counts"]);
    assert(stdout.includes("closed:stuck 1"), stdout.join("\n"));
    arena.said.push(...lines);
    await arena.exchange();
    await arena.finish();
  },
);

Deno.test("a lie about who has what costs only the liar", async () => {
  await using arena = await Arena.start();
  await using liar = await RawPeer.peer(await arena.address(), { acks: true });
  const { o } = JSON.parse(await liar.wait((line) => line.includes('"honest 0 of 0"')));
  // It "has" everything that the target will ever say, and somebody else's log, too.
  liar.send(clock(`{"${o}":{"chat":9007199254740991},"${randomId()}":{"chat":5}}`));
  await liar.settled();
  await arena.exchange();
  const newcomer = await arena.newcomer();
  for (const line of arena.said) await newcomer.waitForStdout(line);
  await arena.finish();
});
