import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  LINE_BYTES_MAX,
  LINKS_MAX,
  PEERS_PER_LINE,
  STRANGERS_PER_HOST_MAX,
} from "../../../src/core/data/limits.ts";
import { TRACKER_LINES_BURST, TRACKER_ROUND_MS } from "../../../src/tracker/limits.ts";
import { proofText } from "../../../src/core/wire/line.ts";
import type { LinkId } from "../../../src/core/types.ts";
import { fakeId, fakeSignature } from "../../../src/sim/crypto.ts";
import { reduceTracker } from "../../../src/tracker/reduce.ts";
import { Crowd, ENV, listOf, ME } from "../../helpers/crowd.ts";

const GUEST = { k: "hello", v: 1, network: "rumor", guest: true };
const ANN = [fakeId("ann"), "ann:7000"], BOB = [fakeId("bob"), "bob:7000"];
const CYD = [fakeId("cyd"), "cyd:7000"];

Deno.test("`reduceTracker()` says where it listens, and who it is", () => {
  const crowd = new Crowd();
  assertEquals(crowd.notices, [{ kind: "listening", address: "meet:7900" }]);
  const ann = crowd.join("ann");
  const [hello, proof] = crowd.heard(ann);
  assertEquals(hello, {
    k: "hello",
    v: 1,
    network: "rumor",
    id: ME.id,
    address: "meet:7900",
    nonce: `nonce-${ann}`,
    tracker: true,
  });
  const signed = proofText("rumor", "of-ann", ME.id, fakeId("ann"));
  assertEquals(proof, { k: "proof", z: fakeSignature(ME.id, signed) });
});

Deno.test("`reduceTracker()` tells a newcomer who was there before, and the others of it", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann");
  assertEquals(crowd.heard(ann, "peers"), [{ k: "peers", p: [] }]);
  crowd.pass(TRACKER_ROUND_MS);
  const bob = crowd.join("bob");
  assertEquals(crowd.heard(bob, "peers"), [{ k: "peers", p: [ANN] }]);
  crowd.tick();
  assertEquals(crowd.heard(ann, "peers"), [{ k: "peers", p: [] }, { k: "peers", p: [BOB] }]);
  assertEquals(crowd.heard(bob, "peers").length, 1, "nobody is told of itself");
});

Deno.test("`reduceTracker()` gathers what happens within an interval, and encodes it once", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann"), bob = crowd.join("bob");
  crowd.pass(TRACKER_ROUND_MS);
  crowd.join("cyd");
  crowd.tick();
  crowd.forget();
  const [dan] = [crowd.join("dan"), crowd.join("eve")];
  crowd.say(dan, { k: "bye", code: "left", why: "" });
  crowd.vanish(bob);
  crowd.pass(TRACKER_ROUND_MS - 1);
  assertEquals(crowd.heard(ann), [], "not before the interval is over");
  crowd.pass(1);
  const eve = [fakeId("eve"), "eve:7000"];
  assertEquals(crowd.heard(ann), [{ k: "peers", p: [eve], gone: [BOB[0]] }]);
  assertStrictEquals(crowd.sent.get(ann)![0], crowd.sent.get(3)![0], "the same bytes");
});

Deno.test("`reduceTracker()` tells who came meanwhile also of those who are gone again", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann");
  crowd.pass(TRACKER_ROUND_MS);
  crowd.join("bob");
  crowd.tick();
  crowd.forget();
  const cyd = crowd.join("cyd"), dan = crowd.join("dan");
  crowd.vanish(cyd);
  crowd.pass(TRACKER_ROUND_MS);
  assertEquals(
    listOf(crowd.heard(dan)),
    new Map(
      [ANN, BOB, ["", ""]].slice(0, 2).concat([
        [fakeId("dan"), "dan:7000"],
      ]) as [string, string][],
    ),
  );
  assert(!JSON.stringify(crowd.heard(ann)).includes(CYD[0]), "the others never hear of it");
});

Deno.test("`reduceTracker()` refuses one more than it takes, and takes another when one leaves", () => {
  const crowd = new Crowd({ peers_max: 2 });
  const ann = crowd.join("ann");
  crowd.join("bob");
  const cyd = crowd.join("cyd");
  const [bye] = crowd.heard(cyd, "bye");
  assertEquals(bye, { k: "bye", code: "full", why: "this tracker takes at most 2 peers" });
  assertEquals(crowd.heard(cyd, "peers"), [], "it is told nothing");
  assert(crowd.closed.has(cyd));
  assertEquals(crowd.byeOf(crowd.join("bob")), undefined, "who is registered may come again");
  crowd.say(ann, { k: "bye", code: "left", why: "" });
  assertEquals(crowd.byeOf(crowd.join("cyd")), undefined);
});

