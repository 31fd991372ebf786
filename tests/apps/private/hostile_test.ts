/** What somebody may do with private messages: nothing is read, printed twice, lost or held up. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Arena, Memory } from "../../helpers/arena.ts";
import { Nodes } from "../../helpers/network.ts";
import { type Process, runRumor } from "../../helpers/process.ts";
import { RawBox } from "../../helpers/raw_box.ts";
import { Author, randomId, RawPeer } from "../../helpers/raw_peer.ts";
import { LONG_ONLY } from "../../helpers/long.ts";

/** What a node may need besides. Garbage waits for its collector. */
const GROWTH_MB = 200;
const PATIENCE_MS = 15_000;
/** Control lines that a link may send at once. */
const BURST = 10_000;
/** A point of small order: whoever agrees on a secret with it gets all zeros. */
const SMALL_ORDER_BOX = "A".repeat(43);

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A `route` line as JSON text, with some parts replaced or, with undefined, left out. */
function route(parts: Readonly<Record<string, string | undefined>> = {}): string {
  const all = {
    k: '"route"',
    h: "9",
    to: JSON.stringify(randomId()),
    o: JSON.stringify(randomId()),
    m: '"data"',
    n: "1",
    x: '"AAAA"',
    ...parts,
  };
  const kept = Object.entries(all).filter(([, value]) => value !== undefined);
  return `{${kept.map(([key, value]) => `"${key}":${value}`).join(",")}}`;
}

/** What a node says of itself in presence, as a peer hears it. */
async function wordOf(peer: RawPeer): Promise<{ id: string; box: string }> {
  const { id } = JSON.parse(await peer.wait((line) => line.startsWith('{"k":"hello"')));
  const line = await peer.wait((line) =>
    line.startsWith(`{"o":"${id}","t":"presence"`) && line.includes('"box"')
  );
  return { id, box: JSON.parse(line).b[0].box };
}

/** Waits until a node has said to a peer that there is somebody of that name. */
async function hears(peer: RawPeer, name: string): Promise<void> {
  const said = `"name":${JSON.stringify(name)}`;
  await peer.wait((line) => line.includes('"t":"presence"') && line.includes(said));
}

/** What a node counted, by name. */
async function countsOf(address: string): Promise<Map<string, number>> {
  await using guest = await RawPeer.guest(address);
  guest.send('{"k":"ask","i":1,"q":"counts"}');
  const { r } = await guest.control("answer") as { r: [string, string][] };
  return new Map(r.map(([name, count]) => [name, Number(count)]));
}

/** A peer that is a member like others, with a name and a key. */
async function member(
  address: string,
  name: string,
  box: string,
): Promise<{ peer: RawPeer; presence: Author }> {
  const peer = await RawPeer.peer(address, { acks: true });
  const presence = new Author(peer.identity, "presence");
  peer.send(presence.next([{ address: "127.0.0.1:9", name, box }]));
  await peer.settled();
  return { peer, presence };
}

async function pm(node: Process, args: readonly string[], input?: string) {
  const options = input === undefined ? {} : { input };
  return await runRumor(["pm", "--join", await node.address(), ...args], options);
}

