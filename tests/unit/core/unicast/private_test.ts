import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  ANSWER_PAUSE_MS,
  PACKET_BYTES_MAX,
  PACKETS_EARLY_MAX,
  POST_MS_MAX,
  POSTED_BYTES_MAX,
  ROUTE_REFRESH_MS,
} from "../../../../src/core/data/limits.ts";
import type { Entry } from "../../../../src/core/log/entry.ts";
import { takeRenewed } from "../../../../src/core/membership/join.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import {
  decodeAck,
  decodeParcel,
  encodeAck,
  encodeParcel,
  type Parcel,
  sealContext,
} from "../../../../src/core/unicast/packets.ts";
import { takeUnsealed } from "../../../../src/core/unicast/receiver.ts";
import {
  dropPosts,
  sendPrivate,
  takePrivate,
  takePrivateAck,
} from "../../../../src/core/unicast/sender.ts";
import { learnRoutes, nextHop } from "../../../../src/core/unicast/routes.ts";
import { Turn } from "../../../../src/core/state.ts";
import type { Effect, Id, Seal } from "../../../../src/core/types.ts";
import { fakeCrypto, fakeId } from "../../../../src/sim/crypto.ts";
import { crypto } from "../../../helpers/history.ts";
import { CONFIG } from "../../../helpers/node_subject.ts";
import { Stage } from "../../../helpers/stage.ts";

const [ANN, BOB, CYD] = ["ann", "bob", "cyd"].map(fakeId);
const BOX = fakeCrypto().sealer("ann").box;
const encoder = new TextEncoder();
const LOCAL = { kind: "local", tag: 7 } as const;

/** A node that is linked to ann, who said where private messages for her are sealed to. */
function staged(...others: string[]): Stage {
  const stage = new Stage("ann", ...others);
  stage.say("ann", { box: BOX });
  return stage;
}

function turnOf(state: NodeState, later_ms = 0): Turn {
  return new Turn(state, state.now_ms + later_ms, crypto.env);
}

/** One turn over a state; gives what it was after that. */
function after(state: NodeState, change: (turn: Turn) => void, later_ms = 0): NodeState {
  const turn = turnOf(state, later_ms);
  change(turn);
  return turn.finish()[0];
}

/** A packet from ann was opened. */
function unseal(state: NodeState, number: number, parcel: Partial<Parcel>, box = BOX): NodeState {
  const context = sealContext("rumor", ANN, CONFIG.id);
  const seal: Seal = { peer: ANN, box, context, role: "data", number };
  const bytes = encodeParcel({ after: 0, time_ms: 1, items: [], ...parcel });
  return after(state, (turn) => takeUnsealed(turn, seal, bytes));
}

function heard({ letters }: NodeState): unknown[] {
  return letters.records.flatMap(({ items }) => items);
}

function post(state: NodeState, to: Id, text: string, deadline_ms = Infinity): NodeState {
  return after(
    state,
    (turn) => assertEquals(takePrivate(turn, to, [text], LOCAL, deadline_ms), null),
  );
}

function tick(state: NodeState, later_ms = 0): [NodeState, readonly Effect[]] {
  const turn = turnOf(state, later_ms);
  sendPrivate(turn);
  return turn.finish();
}

Deno.test("`takeUnsealed()` delivers packets in the order of what they come after, each once", () => {
  let { node } = staged();
  node = unseal(node, 12, { after: 11, items: ["c"] });
  node = unseal(node, 11, { after: 10, items: ["b"] });
  assertEquals(heard(node), []);
  node = unseal(node, 10, { items: ["a"] });
  assertEquals(heard(node), ["a", "b", "c"]);
  for (const number of [10, 11, 12]) node = unseal(node, number, { items: ["again"] });
  assertEquals(heard(node), ["a", "b", "c"]);
  assertEquals(node.incoming.get(ANN)?.early.size, 0);
});

Deno.test("`takeUnsealed()` leaves out what its sender gave up, and what waited for that", () => {
  let { node } = staged();
  node = unseal(node, 12, { after: 11, items: ["waits in vain"] });
  node = unseal(node, 20, { items: ["new"] });
  assertEquals(heard(node), ["new"]);
  node = unseal(node, 11, { items: ["too late"] });
  assertEquals(heard(node), ["new"]);
  assertEquals(node.incoming.get(ANN), { ...node.incoming.get(ANN)!, last: 20, early: new Map() });
});

Deno.test("`takeUnsealed()` keeps so many early packets and no more", () => {
  let { node } = staged();
  for (let number = 2; number < 2 * PACKETS_EARLY_MAX; number++) {
    node = unseal(node, number, { after: number - 1 });
  }
  assertEquals(node.incoming.get(ANN)?.early.size, PACKETS_EARLY_MAX);
  assert(node.counts.get("private:too-early")! > 0);
});

