/** Wrong words of the commands, and remote nodes that say what is no claim. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runInside } from "../../helpers/inside.ts";
import { deadAddress, endAll, Nodes } from "../../helpers/network.ts";
import { runRumor } from "../../helpers/process.ts";
import { Author, RawPeer } from "../../helpers/raw_peer.ts";

// deno-lint-ignore no-control-regex -- what a terminal obeys is what is looked for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202e]/;
const JOIN = ["--join", deadAddress()];
const AGREE_MS = 60_000;

/** Arguments, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], why: RegExp])[] = [
  [["name", ...JOIN], /one NAME is expected/],
  [["name", "a", "b", ...JOIN], /one NAME is expected/],
  [["name", ...JOIN, "claim", "a", "b"], /one NAME is expected; rumor name claim/],
  [["name", "", ...JOIN], /NAME is empty/],
  [["name", "a/b", ...JOIN], /NAME has a \/ in it/],
  [["name", "x\x1b[2J", ...JOIN], /NAME has control characters/],
  [["name", "x\u202e", ...JOIN], /NAME has U\+202E in it, which cannot be seen/],
  [["name", "x".repeat(256), ...JOIN], /NAME has more than 255 bytes/],
  [["name", "x", "--confirm", "2", ...JOIN], /--confirm is not a flag/],
  [["name", "x", "--timeout", "0", ...JOIN], /--timeout/],
  [["name", "x", "--join", "nowhere"], /--join: .*HOST:PORT/],
  [["names", "x", ...JOIN], /x is not expected; see rumor name/],
  [["names", "x\x1b[2J\u202e", ...JOIN], /is not expected/],
  [["names", "--json=yes", ...JOIN], /--json takes no value/],
  [["name", "claim", ...JOIN], /NAME LINK is expected/],
  [["name", "claim", "x", ...JOIN], /NAME LINK is expected/],
  [["name", "claim", "x", "y", "z", ...JOIN], /NAME LINK is expected/],
  [["name", "claim", " x", "y", ...JOIN], /NAME begins or ends with a space/],
  [["name", "claim", "x\n", "y", ...JOIN], /NAME has control characters/],
  [["name", "claim", "\u00e4".repeat(128), "y", ...JOIN], /NAME has more than 255 bytes/],
  [["name", "claim", "x", "", ...JOIN], /LINK is empty/],
  [["name", "claim", "x", "y z", ...JOIN], /LINK has white space/],
  [["name", "claim", "x", "y\x1b[2J", ...JOIN], /LINK has control characters/],
  [["name", "claim", "x", "y".repeat(1_025), ...JOIN], /LINK has more than 1024 bytes/],
  [["name", "claim", "x", "y", "--confirm", "0", ...JOIN], /--confirm: .*from 1 to/],
  [["name", "claim", "x", "y", "--json", ...JOIN], /--json is not a flag/],
];

Deno.test("`rumor name` and `names` name wrong words and flags in one line, and end with 2", async (t) => {
  for (const [args, why] of WRONG) {
    await t.step(JSON.stringify(args.join(" ").slice(0, 80)), async () => {
      const { code, stdout, stderr } = await runInside(args);
      assertEquals({ code, stdout }, { code: 2, stdout: [] }, stderr.join("\n"));
      assertEquals(stderr.length, 1, stderr.join("\n"));
      assertMatch(stderr[0], /^rumor: /);
      assertMatch(stderr[0], why);
      assert(!UNSAFE.test(stderr[0]), JSON.stringify(stderr[0]));
    });
  }
});

/** Items that claim a name in a way that no node takes. */
const JUNK: readonly unknown[] = [
  { k: "name" },
  { k: "name", name: "a" },
  { k: "name", name: "a", link: "x", owner: "me" },
  { k: "name", name: "cafe\u0301", link: "x" },
  { k: "name", name: " a", link: "x" },
  { k: "name", name: "a/b", link: "x" },
  { k: "name", name: "a\x1b[2Jb", link: "x" },
  { k: "name", name: "a\u202eb", link: "x" },
  { k: "name", name: "a".repeat(256), link: "x" },
  { k: "name", name: ["a"], link: "x" },
  { k: "name", name: "a", link: "x y" },
  { k: "name", name: "a", link: "x".repeat(1_025) },
  { k: "name", name: "a", link: { __proto__: null } },
];

Deno.test("claims that are none are left out by all, and refused from guests", async () => {
  await using network = new Nodes();
  const node = network.start(["--chain", "--block-time", "0.2"]);
  const join = ["--join", await node.address()];
  await using peer = await RawPeer.peer(await node.address(), { acks: true });
  const records = new Author(peer.identity, "records");
  for (const item of JUNK) peer.send(records.next([item]));
  peer.send(records.next([{ k: "name", name: "honest", link: "x" }]));
  await peer.settled();
  await using guest = await RawPeer.guest(await node.address());
  for (const [i, item] of JUNK.entries()) {
    const wishes = [
      { k: "request", i: i * 2, app: "chain", r: { item, depth: 1 } },
      { k: "publish", i: i * 2 + 1, t: "records", b: [item] },
    ];
    for (const wish of wishes) {
      guest.send(JSON.stringify(wish));
      const isMine = (line: string) => line.includes(`"i":${wish.i},`);
      assertMatch(await guest.wait(isMine), /^\{"k":"refused"/, JSON.stringify(wish));
    }
  }
  for (const [at, a] of [[], [""], ["a", "b"], ["__proto__"], ["x".repeat(10_000)]].entries()) {
    const i = 1_000 + at;
    guest.send(JSON.stringify({ k: "ask", i, q: "name", a }));
    assertEquals(JSON.parse(await guest.wait((line) => line.includes(`"i":${i},`))).r, []);
  }
  // It is signed last, so whatever counted before it is there.
  const args = ["name", "claim", "last", "x", ...join];
  assertEquals((await runRumor(args, { timeout_ms: AGREE_MS })).code, 0);
  const { stdout } = await runRumor(["names", ...join]);
  assertEquals(stdout.map((line) => line.split(" ").slice(0, 2)), [["honest", "x"], ["last", "x"]]);
  await endAll([node]);
});