Deno.test("`reduceTracker()` gives a name to one peer at a time", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann", { label: "anna" });
  const other = crowd.join("bob", { label: "anna" });
  assertEquals(crowd.heard(other, "bye"), [{
    k: "bye",
    code: "name-taken",
    why: "the name anna is taken at this tracker; choose another with --name",
  }]);
  assertEquals(crowd.byeOf(crowd.join("cyd", { label: "Anna" })), undefined);
  assertEquals(crowd.byeOf(crowd.join("dan")), undefined);
  assertEquals(crowd.byeOf(crowd.join("eve")), undefined, "no name is no clash");
  assertEquals(crowd.byeOf(crowd.join("ann", { label: "anna" })), undefined, "it is its own");
  assertEquals(crowd.byeOf(ann), "duplicate");
  crowd.join("ann", { label: "anne" });
  assertEquals(crowd.byeOf(crowd.join("bob", { label: "anna" })), undefined, "it was given up");
});

Deno.test("`reduceTracker()` keeps the newer link of a peer, and its new address", () => {
  const crowd = new Crowd();
  const old = crowd.join("ann"), bob = crowd.join("bob");
  crowd.pass(TRACKER_ROUND_MS);
  crowd.forget();
  const fresh = crowd.join("ann", { address: "ann:7001" });
  assertEquals(crowd.byeOf(old), "duplicate");
  assertEquals(crowd.heard(fresh, "peers"), [{ k: "peers", p: [BOB] }]);
  crowd.vanish(old);
  crowd.pass(TRACKER_ROUND_MS);
  assertEquals(crowd.heard(bob), [{ k: "peers", p: [[ANN[0], "ann:7001"]] }]);
});

Deno.test("`reduceTracker()` removes who says goodbye, vanishes or sends nonsense", () => {
  const ends: ((crowd: Crowd, link: LinkId) => void)[] = [
    (crowd, link) => crowd.say(link, { k: "bye", code: "left", why: "" }),
    (crowd, link) => crowd.vanish(link),
    (crowd, link) => crowd.say(link, "nonsense"),
    (crowd, link) => crowd.event({ kind: "garbled", now_ms: crowd.now_ms, link, code: "too-long" }),
  ];
  for (const end of ends) {
    const crowd = new Crowd();
    const ann = crowd.join("ann"), bob = crowd.join("bob");
    crowd.pass(TRACKER_ROUND_MS);
    crowd.forget();
    end(crowd, bob);
    crowd.pass(TRACKER_ROUND_MS);
    assertEquals(crowd.heard(ann), [{ k: "peers", p: [], gone: [BOB[0]] }]);
    assertEquals(crowd.state.roster.size, 1);
  }
});

Deno.test("`reduceTracker()` refuses what cannot be talked to, and says why", () => {
  const refusals: [string | Record<string, unknown>, string][] = [
    [{ v: 2 }, "bad-version"],
    [{ network: "another" }, "bad-network"],
    [{ id: ME.id }, "self"],
    [{ id: "A".repeat(43) }, "bad-key"],
    [{ name: "two words" }, "bad-line"],
    ["GET / HTTP/1.1", "bad-json"],
    ['{"o":"an entry"}', "bad-order"],
    ['{"k":"ping","x":1}', "bad-order"],
    ['{"k":"ask","i":1,"q":"peers"}', "bad-order"],
    [`{"k":"proof","z":"${"A".repeat(86)}"}`, "bad-order"],
    ["[".repeat(40) + "]".repeat(40), "too-deep"],
  ];
  for (const [line, code] of refusals) {
    const crowd = new Crowd();
    const link = crowd.open();
    crowd.say(link, typeof line === "string" ? line : { ...crowd.hello("ann"), ...line });
    assertEquals(crowd.byeOf(link), code);
    assertEquals([crowd.state.links.size, crowd.state.roster.size], [0, 0]);
  }
});

Deno.test("`reduceTracker()` registers only who has the key of its id", () => {
  const cases: [(crowd: Crowd, link: LinkId) => unknown[], string | undefined][] = [
    [(crowd, link) => [crowd.proof("ann", link)], undefined],
    [(crowd, link) => [crowd.proof("bob", link)], "bad-proof"],
    [(crowd, link) => [crowd.proof("ann", link + 1)], "bad-proof"],
    [(crowd) => [crowd.heard(1, "proof")[0]], "bad-proof"],
    [(crowd, link) => [crowd.proof("ann", link), crowd.proof("ann", link)], "bad-order"],
    [(crowd, link) => [crowd.proof("ann", link), crowd.hello("bob")], "bad-order"],
    [(crowd) => [crowd.hello("bob")], "bad-order"],
  ];
  for (const [lines, code] of cases) {
    const crowd = new Crowd();
    const link = crowd.open();
    crowd.say(link, crowd.hello("ann"));
    assertEquals(crowd.state.roster.size, 0, "a hello alone is not enough");
    crowd.say(link, ...lines(crowd, link));
    assertEquals(crowd.byeOf(link), code);
    assertEquals(crowd.state.roster.size, code === undefined ? 1 : 0);
  }
});