Deno.test("`route` and `request` lines that make no sense end their link, and only that", async (t) => {
  await using arena = await Arena.start();
  const routes: Record<string, string> = {
    "too many hops": route({ h: "11" }),
    "hops below 0": route({ h: "-1" }),
    "half a hop": route({ h: "1.5" }),
    "hops past 2^53": route({ h: "9007199254740993" }),
    "no hops": route({ h: undefined }),
    "no recipient": route({ to: undefined }),
    "a recipient that is no id": route({ to: '"anna"' }),
    "a recipient like a prototype": route({ to: '"__proto__"' }),
    "a recipient in a list": route({ to: `["${randomId()}"]` }),
    "an origin that is no id": route({ o: '"anna"' }),
    "another kind": route({ m: '"nak"' }),
    "number 0": route({ n: "0" }),
    "a number below 0": route({ n: "-1" }),
    "half a number": route({ n: "1.5" }),
    "a number past 2^53": route({ n: "1e400" }),
    "a number as text": route({ n: '"1"' }),
    "nothing sealed": route({ x: undefined }),
    "what is not base64url": route({ x: '"a+b/"' }),
    "padding": route({ x: '"AA=="' }),
    "a newline in it": route({ x: '"AAAA\\n"' }),
    "letters of others": route({ x: '"\u00e4\u00f6\u00fc"' }),
    "a key twice": route({ x: '"AAAA","n":2' }),
  };
  for (const [name, line] of Object.entries(routes)) {
    await t.step(name, async () => {
      await using peer = await RawPeer.peer(await arena.address());
      peer.send(line);
      assertMatch((await peer.ending()).code!, /^(bad-line|repeated-key|bad-json)$/);
    });
  }
  const request = (r: string, more = "") => `{"k":"request","i":1,"app":"private","r":${r}${more}}`;
  const good = '{"to":"anna","items":["x"],"within_ms":1000}';
  const requests: Record<string, string> = {
    "no app": `{"k":"request","i":1,"r":${good}}`,
    "an app that is no text": `{"k":"request","i":1,"app":["private"],"r":${good}}`,
    "the name of an app that is too long": `{"k":"request","i":1,"app":"${
      "a".repeat(257)
    }","r":${good}}`,
    "half a number": `{"k":"request","i":0.5,"app":"private","r":${good}}`,
    "nothing asked for": '{"k":"request","i":1,"app":"private"}',
    "a key twice": request(good, ',"i":2'),
    "a key twice in what is asked for": request(good.replace("}", ',"to":"ben"}')),
  };
  for (const [name, line] of Object.entries(requests)) {
    await t.step(`of a guest: ${name}`, async () => {
      await using guest = await RawPeer.guest(await arena.address());
      guest.send(line);
      assertMatch((await guest.ending()).code!, /^(bad-line|repeated-key)$/);
    });
  }
  await t.step("what is only not for it is ignored", async () => {
    await using peer = await RawPeer.peer(await arena.address());
    await using guest = await RawPeer.guest(await arena.address());
    peer.send(request(good), route({ h: "0" }), route({ h: "1" }), route({ x: '""' }));
    peer.send(route({ x: `"${"A".repeat(250_000)}"`, extra: '{"deep":[1]}' }));
    guest.send(route(), '{"k":"delivered","i":1}');
    await peer.settled();
    await guest.settled();
  });
  await arena.finish();
});