Deno.test("`takeUnsealed()` begins anew with a new run of the sender, and hears no older one", () => {
  const stage = staged();
  const before = unseal(stage.node, 9, { items: ["before"] });
  stage.node = before;
  const next = fakeCrypto().sealer("ann again").box;
  stage.say("ann", { box: next });
  const node = unseal(stage.node, 1, { items: ["after"] }, next);
  assertEquals(node.incoming.get(ANN)?.last, 1);
  const same = unseal(node, 10, { items: ["of the run before"] });
  assertEquals(heard(same).includes("of the run before"), false);
});

Deno.test("`decodeParcel()` and `decodeAck()` take nothing that makes no sense", () => {
  const good = { after: 0, time_ms: 5, items: ["a", { base64: "AAEC" }] };
  assertEquals(decodeParcel(encodeParcel(good)), good);
  const bad = [
    "",
    "null",
    "[]",
    '{"a":-1,"w":1,"b":[]}',
    '{"a":0,"w":1.5,"b":[]}',
    '{"a":0,"w":1,"b":"x"}',
    '{"a":0,"w":1,"b":["two\\nlines"]}',
    '{"a":0,"w":1,"b":[7]}',
    '{"a":9007199254740993,"w":1,"b":[]}',
    '{"a":0,"w":253402300800000,"b":[]}',
    "[".repeat(100_000),
    '{"a":0,"w":1,"b":["\\ud800"]}',
  ];
  for (const text of bad) assertEquals(decodeParcel(encoder.encode(text)), null, text.slice(0, 40));
  assertEquals(decodeParcel(new Uint8Array([0xff])), null);
  assertEquals(decodeAck(encodeAck(3)), 3);
  for (const text of ["", "0", "-1", "1.5", '"1"', "[1]", "9007199254740993"]) {
    assertEquals(decodeAck(encoder.encode(text)), null, text);
  }
});

Deno.test("`takePrivate()` says why it does not take something", () => {
  const { node } = staged();
  const why = (to: Id, items: readonly unknown[], state = node) => {
    const turn = turnOf(state);
    return takePrivate(turn, to, items as string[], LOCAL, Infinity) ?? "";
  };
  assertMatch(why(CONFIG.id, ["x"]), /that is this node/);
  assertMatch(why(ANN, ["two\nlines"]), /newline/);
  assertMatch(why(ANN, [7]), /must be text/);
  assertMatch(why(ANN, ["\ud800"]), /Unicode/);
  assertMatch(why(ANN, ["x".repeat(PACKET_BYTES_MAX)]), /more than 180000 bytes/);
  assertMatch(why(ANN, ["x"], { ...node, phase: "leaving" }), /not taking/);
  let full = node;
  const text = "x".repeat(PACKET_BYTES_MAX - 100);
  for (let bytes = 0; bytes + text.length < POSTED_BYTES_MAX; bytes += text.length) {
    full = post(full, ANN, text);
  }
  assertMatch(why(BOB, [text], full), /too many/);
});

Deno.test("`takePrivate()` keeps nothing for longer than a day", () => {
  const { node } = staged();
  const posted = post(node, BOB, "x");
  assertEquals(posted.outgoing.get(BOB)?.expires_ms, node.now_ms + POST_MS_MAX);
  const [late, effects] = tick(posted, POST_MS_MAX);
  assertEquals(late.outgoing.size, 0);
  const [notice] = effects.filter(({ kind }) => kind === "notice");
  const why = "it was not acknowledged in time";
  assertEquals(notice, { kind: "notice", notice: { kind: "undelivered", to: BOB, tag: 7, why } });
});

Deno.test("`sendPrivate()` never uses a number twice, whoever it seals for", () => {
  const stage = staged("bob");
  stage.say("bob", { box: fakeCrypto().sealer("bob").box });
  let { node } = stage;
  const numbers: number[] = [];
  for (const to of [ANN, BOB, ANN, BOB]) {
    const [sealing, effects] = tick(post(node, to, "x"));
    node = sealing;
    for (const effect of effects) if (effect.kind === "seal") numbers.push(effect.seal.number);
  }
  assertEquals(numbers, [1, 2, 3, 4]);
});

Deno.test("`sendPrivate()` goes on with what is over, as long as something waits behind it", () => {
  let { node } = staged();
  const flight = (state: NodeState) => state.outgoing.get(ANN)?.flight.map(({ number }) => number);
  [node] = tick(post(node, ANN, "soon over", node.now_ms + 100));
  [node] = tick(post(node, ANN, "long"));
  [node] = tick(post(node, ANN, "last, soon over", node.now_ms + 100));
  assertEquals(flight(node), [1, 2, 3]);
  [node] = tick(node, 200);
  assertEquals(flight(node), [1, 2]);
  node = after(node, (turn) => takePrivateAck(turn, ANN, encodeAck(2)));
  assertEquals(tick(node)[0].outgoing.size, 0);
});