Deno.test("`reduceTracker()` answers a whole greeting within the event that brings it", () => {
  const crowd = new Crowd();
  const link = crowd.open();
  const lines = [crowd.hello("ann"), crowd.proof("ann", link), { k: "ping", x: 5 }];
  const bytes = lines.map((line) => new TextEncoder().encode(JSON.stringify(line)));
  const event = { kind: "lines", now_ms: crowd.now_ms, link, lines: bytes } as const;
  const [after, effects] = reduceTracker(crowd.state, event, ENV);
  assertEquals(effects.map(({ kind }) => kind), ["send"]);
  crowd.event(event);
  assertEquals(crowd.heard(link).map(({ k }) => k), ["hello", "proof", "peers", "pong"]);
  assertEquals(after.roster.size, 1);
});

Deno.test("`reduceTracker()` lets nobody push out a peer whose key he has not got", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann");
  const thief = crowd.open();
  crowd.say(thief, crowd.hello("ann"), crowd.proof("bob", thief));
  assertEquals([crowd.byeOf(thief), crowd.byeOf(ann)], ["bad-proof", undefined]);
  assertEquals(crowd.state.roster.size, 1);
});

Deno.test("`reduceTracker()` limits those who are not registered, of a host and in all", () => {
  const crowd = new Crowd();
  for (let at = 0; at < STRANGERS_PER_HOST_MAX; at++) crowd.open("here");
  assertEquals(crowd.byeOf(crowd.open("here")), "full");
  assertEquals(crowd.byeOf(crowd.join("ann", { host: "there" })), undefined);
  for (let at = crowd.state.strangers; at < LINKS_MAX; at++) crowd.open(`host-${at}`);
  assertEquals(crowd.byeOf(crowd.open("last")), "full");
  crowd.vanish(1);
  assertEquals(crowd.byeOf(crowd.join("bob", { host: "here" })), undefined);
  for (let at = 0; at < 2 * STRANGERS_PER_HOST_MAX; at++) {
    assertEquals(crowd.byeOf(crowd.join(`n${at}`, { host: "here" })), undefined);
  }
});

Deno.test("`reduceTracker()` ends a flood of lines", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann");
  for (let x = 0; x < TRACKER_LINES_BURST - 2; x++) crowd.say(ann, { k: "ping", x });
  assertEquals(crowd.heard(ann, "pong").length, TRACKER_LINES_BURST - 2);
  crowd.say(ann, { k: "ping", x: 0 });
  assertEquals(crowd.byeOf(ann), "flood");
});

Deno.test("`reduceTracker()` ignores what nodes say to each other, and what it does not know", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann");
  crowd.forget();
  crowd.say(ann, { k: "have", c: {} }, { k: "want", peers: true }, { k: "peers", p: [BOB] });
  crowd.say(ann, { k: "new", x: 1 }, { k: "ask", i: 1, q: "peers" });
  crowd.pass(TRACKER_ROUND_MS);
  assertEquals(crowd.heard(ann), []);
});

Deno.test("`reduceTracker()` says goodbye to everybody when it leaves, and takes nobody any more", () => {
  const crowd = new Crowd();
  const ann = crowd.join("ann"), stranger = crowd.open();
  crowd.event({ kind: "leave", now_ms: crowd.now_ms, deadline_ms: crowd.now_ms });
  assertEquals([crowd.byeOf(ann), crowd.byeOf(stranger)], ["left", "left"]);
  assert(crowd.isDone && crowd.closed.has(ann));
  assertEquals(crowd.byeOf(crowd.open()), "left");
  crowd.tick();
  assertEquals(crowd.state.wake_ms, Infinity, "nothing is left to do");
});

Deno.test("`reduceTracker()` keeps every line short, whatever addresses it is given", () => {
  const crowd = new Crowd();
  const address = `${"h".repeat(253)}:65535`;
  const peers = PEERS_PER_LINE + 1;
  for (let at = 0; at < peers; at++) {
    crowd.join(`n${at}`, { address, label: `${at}${"é".repeat(60)}` });
  }
  const ann = crowd.join("ann");
  crowd.pass(1_000);
  const guest = crowd.open();
  crowd.say(guest, GUEST, { k: "ask", i: 1, q: "peers" });
  for (const line of [...crowd.sent.get(ann)!, ...crowd.sent.get(guest)!, ...crowd.sent.get(1)!]) {
    assert(line.length <= LINE_BYTES_MAX, `${line.length} bytes`);
  }
  const lists = crowd.heard(ann, "peers");
  assertEquals(lists.map(({ p, more }) => [p.length, more]), [
    [PEERS_PER_LINE, true],
    [1, undefined],
  ]);
});