Deno.test("a `request` that makes no sense is refused, and only that", async (t) => {
  await using arena = await Arena.start();
  await using guest = await RawPeer.guest(await arena.target.socket());
  const wrong = /a private message needs to, items and within_ms$/;
  const nobody = /^nobody here is called /;
  const cases: Record<string, readonly [app: string, r: string, why: RegExp]> = {
    "no time": ["private", '{"to":"anna","items":["x"]}', wrong],
    "half a millisecond": ["private", '{"to":"anna","items":["x"],"within_ms":0.5}', wrong],
    "a time below 0": ["private", '{"to":"anna","items":["x"],"within_ms":-1}', wrong],
    "a time past 2^53": ["private", '{"to":"anna","items":["x"],"within_ms":1e400}', wrong],
    "items that are no list": ["private", '{"to":"anna","items":"x","within_ms":1}', wrong],
    "no items": ["private", '{"to":"anna","items":[],"within_ms":1}', /^nothing to send$/],
    "a name that is too long": [
      "private",
      `{"to":"${"a".repeat(257)}","items":["x"],"within_ms":1}`,
      wrong,
    ],
    "a name as long as a line": [
      "private",
      `{"to":${JSON.stringify("\x01".repeat(40_000))},"items":["x"],"within_ms":1}`,
      wrong,
    ],
    "no name": ["private", '{"items":["x"],"within_ms":1}', wrong],
    "a name like a prototype": [
      "private",
      '{"to":"__proto__","items":["x"],"within_ms":1}',
      nobody,
    ],
    "no object": ["private", '"anna"', wrong],
    "null": ["private", "null", wrong],
    "a list": ["private", "[]", wrong],
    "an object of nothing but a prototype": ["private", '{"__proto__":{"to":"anna"}}', wrong],
    "an app that takes none": ["chat", "{}", /^the app chat takes no requests$/],
    "another that takes none": ["ledger", "{}", /^the app ledger takes no requests$/],
    "an app like a prototype": ["__proto__", "{}", /^this node has no app __proto__$/],
    "an app like a constructor": ["constructor", "{}", /^this node has no app constructor$/],
  };
  for (const [index, [name, [app, r, why]]] of Object.entries(cases).entries()) {
    await t.step(name, async () => {
      const i = index + 1;
      guest.send(`{"k":"request","i":${i},"app":"${app}","r":${r}}`);
      const line = await guest.wait((line) => line.startsWith(`{"k":"refused","i":${i},`));
      assertMatch(JSON.parse(line).why, why);
    });
  }
  await t.step("each was answered for: as many as a guest may have are under way", async () => {
    const r = '{"to":"nobody","items":["x"],"within_ms":1}';
    guest.send(...times(100, (n) => `{"k":"request","i":${1_000 + n},"app":"ledger","r":${r}}`));
    const line = await guest.wait((line) => line.startsWith('{"k":"refused","i":1099,'));
    assertMatch(JSON.parse(line).why, /takes no requests$/);
  });
  await t.step("over the port it is refused, also from this machine", async () => {
    await using other = await RawPeer.guest(await arena.address());
    const r = '{"to":"anna","items":["x"],"within_ms":1000}';
    other.send(`{"k":"request","i":1,"app":"private","r":${r}}`);
    assertMatch((await other.control("refused")).why, /only the node's own user/);
  });
  await arena.finish();
});

Deno.test("100,000 `route` lines for nobody are dropped, and leave nothing behind", async () => {
  await using arena = await Arena.start();
  const memory = new Memory(arena.target);
  await Promise.all(times(11, async () => {
    await using peer = await RawPeer.peer(await arena.address(), { acks: true });
    peer.send(...times(BURST - 500, (n) => route({ n: `${n + 1}` })));
    await peer.settled();
  }));
  await arena.exchange(PATIENCE_MS);
  assert((await countsOf(await arena.address())).get("not-routed:no-route")! >= 100_000);
  memory.assertGrownBelow(GROWTH_MB);
  await arena.finish();
});

Deno.test("a flood for one node never costs the node that hands it on its link", async () => {
  await using arena = await Arena.start();
  const victim = await arena.newcomer();
  const victim_at = await victim.address();
  await using asker = await RawPeer.peer(victim_at);
  const { id } = await wordOf(asker);
  await using watcher = await RawPeer.peer(await arena.address());
  await watcher.wait((line) => line.startsWith(`{"o":"${id}","t":"presence"`));
  const memory = new Memory(arena.target);
  // Each keeps to what one link may send; together they are four times as much.
  await Promise.all(times(4, async () => {
    await using peer = await RawPeer.peer(await arena.address(), { acks: true });
    peer.send(...times(BURST - 500, (n) => route({ to: `"${id}"`, n: `${n + 1}`, x: '""' })));
    await peer.settled();
    assert(!peer.isClosed);
  }));
  await arena.exchange(PATIENCE_MS);
  for (const address of [await arena.address(), victim_at]) {
    const counts = await countsOf(address);
    assertEquals([...counts.keys()].filter((what) => what.endsWith(":flood")), []);
  }
  assert((await countsOf(await arena.address())).get("routed")! > 0);
  memory.assertGrownBelow(GROWTH_MB);
  await arena.finish();
});

Deno.test("what only looks as if somebody sealed it changes nothing for who really does", async () => {
  await using network = new Nodes();
  const anna = network.start(["--name", "anna"]);
  const join = ["--join", await anna.address()];
  const ben = network.start(["--name", "ben", ...join]);
  const ben_at = await ben.address();
  await using peer = await RawPeer.peer(ben_at, { acks: true });
  await using other = await RawPeer.peer(await anna.address());
  const [{ id: ben_id }, { id: anna_id }] = await Promise.all([wordOf(peer), wordOf(other)]);
  await Promise.all([hears(peer, "anna"), hears(other, "ben")]);
  const forged = { to: `"${ben_id}"`, o: `"${anna_id}"` };
  const garbage = () => {
    for (const m of ['"data"', '"ack"']) {
      for (const n of ["1", "2", "3", "1000000", "9007199254740991"]) {
        const x = `"${"A".repeat(4 * Math.floor(Math.random() * 50))}"`;
        peer.send(route({ ...forged, m, n, x }));
      }
    }
  };
  for (let round = 0; round < 20; round++) {
    garbage();
    const { code, stderr } = await pm(anna, ["ben", `${round}`]);
    assertEquals([code, stderr], [0, []]);
  }
  // In its own name, and in that of the recipient itself.
  peer.send(route({ ...forged, o: forged.to }), route({ ...forged, o: `"${peer.id}"` }));
  await peer.settled();
  const { code } = await pm(ben, ["anna", "back"]);
  assertEquals(code, 0);
  assertEquals(anna.stdout, ["[pm from ben] back"]);
  assertEquals(ben.stdout, times(20, (round) => `[pm from anna] ${round}`));
  assert((await countsOf(ben_at)).get("private:forged")! > 20);
});

Deno.test("a member that lies in what it seals is heard only where it makes sense", async () => {
  await using arena = await Arena.start();

  const at = await arena.address();
  const raw = new RawBox();
  const { peer, presence } = await member(at, "eve", raw.box);
  await using _peer = peer;
  const target = await wordOf(peer);
  const send = (n: number, text: string) => peer.send(raw.route(target, peer.id, n, text));
  const parcel = (after: number, ...items: unknown[]) =>
    JSON.stringify({ a: after, w: 1, b: items });
  const nonsense = [
    "",
    "null",
    "[]",
    '{"a":-1,"w":1,"b":["x"]}',
    '{"a":0,"w":9e99,"b":["x"]}',
    '{"a":0,"w":1,"b":["\\ud800"]}',
    '{"a":0,"w":1,"t":1,"b":["x"]}',
    `{"a":0,"w":1,"b":${"[".repeat(40_000)}`,
    "\xff\xfe",
  ];
  // What only the app can tell from a message.
  const unfit = [
    '{"a":0,"w":1,"b":["two\\nlines"]}',
    '{"a":0,"w":1,"b":[{"base64":"Cg=="}]}',
    '{"a":0,"w":1,"b":[{"__proto__":{"x":1}}]}',
  ];
  const elsewhere = ["__proto__", "chat", "toString"].map((t) =>
    JSON.stringify({ a: 0, w: 1, t, b: ["x"] })
  );
  let n = 1;
  for (const text of [...nonsense, ...unfit, ...elsewhere]) send(n++, text);
  send(n, parcel(0, "first"));
  await arena.target.waitForStdout("[pm from eve] first");
  assertEquals(arena.target.stdout.filter((line) => line.startsWith("[pm")).length, 1);
  // The same again, and what waits for ever.
  const again = raw.route(target, peer.id, n++, parcel(0, "first"));
  peer.send(...times(1_000, () => again));
  const memory = new Memory(arena.target);
  const large = "x".repeat(150_000);
  for (let late = 0; late < 200; late++) send(n++, parcel(2 ** 50, large));
  await peer.settled(PATIENCE_MS);
  memory.assertGrownBelow(GROWTH_MB);
  const counts = await countsOf(at);
  assertEquals(counts.get("private:bad-packet"), nonsense.length);
  assertEquals(counts.get("message:no-such-app"), elsewhere.length);
  assert(counts.get("private:too-early")! > 100);
  assert(counts.get("private:again")! >= 1_000);
  send(2 ** 53 - 1, parcel(0, "last"));
  await arena.target.waitForStdout("[pm from eve] last");
  arena.said.push("[pm from eve] first", "[pm from eve] last");
  // Another key is another run, which begins anew.
  const fresh = new RawBox();
  peer.send(presence.next([{ address: "127.0.0.1:9", name: "eve", box: fresh.box }]));
  peer.send(again, fresh.route(target, peer.id, 1, parcel(0, "fresh")));
  await arena.target.waitForStdout("[pm from eve] fresh");
  arena.said.splice(0, arena.said.length, ...arena.target.stdout);
  assertEquals(arena.said.filter((line) => line.startsWith("[pm")), [
    "[pm from eve] first",
    "[pm from eve] last",
    "[pm from eve] fresh",
  ]);
});

Deno.test("a member whose key is no key gets nothing, and stops nobody", async () => {
  await using arena = await Arena.start();
  const at = await arena.address();
  const boxes = [SMALL_ORDER_BOX, "x", "", `${SMALL_ORDER_BOX}=`, "\u202e", "B".repeat(42) + "B"];
  for (const [index, box] of boxes.entries()) {
    const { peer } = await member(at, `eve${index}`, box);
    await using _peer = peer;
    const { code, stdout, stderr } = await pm(arena.target, [
      `eve${index}`,
      "secret",
      "--timeout",
      "0.2",
    ]);
    assertEquals([code, stdout, stderr.length], [75, [], 1]);
    assert(peer.lines.every((line) => !line.startsWith('{"k":"route"')));
  }
  await arena.finish();
});

Deno.test("a node that is sought again and again speaks once a second", async () => {
  await using arena = await Arena.start();
  const at = await arena.address();
  const { peer, presence } = await member(at, "eve", new RawBox().box);
  await using _peer = peer;
  const { id } = await wordOf(peer);
  const words = () => peer.lines.filter((line) => line.startsWith(`{"o":"${id}","t":"presence"`));
  const before = words().length, began = performance.now();
  const seek = [id, ...times(63, randomId)];
  for (let round = 0; round < 20; round++) {
    const item = { address: "127.0.0.1:9", seek };
    peer.send(...times(20, () => presence.next(times(20, () => item))));
    await peer.settled();
  }
  await arena.exchange(PATIENCE_MS);
  // It has answered once by now.
  await peer.wait((line) => words().length > before && line === words().at(-1));
  const most = 2 + (performance.now() - began) / 1_000;
  assert(words().length - before <= most, `${words().length - before} words, ${most} at most`);
  await arena.finish();
});

Deno.test(
  "guests that post all that they may, and vanish, leave nothing behind",
  LONG_ONLY,
  async () => {
    await using arena = await Arena.start();
    const at = await arena.address();
    const { peer } = await member(at, "eve", new RawBox().box);
    await using _peer = peer;
    const socket = await arena.target.socket();
    const memory = new Memory(arena.target);
    const text = "x".repeat(100_000);
    const post = (i: number, within: number, items: unknown[]) =>
      JSON.stringify({
        k: "request",
        i,
        app: "private",
        r: { to: "eve", items, within_ms: within },
      });
    for (let round = 0; round < 5; round++) {
      await Promise.all(times(10, async () => {
        await using guest = await RawPeer.guest(socket);
        guest.stopReading();
        await guest.writeAll(times(100, (i) => `${post(i, 300, [text])}\n`).join(""));
      }));
    }
    // Nobody acknowledges anything; when its time is over there is room again for all that a guest may.
    await using guest = await RawPeer.guest(socket);
    for (let round = 0; round < 3; round++) {
      const first = round * 1_000;
      guest.send(...times(70, (i) => post(first + i, 50, [""])));
      const answer = (i: number) =>
        guest.wait((line) => line.startsWith(`{"k":"refused","i":${i},`));
      const answers = await Promise.all(times(70, (i) => answer(first + i)));
      const late = answers.filter((line) => line.includes('"late":true'));
      const many = answers.filter((line) => line.includes("too many requests at once"));
      assertEquals(late.length + many.length, 70, answers.find((line) => !line.includes("late")));
      assert(many.length <= 6);
    }
    await arena.exchange(PATIENCE_MS);
    memory.assertGrownBelow(2 * GROWTH_MB);
    await arena.finish();
  },
);

Deno.test(
  "hostile names and texts go through `rumor pm` as what they are",
  LONG_ONLY,
  async (t) => {
    await using network = new Nodes();
    const names = ["__proto__", "constructor", "\u202egro.live", "--help", "a".repeat(64)];
    const first = network.start(["--name", "toString"]);
    const join = ["--join", await first.address()];
    const others = names.map((name) => network.start([`--name=${name}`, ...join]));
    await Promise.all(others.map((node) => node.address()));
    await using watcher = await RawPeer.peer(await first.address(), { acks: true });
    for (const name of names) await hears(watcher, name);
    const send = (args: readonly string[], input?: string) => pm(first, args, input);
    const texts = [
      "\x1b]52;c;AAAA\x07\x1b[2J",
      "\u202ereversed\u2066",
      "%s %n",
      "",
      " two  spaces ",
      '{"k":"bye"}',
    ];
    for (const [index, name] of names.entries()) {
      await t.step(JSON.stringify(name), async () => {
        for (const text of texts) {
          const { code, stdout, stderr } = await send(["--", name, text]);
          assertEquals([code, stdout, stderr], [0, [], []]);
        }
        // A pipe gets them as they are.
        await others[index].waitForStdout(texts.length);
        assertEquals(others[index].stdout, texts.map((text) => `[pm from toString] ${text}`));
      });
    }
    await t.step("nobody's name is shown, not obeyed", async () => {
      for (const name of ["\u202enobody", "hasOwnProperty", "../../etc", "a".repeat(65)]) {
        const { code, stdout, stderr } = await send([name, "x"]);
        assertEquals([code === 1 || code === 2, stdout, stderr.length], [true, [], 1], name);
        // deno-lint-ignore no-control-regex -- control characters are what is looked for
        assert(!/[\x00-\x1f\u202e]/.test(stderr[0]), stderr[0]);
      }
      for (const name of ["\x1b[31mred", "two\nlines", "", " "]) {
        const { code, stderr } = await send([name, "x"]);
        assertEquals([code, stderr.length], [2, 1], JSON.stringify(name));
      }
    });
    await t.step("a line that is too long, or no text, is refused with its number", async () => {
      const input = ["good", "x".repeat(200_000), "also good"].join("\n");
      const { code, stdout, stderr } = await send(["constructor"], input);
      assertEquals([code, stdout, stderr.length], [1, [], 1]);
      assertMatch(stderr[0], /^rumor: line 2: .*131072/);
      const node = others[names.indexOf("constructor")];
      await node.waitForStdout(texts.length + 2);
      assertEquals(node.stdout.slice(texts.length), [
        "[pm from toString] good",
        "[pm from toString] also good",
      ]);
    });
    await t.step(
      "the longest line that may be sent arrives, whatever its characters cost",
      async () => {
        const longest = "\x01".repeat(29_900);
        const { code } = await send(["constructor"], `${longest}\n${"x".repeat(131_072)}`);
        assertEquals(code, 0);
        const lengths = others[names.indexOf("constructor")].stdout.slice(-2).map((line) =>
          line.length
        );
        assertEquals(
          lengths,
          [29_900, 131_072].map((length) => length + "[pm from toString] ".length),
        );
      },
    );
    assertEquals(first.stdout, []);
  },
);