Deno.test("`repack()` seals again what was in flight when this node gets a new id", () => {
  let { node } = staged();
  [node] = tick(post(node, ANN, "x"));
  node = after(node, (turn) => takeRenewed(turn, CYD));
  const [sealed, effects] = tick(node);
  const seals = effects.filter((effect) => effect.kind === "seal");
  assertEquals(seals.map(({ seal }) => seal.context), [sealContext("rumor", CYD, ANN)]);
  assertEquals(sealed.outgoing.get(ANN)?.flight.map(({ number }) => number), [2]);
});

Deno.test("`dropPosts()` drops what waits for a guest that is gone, and nothing else", () => {
  const { node } = staged();
  const of = (link: number) => ({ kind: "guest", link, request: 1 }) as const;
  const posted = after(node, (turn) => {
    takePrivate(turn, BOB, ["a"], of(5), Infinity);
    takePrivate(turn, BOB, ["b"], of(6), Infinity);
    dropPosts(turn, 5);
  });
  const waiting = [...posted.outgoing.get(BOB)!.waiting.from()];
  assertEquals(waiting.map(({ items }) => items), [["b"]]);
});

Deno.test("`learnRoutes()` follows the newest words of a member, and of nobody else", () => {
  const { node } = staged("bob");
  const entry = (topic: string, seq: number, time_ms: number, origin = CYD) =>
    ({ origin, topic, seq, time_ms }) as Entry;
  const stage = staged("bob");
  stage.say("cyd");
  const learn = (state: NodeState, link: number, one: Entry, later_ms = 0) =>
    after(state, (turn) => learnRoutes(turn, link, [one]), later_ms);
  const linkOf = (state: NodeState) => state.routes.get(CYD)?.link;
  assertEquals(linkOf(learn(node, 1, entry("chat", 1, 50))), undefined);
  let known = learn({ ...stage.node, routes: new Map() }, 1, entry("presence", 3, 50));
  assertEquals(linkOf(known), 1);
  assertEquals(linkOf(learn(known, 2, entry("presence", 3, 60))), 1);
  assertEquals(linkOf(learn(known, 2, entry("presence", 2, 60))), 1);
  assertEquals(linkOf(learn(known, 2, entry("presence", 4, 40))), 2);
  assertEquals(linkOf(learn(known, 2, entry("chat", 9, 60))), 1);
  assertEquals(linkOf(learn(known, 2, entry("chat", 9, 50), ROUTE_REFRESH_MS)), 1);
  known = learn(known, 2, entry("chat", 9, 60), ROUTE_REFRESH_MS);
  assertEquals(linkOf(known), 2);
  assertEquals(known.routes.get(CYD)?.seq, 3);
});

Deno.test("`nextHop()` is the node itself where there is a link to it", () => {
  const { node } = staged("bob");
  const by_bob = { link: 2, seq: 1, time_ms: 1, since_ms: 1 };
  const state = { ...node, routes: new Map([[ANN, by_bob], [CYD, by_bob]]) };
  assertEquals(nextHop(state, ANN)?.peer, ANN);
  assertEquals(nextHop(state, CYD)?.peer, BOB);
  assertEquals(nextHop({ ...state, links: new Map() }, CYD), null);
});

Deno.test("`forgetRoutes()` forgets what a link led to when it breaks", () => {
  const stage = staged("bob");
  const by_bob = { link: 2, seq: 1, time_ms: 1, since_ms: 1 };
  stage.node = { ...stage.node, routes: new Map([[CYD, by_bob]]) };
  stage.lose("bob");
  assertEquals(stage.node.routes.size, 0);
});

Deno.test("`takePresence()` answers whoever seeks this node, at most once in a while", () => {
  const stage = staged("bob");
  const before = stage.said.length;
  for (const name of ["ann", "bob", "ann"]) stage.say(name, { seek: [CONFIG.id] });
  stage.pass(ANSWER_PAUSE_MS / 4);
  for (const name of ["ann", "bob", "ann"]) stage.say(name, { seek: [CONFIG.id] });
  stage.pass(ANSWER_PAUSE_MS / 4);
  assertEquals(stage.said.length, before + 1);
  stage.pass(3 * ANSWER_PAUSE_MS);
  assertEquals(stage.said.length, before + 2);
  stage.say("bob", { seek: [ANN] });
  stage.pass(3 * ANSWER_PAUSE_MS);
  assertEquals(stage.said.length, before + 2);
});
